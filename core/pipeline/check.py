"""Everything that is wrong with a project, found at once and before anything runs."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from core.config.problem import Problem
from core.data.preview import check_dataset
from core.data.self_cognition import check_self_cognition
from core.events import StageError
from core.hardware.disk import check_writable
from core.models.folder import model_problems
from core.models.quantization import quantization_type
from core.stages.job import Job
from core.stages.train import is_whole_checkpoint
from core.tools import ollama_names, runtime_state


def check(job: Job) -> list[Problem]:
    """The problems of a job, errors and warnings, each once; it needs no fingerprints yet."""
    if problems := list(_paths(job)):
        return problems
    found: list[Problem] = []
    for problem in (
        *_model(job),
        *_dataset(job),
        *check_self_cognition(job.project.self_cognition),
        *_training(job),
        *_export(job),
        *_ollama(job),
        *_folders(job),
    ):
        if problem not in found:
            found.append(problem)
    return found


def errors(problems: list[Problem]) -> list[Problem]:
    """Those that keep a run from starting."""
    return [problem for problem in problems if problem.level == "error"]


def _paths(job: Job) -> Iterator[Problem]:
    """Texts that no path can be: all else looks at what lies there."""
    yield from _caught("model.model", lambda: job.model_folder if job.project.model.source == "local" else None)
    yield from _caught("dataset.files", lambda: job.dataset)
    yield from _caught("export.llama_cpp_dir", lambda: job.path(job.project.export.llama_cpp_dir))
    resumed = job.project.training.resume_from_checkpoint
    yield from _caught("training.resume_from_checkpoint", lambda: job.path(resumed))


def _model(job: Job) -> Iterator[Problem]:
    model = job.project.model
    if model.source == "sample":
        return
    if not model.model.strip():
        yield Problem("model.model", "model_empty")
    elif model.source != "local":
        yield Problem("model.source", "hub_not_yet", {"source": model.source})
    else:
        problems = model_problems(job.model_folder)
        yield from problems
        if not problems:
            yield from _caught("model.model", lambda: job.facts)
            if code := sorted(path.name for path in job.model_folder.glob("*.py")):
                yield Problem("model.model", "model_brings_code", {"files": ", ".join(code)}, "warning")


def _dataset(job: Job) -> Iterator[Problem]:
    if not job.project.dataset.files and not job.project.self_cognition.samples:
        yield Problem("dataset.files", "dataset_no_files")
    yield from check_dataset(job.dataset)


def _training(job: Job) -> Iterator[Problem]:
    training, dataset = job.project.training, job.project.dataset
    if training.early_stop_interval and not dataset.split_dataset_ratio and not dataset.val_files:
        yield Problem("training.early_stop_interval", "early_stop_without_validation")
    if training.packing and job.project.model.attn_impl != "flash_attention_2":
        yield Problem("training.packing", "packing_needs_flash_attention")
    if training.resume_from_checkpoint:
        folder = job.path(training.resume_from_checkpoint)
        if not is_whole_checkpoint(folder):
            yield Problem("training.resume_from_checkpoint", "checkpoint_invalid", {"path": str(folder)})
    if job.device == "cpu" and job.project.lora.quant_bits:
        yield Problem("lora.quant_bits", "quantized_training_needs_gpu")
    if python := job.settings.runtime.python:
        yield from runtime_state.problems(Path(python))
    else:
        yield from _caught("hardware.device", lambda: job.runtime)


def _export(job: Job) -> Iterator[Problem]:
    export = job.project.export
    for name in export.quantizations:
        yield from _caught("export.quantizations", partial(quantization_type, name))
    if export.llama_cpp == "existing":
        folder = job.path(export.llama_cpp_dir)
        if not export.llama_cpp_dir or not folder.is_dir():
            yield Problem("export.llama_cpp_dir", "llama_cpp_folder_missing", {"path": export.llama_cpp_dir})


def _ollama(job: Job) -> Iterator[Problem]:
    settings = job.project.ollama
    if settings.name:
        yield from ollama_names.problems(settings.name, push=settings.push)
        if settings.base_name:
            yield from ollama_names.problems(settings.base_name, "ollama.base_name")
    elif settings.push:
        yield Problem("ollama.name", "ollama_name_empty")


def _folders(job: Job) -> Iterator[Problem]:
    for folder in (job.file.parent, job.work):
        yield from _caught("", partial(check_writable, folder))


def _caught(field: str, check_it: Callable[[], object]) -> Iterator[Problem]:
    try:
        check_it()
    except StageError as error:
        yield Problem(field, error.code, error.values)
