"""Names under which Ollama has models of somebody else's making: a run would replace them."""

from collections.abc import Iterator

from core.config.problem import Problem
from core.events import StageError
from core.pipeline import manifest
from core.stages.create_base import base_name
from core.stages.create_ollama import models
from core.stages.job import Job
from core.tools import ollama, ollama_models, ollama_names
from core.tools.ollama_connection import Client


def taken_names(job: Job) -> Iterator[Problem]:
    """A warning for each; none where no Ollama answers."""
    settings = job.project.ollama
    names = [*models(job), *([base_name(job)] if settings.compare_base and not settings.base_name else [])]
    try:
        address = ollama.host()
        ollama.check_version(address)
        with Client(address) as client:
            there = ollama_models.models(client)
    except StageError:  # a run says what is wrong
        return
    ours = {
        artifact.sha256
        for stage in ("create_ollama", "create_base")
        for file in (job.artifacts / stage).glob(f"*/{manifest.MANIFEST}")
        if (found := manifest.read(file.parent)) is not None
        for artifact in found.artifacts
    }
    for name in names:
        if any(ollama_names.same(model.name, name) and model.digest not in ours for model in there):
            yield Problem("ollama.name", "ollama_name_exists", {"name": ollama_names.full(name)}, "warning")
