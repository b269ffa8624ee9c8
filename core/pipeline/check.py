"""Everything that is wrong with a project, found at once and before anything runs."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

from core.config.problem import Problem
from core.data.preview import check_dataset
from core.data.self_cognition import check_self_cognition
from core.events import StageError, Value
from core.hardware.disk import check_writable
from core.hardware.gpu import gpus
from core.models.folder import model_problems
from core.models.quantization import BITS, FROM_Q8_0, NEEDS_IMATRIX, quantization_type
from core.models.template import SERVED
from core.pipeline.taken_names import taken_names
from core.pipeline.unverified import needed
from core.platform import WINDOWS
from core.stages import awq, create_ollama
from core.stages.build_llama_cpp import way
from core.stages.hub_files import local_dataset
from core.stages.job import Job
from core.stages.train import is_whole_checkpoint
from core.tools import docker, ollama_names, runtime_state, swift, wsl
from core.tools.hub.repo import check_repo
from core.tools.llama_cpp import find_binaries
from core.tools.sources import unverified_error

_TARGET_FIELDS = {"docker": "docker_image", "wsl": "wsl_distribution"}


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
        *_hardware(job),
        *_export(job),
        *_ollama(job),
        *_folders(job),
        *_sources(job),
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
        yield from _caught("model.model", lambda: check_repo(job.model_repo) if job.model_repo else None)
    else:
        problems = model_problems(job.model_folder)
        yield from problems
        if not problems:
            yield from _caught("model.model", lambda: job.facts)
            yield from _template(job)
            if job.project.export.awq:
                yield from _caught("export.awq", lambda: awq.check_known(job.model))
            if code := sorted(path.name for path in job.model_folder.glob("*.py")):
                yield Problem("model.model", "model_brings_code", {"files": ", ".join(code)}, "warning")


def _template(job: Job) -> Iterator[Problem]:
    """Ollama serves the model's own template, whatever the project says for the training."""
    chosen = job.project.model.template
    if job.project.ollama.name and chosen not in ("", SERVED):
        compared = Problem("model.template", "template_not_compared", {"template": chosen}, "warning")
        yield from list(_caught("model.template", lambda: job.template)) or [compared]


def _dataset(job: Job) -> Iterator[Problem]:
    if not job.project.dataset.files and not job.project.self_cognition.samples:
        yield Problem("dataset.files", "dataset_no_files")
    yield from check_dataset(local_dataset(job))


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
        yield Problem("lora.quant_bits", "quantized_training_on_cpu", level="warning")


def _hardware(job: Job) -> Iterator[Problem]:
    hardware, given, cards = job.project.hardware, job.settings.runtime.given, gpus()
    named = hardware.cuda_visible_devices
    if hardware.target != "local":
        yield from _caught(f"hardware.{_TARGET_FIELDS[hardware.target]}", lambda: _check_target(job))
    elif cards and named and hardware.device != "cpu" and len(job.gpus) < len(named.split(",")):
        known = ", ".join(f"{card.index} ({card.name})" for card in cards)
        yield Problem("hardware.cuda_visible_devices", "gpu_unknown", {"gpus": named, "known": known})
    elif job.device == "cuda" and not job.gpus:
        yield Problem("hardware.device", "gpu_not_found")
    elif given is not None:
        yield from runtime_state.problems(given)
    elif job.device == "cuda" and job.settings.runtime.profile == "cpu":
        yield Problem("hardware.device", "runtime_for_cpu")
    else:
        yield from _caught("hardware.device", lambda: job.runtime)
    yield from _processes(job)


def _check_target(job: Job) -> None:
    """Raise StageError where the place that shall train is not there or not fit for it."""
    hardware = job.project.hardware
    if hardware.target == "docker":
        docker.check(hardware.docker_image)
    else:
        wsl.check(hardware.wsl_distribution, hardware.wsl_python, gpu=job.device == "cuda")


def _processes(job: Job) -> Iterator[Problem]:
    """Several processes, on one computer or on several."""
    hardware = job.project.hardware
    if WINDOWS and hardware.target == "local" and swift.distributed(job.project):
        field = "nproc_per_node" if hardware.nproc_per_node > 1 else "nnodes"
        yield Problem(f"hardware.{field}", "distributed_libuv")
    elif job.device == "cuda" and hardware.nproc_per_node > max(len(job.gpus), 1):
        values: dict[str, Value] = {"processes": hardware.nproc_per_node, "gpus": len(job.gpus)}
        yield Problem("hardware.nproc_per_node", "more_processes_than_gpus", values)
    if hardware.node_rank >= hardware.nnodes:
        yield Problem(
            "hardware.node_rank", "node_rank_too_high", {"rank": hardware.node_rank, "nodes": hardware.nnodes}
        )


def _export(job: Job) -> Iterator[Problem]:
    export = job.project.export
    for name in export.quantizations:
        yield from _caught("export.quantizations", partial(quantization_type, name))
    wanted = {name.upper() for name in export.quantizations} & set(BITS)
    if export.outtype == "q8_0" and (refused := sorted(wanted - set(FROM_Q8_0))):
        yield Problem("export.outtype", "quantized_twice", {"types": ", ".join(refused)})
    if not export.imatrix and (blind := sorted(wanted & set(NEEDS_IMATRIX))):
        yield Problem("export.imatrix", "imatrix_needed", {"types": ", ".join(blind)})
    yield from _llama_cpp(job)


def _llama_cpp(job: Job) -> Iterator[Problem]:
    """Whether llama.cpp's programs can be got as the project wants."""
    export = job.project.export
    match way(job):
        case "prebuilt" if not WINDOWS:
            yield Problem("export.llama_cpp", "prebuilt_for_windows_only")
        case "existing":
            folder = job.path(export.llama_cpp_dir)
            found = find_binaries(folder) if export.llama_cpp_dir else None
            if found is None:
                yield Problem("export.llama_cpp_dir", "llama_cpp_folder_missing", {"path": export.llama_cpp_dir})
            elif export.imatrix and found.imatrix is None:
                yield Problem("export.llama_cpp_dir", "imatrix_program_missing", {"path": str(folder)})
        case _:
            pass


def _ollama(job: Job) -> Iterator[Problem]:
    settings = job.project.ollama
    if settings.name:
        yield from ollama_names.problems(settings.name, push=settings.push)
        if settings.base_name:
            yield from ollama_names.problems(settings.base_name, "ollama.base_name")
        with contextlib.suppress(StageError):  # an unknown type: said elsewhere
            yield from create_ollama.tag_problems(job)
            yield from taken_names(job)
    elif settings.push:
        yield Problem("ollama.name", "ollama_name_empty")


def _folders(job: Job) -> Iterator[Problem]:
    for folder in (job.file.parent, job.work):
        yield from _caught("", partial(check_writable, folder))


def _sources(job: Job) -> Iterator[Problem]:
    """What cannot be had unless the user allows what nothing can check."""
    for thing in needed(job):
        error = unverified_error(thing)
        yield Problem("", error.code, error.values)


def _caught(field: str, check_it: Callable[[], object]) -> Iterator[Problem]:
    try:
        check_it()
    except StageError as error:
        yield Problem(field, error.code, error.values)
