"""`doctor` and `runtime`: what this computer has for the job, and the training runtime by itself."""

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.cli.consent import with_consent
from core.cli.console import Console
from core.cli.run_commands import follow
from core.config.project import TuneProject
from core.config.settings import Settings
from core.events import StageError, Value
from core.hardware.disk import free_bytes
from core.hardware.gpu import gpus
from core.hardware.memory import memory
from core.messages import N_, label, size
from core.pipeline import launch, shared
from core.pipeline.launch import RunRequest
from core.pipeline.lock import holder
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


def call(args: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Run the command; returns the exit code."""
    job = Job(TuneProject(), settings, settings.work_folder / "runtime.tunesmith")
    if args.command == "doctor":
        return doctor(job, console)
    match args.action:
        case "install" | "repair":
            job = replace(job, settings=with_consent(job, console, allowed=args.allow_unverified))
            return install(job, console, fresh=args.action == "repair")
        case "remove":
            return remove(job, console)
        case _:
            return status(job, console)


def doctor(job: Job, console: Console) -> int:
    """A row for each thing that the job needs; exit code 1 where something is wrong."""
    rows = list(_rows(job))
    if console.json:
        console.write_json({"rows": [_as_json(row, console) for row in rows]})
    else:
        names = [label(row.what, console.language) for row in rows]
        wrong = [console.sentence(row.code, dict(row.values)) if row.code else "" for row in rows]
        found = [row.found or "-" for row in rows]
        console.table(("", N_("found"), N_("to do")), list(zip(names, found, wrong, strict=True)))
        for name, row in zip(names, rows, strict=True):
            if row.code and (cure := console.cure(row.code, dict(row.values))):
                console.line(f"  → {name}: {cure}")
    return 1 if any(row.code for row in rows) else 0


def _as_json(row: Row, console: Console) -> dict[str, object]:
    values = dict(row.values)
    wrong = {"sentence": console.sentence(row.code, values), "cure": console.cure(row.code, values)} if row.code else {}
    return {"what": row.what, "found": row.found, "code": row.code, "values": values, **wrong}


def _rows(job: Job) -> Iterator[Row]:
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
    yield _runtime_row(job)
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


def _runtime_row(job: Job) -> Row:
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


def install(job: Job, console: Console, *, fresh: bool) -> int:
    """Make the runtime, by a run of its first stage alone; ``fresh`` removes what is there first."""
    if job.runtime.given:
        console.error("runtime_is_given", {"path": str(job.runtime.given)})
        return 1
    if (found := holder(job.runs)) is not None:
        console.error("already_running", {"pid": found.pid})
        return 3
    if fresh:
        _discard(job, [job.runtime.folder])
    job.file.parent.mkdir(parents=True, exist_ok=True)
    request = RunRequest(file=job.file, project=job.project, settings=job.settings, until_stage="install_runtime")
    return follow(launch.start(request, job.runs), console)


def remove(job: Job, console: Console) -> int:
    """Remove every runtime that Tunesmith made in the work folder."""
    if (found := holder(job.runs)) is not None:
        console.error("already_running", {"pid": found.pid})
        return 3
    _discard(job, sorted(job.runtime.home.glob("*")))
    shutil.rmtree(job.runs, ignore_errors=True)
    console.say(N_("The training runtime is removed."))
    return 0


def _discard(job: Job, folders: list[Path]) -> None:
    """Remove environments. Raises StageError where a run of any project works with one of them."""
    folders = [folder for folder in folders if folder.exists()]
    if folders:
        with shared.to_remove(job.work, "install_runtime", folders):
            for folder in folders:
                runtime_state.discard(folder)


def status(job: Job, console: Console) -> int:
    """Whether the runtime is there, and of which versions; exit code 1 where it is not."""
    row = _runtime_row(job)
    if console.json:
        console.write_json(_as_json(row, console))
    elif row.code:
        console.message(row.code, dict(row.values))
    else:
        console.line(f"{row.what}: {row.found}")
    return 1 if row.code else 0
