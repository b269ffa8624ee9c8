"""awq: an AWQ-quantized model (4 bits) for other servers than Ollama. An end product: no GGUF can be made of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.events import StageError
from core.models.folder import ModelFolder
from core.models.forecast import merged_bytes
from core.parsers.tqdm import Tqdm
from core.process.command import Command
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import MODEL_FOLDER, Job
from core.tools import swift

GROUP = 128
"""Weights that share a scale (ms-swift's default); a layer's width must be a multiple of it."""
KNOWN = {
    "baichuan",
    "cohere",
    "deepseek_v2",
    "deepseek_v3",
    "gemma",
    "gemma2",
    "internlm2",
    "llama",
    "minicpm",
    "minicpm3",
    "mistral",
    "mixtral",
    "phi3",
    "qwen2",
    "qwen3",
    "qwen3_moe",
}
"""Those of our families, by config.json's model_type, that AutoAWQ 0.2.9, its last version, quantizes."""


class Awq(Stage):
    """Quantizes the merged model with AutoAWQ, measured on training rows."""

    name = "awq"
    needs = ("merge", "prepare_dataset")
    after = ("install_runtime",)

    def wanted(self, job: Job) -> bool:
        """Only where the project asks for it."""
        return job.project.export.awq

    def inputs(self, job: Job) -> Mapping[str, object]:
        """What it measures on, and with what."""
        rows, length = job.project.export.awq_rows, job.project.dataset.max_length
        return {"rows": rows, "max_length": length, "runtime": job.versions("autoawq")}

    def forecast_bytes(self, job: Job) -> int:
        """About a third of the merged model."""
        return merged_bytes(job.model) // 2

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """``swift export --quant_method awq``."""
        folder = job.folder(self.name)
        return (ScriptLine(_command(job, folder), folder=folder),)

    def run(self, ctx: StageContext) -> None:
        """Quantize into a new folder."""
        ctx.run(_command(ctx.job, ctx.folder), Tqdm(self.name))


def check_known(model: ModelFolder) -> None:
    """Raise StageError where AutoAWQ would refuse the model, which it does only after the training."""
    if model.model_type not in KNOWN:
        raise StageError("awq_model_unknown", model_type=model.model_type)
    if model.hidden_size % GROUP or model.intermediate_size % GROUP:
        raise StageError("awq_shape")


def _command(job: Job, folder: Path) -> Command:
    rows = job.folder("prepare_dataset") / "train.jsonl"
    count, length = job.project.export.awq_rows, job.project.dataset.max_length
    return swift.awq(
        job.python, job.facts, job.merged, rows, count=count, max_length=length, output=folder / MODEL_FOLDER
    )
