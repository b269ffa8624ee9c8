"""`doctor` and `runtime`: what this computer has for the job, and the training runtime by itself."""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from core.cli.consent import with_consent
from core.cli.console import Console
from core.cli.run_commands import follow
from core.config.project import TuneProject
from core.config.settings import Settings
from core.doctor import Row, look_for, runtime_row
from core.messages import N_, label
from core.pipeline import launch, shared
from core.pipeline.launch import RunRequest
from core.pipeline.lock import holder
from core.stages.job import Job
from core.tools import runtime_state


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
    rows = list(look_for(job))
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
    row = runtime_row(job)
    if console.json:
        console.write_json(_as_json(row, console))
    elif row.code:
        console.message(row.code, dict(row.values))
    else:
        console.line(f"{row.what}: {row.found}")
    return 1 if row.code else 0
