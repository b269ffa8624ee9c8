"""What this computer has for the job, and what is missing: for `doctor` and for the window."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.events import StageError, Value
from core.hardware.disk import free_bytes
from core.hardware.gpu import gpus
from core.hardware.memory import memory
from core.messages import N_, size
from core.pipeline.plan import make_job
from core.platform import WINDOWS
from core.stages.job import Job
from core.tools import cmake, docker, llama_cpp, ollama, runtime_state, uv, wsl


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked for; ``code`` is a message with its cure where something is wrong with it."""

    what: str
    found: str
    code: str = ""
    values: tuple[tuple[str, Value], ...] = ()


def look_for(job: Job) -> Iterator[Row]:
    """A row for each thing that the job needs."""
    cards = gpus()
    for gpu in cards:
        memory_text = f"{size(gpu.free_bytes or 0)} / {size(gpu.total_bytes or 0)}"
        yield Row("GPU", f"{gpu.name}, {memory_text}, driver {gpu.driver_version}")
    if not cards:
        yield Row("GPU", "", "gpu_missing")
    ram = memory()
    yield Row("RAM", f"{size(ram.available)} / {size(ram.total)}")
    yield _disk_row(job)
    yield Row("uv", uv.version())
    yield runtime_row(job)
    yield _llama_cpp_row(job)
    if not WINDOWS:
        compiler = cmake.compiler()
        yield Row(N_("compiler"), compiler.cxx if compiler else "", "" if compiler else "compiler_from_zig")
    yield _ollama_row()
    yield Row(N_("Ollama account key"), ollama.account_key())
    yield from _container_rows()


def _failed(what: str, error: StageError) -> Row:
    return Row(what, "", error.code, tuple(error.values.items()))


def _disk_row(job: Job) -> Row:
    what = N_("disk")
    try:
        return Row(what, f"{size(free_bytes(job.work))}  {job.work}")
    except StageError as error:
        return _failed(what, error)


def runtime_row(job: Job) -> Row:
    """Whether the training runtime is there, and of which versions."""
    what = N_("training runtime")
    try:
        spec = job.runtime
    except StageError as error:
        return _failed(what, error)
    if spec.given:
        for problem in runtime_state.problems(spec.given):
            return Row(what, str(spec.given), problem.code, tuple(problem.values.items()))
        return Row(what, str(spec.given))
    if not runtime_state.is_ready(spec):
        return Row(what, "", "runtime_missing")
    marker = runtime_state.read_marker(spec.folder)
    versions = marker.versions if marker else {}
    return Row(what, f"ms-swift {versions.get('ms-swift')}, torch {versions.get('torch')}, {spec.folder}")


def _llama_cpp_row(job: Job) -> Row:
    try:
        whole = make_job(job.file, job.project, job.settings)  # the folder is named by a fingerprint
    except StageError:  # the runtime's row says why
        return Row("llama.cpp", "", "llama_cpp_missing")
    found = llama_cpp.find_binaries(whole.folder("build_llama_cpp"))
    if found is None:
        return Row("llama.cpp", "", "llama_cpp_missing")
    return Row("llama.cpp", f"b{llama_cpp.BUILD}, {found.quantize.parent}")


def _ollama_row() -> Row:
    try:
        address = ollama.host()
    except StageError as error:
        return _failed("Ollama", error)
    binary, models = ollama.find_binary(), ollama.models_folder()
    found = [str(binary)] if binary else []
    try:
        if found or ollama.version(address):
            found += [f"{size(free_bytes(models))}  {models}"]
        found = [ollama.check_version(address), address, *found]
    except StageError as error:
        return Row("Ollama", ", ".join(found), error.code, tuple(error.values.items()))
    return Row("Ollama", ", ".join(found))


def _container_rows() -> Iterator[Row]:
    """Docker and WSL, where they are installed: only who wants to train in them needs them."""
    try:
        yield Row("Docker", docker.engine().version)
    except StageError as error:
        if error.code != "docker_missing":
            yield _failed("Docker", error)
    if not WINDOWS:
        return
    try:
        name = wsl.chosen("").name
        values = () if wsl.has_gpu(name) else (("name", name),)
        yield Row("WSL", name, "wsl_gpu_missing" if values else "", values)
    except StageError as error:
        if error.code not in ("wsl_missing", "wsl_no_distribution"):
            yield _failed("WSL", error)
