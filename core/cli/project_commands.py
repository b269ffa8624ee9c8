"""`init`, `check` and `plan`: what can be said about a project without running it."""

import argparse
from pathlib import Path

from core.cli.console import Console
from core.cli.run_view import make_view
from core.config.project import TuneProject
from core.config.settings import Settings
from core.config.store import load, save
from core.hardware.disk import check_writable
from core.messages import N_, label
from core.pipeline.by_hand import run_stage
from core.pipeline.check import check, errors
from core.pipeline.plan import make_job, planned, up_to_date
from core.pipeline.script import Shell, script
from core.stages.job import Job


def call(args: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Run the command; returns the exit code."""
    match args.command:
        case "init":
            return init(args.project, console, force=args.force)
        case "step":
            return step(args.project, args.stage, args.into, settings, console)
        case "check":
            return check_project(args.project, settings, console)
        case _:
            return plan(args.project, settings, console, shell=args.shell)


def init(path: Path, console: Console, *, force: bool) -> int:
    """Write a new project file."""
    if path.is_dir():
        console.error("project_is_folder", {"path": str(path)})
        return 2
    if path.exists() and not force:
        console.error("project_exists", {"path": str(path)})
        return 2
    check_writable(path.absolute().parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(TuneProject(), path, translate=lambda text: label(text, console.language))
    console.say(
        N_("Wrote {path}. Name a model, a dataset and what it shall be called, then: tunesmith check {path}"), path=path
    )
    return 0


def check_project(path: Path, settings: Settings, console: Console) -> int:
    """All problems at once; exit code 2 where one of them is an error."""
    problems = check(Job(load(path), settings, path.resolve()))
    console.problems(problems)
    if errors(problems):
        return 2
    if not console.json:
        console.say(N_("The project is sound."))
    return 0


def plan(path: Path, settings: Settings, console: Console, *, shell: Shell | None) -> int:
    """The stages and their state; with ``shell`` a script of the exact commands."""
    if shell:
        file = path.resolve()
        project = load(file)
        problems = check(Job(project, settings, file))
        if errors(problems):
            console.problems(problems)
            return 2
        job = make_job(file, project, settings, file.with_name(f"{file.stem}.by-hand"))
        console.out.file.write(script(job, shell))
        return 0
    job = make_job(path, load(path), settings)
    rows = []
    for item in planned(job, push=job.project.ollama.push):
        state = "waiting" if up_to_date(job, item) is None else "up_to_date"
        rows.append({"stage": item.stage.name, "fingerprint": item.fingerprint, "state": state})
    if console.json:
        console.write_json({"stages": rows})
        return 0
    cells = [(row["stage"], console.sentence(f"stage_{row['stage']}", {}), console.state(row["state"])) for row in rows]
    console.table((N_("stage"), N_("what it does"), N_("state")), cells)
    return 0


def step(path: Path, stage: str, into: Path, settings: Settings, console: Console) -> int:
    """One stage by hand, as the script of `plan` does it."""
    job = make_job(path, load(path), settings, into.resolve())
    if stage not in job.fingerprints:
        console.error("stage_unknown", {"stage": stage, "known": ", ".join(job.fingerprints)})
        return 2
    view = make_view(console)
    try:
        console.line(str(run_stage(job, stage, view.show)))
    finally:
        view.close()
    return 0
