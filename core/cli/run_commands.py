"""`run`, `status` and `stop`: start a runner and watch it, or look at one that works."""

import argparse
import contextlib
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.cli.consent import with_consent
from core.cli.console import Console
from core.cli.run_view import View, make_view
from core.config.settings import Settings
from core.config.store import load, with_values
from core.events import Message, Progress, RunFinished, StageFailed, StageFinished, StageSkipped, StageStarted, Value
from core.messages import N_
from core.pipeline import launch
from core.pipeline.check import check, errors
from core.pipeline.entry import EXIT
from core.pipeline.journal import read
from core.pipeline.launch import RunnerDiedError, RunRequest
from core.pipeline.lock import holder
from core.pipeline.plan import make_job, planned
from core.stages.job import Job


def call(args: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Run the command; returns the exit code."""
    match args.command:
        case "run":
            return run(args, settings, console)
        case "status":
            return status(args.project, console)
        case _:
            return stop(args.project, console, now=args.now)


def run(args: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Check the project, start a runner, and watch it to its end. Ctrl-C asks it to stop."""
    project = load(args.project)
    if args.push:
        project = with_values(project, ollama={"push": True})
    job = Job(project, settings, args.project.resolve())
    if (found := holder(job.runs)) is not None:
        console.error("already_running", {"pid": found.pid})
        return 3
    settings = with_consent(job, console, allowed=args.allow_unverified)
    job = Job(project, settings, job.file)
    problems = check(job)
    if problems:
        console.problems(problems)
    if errors(problems) or not _known_stages(args, make_job(job.file, project, settings), console):
        return 2
    if (renamed := _renamed(job)) is not None:
        console.message("project_renamed", renamed, style="yellow")
    request = RunRequest(
        file=job.file,
        project=project,
        settings=settings,
        from_stage=args.from_stage,
        until_stage=args.until_stage,
        fresh=args.fresh,
        push=project.ollama.push,
    )
    return follow(launch.start(request, job.runs), console)


def _known_stages(args: argparse.Namespace, job: Job, console: Console) -> bool:
    names = [item.stage.name for item in planned(job, push=job.project.ollama.push)]
    for name in filter(None, (args.from_stage, args.until_stage)):
        if name not in names:
            console.error("stage_unknown", {"stage": name, "known": ", ".join(names)})
            return False
    first, last = args.from_stage, args.until_stage
    if first and last and names.index(last) < names.index(first):
        console.error("stages_reversed", {"first": first, "last": last})
        return False
    return True


def _renamed(job: Job) -> Mapping[str, Value] | None:
    """The name that the project had before, as it seems: artifacts lie here, of no file, while ours has none."""
    folder = job.file.parent
    if job.artifacts.exists():
        return None
    named = {path.stem for path in folder.iterdir() if path.is_file()}
    lone = sorted(path.stem for path in folder.glob("*.artifacts") if path.stem not in named)
    return {"before": lone[0], "now": job.name} if len(lone) == 1 else None


def follow(run_folder: Path, console: Console, view: View | None = None) -> int:
    """Watch a run to its end; returns the exit code. The first Ctrl-C asks it to stop, the second not to wait."""
    shown = view or make_view(console)
    code = 1
    try:
        with _interrupts_stop(run_folder, console):
            for event in launch.watch(run_folder):
                if event is not None:
                    shown.show(event)
                if isinstance(event, Message) and event.code == "already_running":
                    return 3
                if isinstance(event, RunFinished):
                    code = EXIT[event.status]
    except RunnerDiedError as error:
        console.error("runner_died", {"log": str(error.log)})
    finally:
        shown.close()
    return code


@contextlib.contextmanager
def _interrupts_stop(run_folder: Path, console: Console) -> Iterator[None]:
    """While we watch, Ctrl-C is a request to the runner, not an exception in here."""
    asked = False

    def on_interrupt(_signal: int, _frame: object) -> None:
        nonlocal asked
        launch.stop(run_folder, now=asked)
        if not asked:
            console.message("stop_requested", {})
        asked = True

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _runs(path: Path) -> Path:
    """The folder of a project's runs, whatever became of its file; ProjectInvalidError where neither is there."""
    file = path.resolve()
    runs = file.parent / f"{file.stem}.runs"
    if not runs.is_dir():
        load(path)
    return runs


def status(path: Path, console: Console) -> int:
    """The stages of the last run, and how far it is."""
    run_folder = launch.latest(_runs(path))
    if run_folder is None:
        console.say(N_("This project has not been run yet."))
        if console.json:
            console.write_json({"run": None, "state": None, "stages": {}})
        return 0
    ended = launch.status(run_folder) or "running"
    states = _stage_states(run_folder, ended)
    if console.json:
        console.write_json({"run": run_folder.name, "state": ended, "stages": states})
        return 0
    rows = [(name, console.state(str(state["state"])), _detail(state, console)) for name, state in states.items()]
    console.table((N_("stage"), N_("state"), ""), rows)
    console.say(N_("Run {run}: {state}"), run=run_folder.name, state=console.state(ended))
    return 0


def _stage_states(run_folder: Path, run_state: str) -> dict[str, dict[str, Any]]:
    """What the journal says of each stage; one that has no end shares the state of the run."""
    states: dict[str, dict[str, Any]] = {}
    for event in read(run_folder):
        match event:
            case StageStarted():
                states[event.stage] = {"state": run_state}
            case Progress() if event.stage in states:
                states[event.stage] |= {"completed": event.completed, "total": event.total}
            case StageSkipped():
                states[event.stage] = {"state": "up_to_date"}
            case StageFinished():
                states[event.stage] = {"state": "done", "seconds": event.seconds}
            case StageFailed():
                log = str(run_folder / "logs" / Path(event.log).name)  # the project may have been moved since
                values = {"stage": event.stage, "log": log, **event.values}
                states[event.stage] = {"state": "failed", "code": event.code, "log": log, "values": values}
            case _:
                pass
    return states


def _detail(state: dict[str, Any], console: Console) -> str:
    """How far a stage is, or why it failed."""
    if "completed" in state:
        total = state["total"]
        return f"{state['completed']:.0f}" + (f"/{total:.0f}" if total is not None else "")
    return console.sentence(state["code"], state["values"]) if "code" in state else ""


def stop(path: Path, console: Console, *, now: bool) -> int:
    """Write the stop file of the run that works."""
    runs = _runs(path)
    if holder(runs) is None:
        console.say(N_("This project is not running."))
        return 0
    run_folder = launch.latest(runs)
    if run_folder is not None:
        launch.stop(run_folder, now=now)
    console.message("stop_requested", {})
    return 0
