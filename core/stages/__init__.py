"""The stages, in the order in which the whole job is read: from a base model and rows to a model in Ollama."""

from core.stages.awq import Awq
from core.stages.base import Stage
from core.stages.build_llama_cpp import BuildLlamaCpp
from core.stages.convert import Convert
from core.stages.create_base import CreateBase
from core.stages.create_ollama import CreateOllama
from core.stages.evaluate import Evaluate
from core.stages.fetch_model import FetchModel
from core.stages.install_runtime import InstallRuntime
from core.stages.merge import Merge
from core.stages.prepare_dataset import PrepareDataset
from core.stages.push_ollama import PushOllama
from core.stages.quantize import Quantize
from core.stages.smoke_test import SmokeTest
from core.stages.train import Train

STAGES: tuple[Stage, ...] = (
    InstallRuntime(),
    FetchModel(),
    PrepareDataset(),
    Train(),
    Evaluate(),
    Merge(),
    Awq(),
    BuildLlamaCpp(),
    Convert(),
    Quantize(),
    CreateOllama(),
    CreateBase(),
    SmokeTest(),
    PushOllama(),
)
