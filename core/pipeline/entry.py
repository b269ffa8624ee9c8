"""The runner's own process: reads its request, takes the lock, ends orphans, runs."""

import contextlib
from pathlib import Path

from core.events import Message, RunFinished, StageError, Value
from core.pipeline.journal import Journal
from core.pipeline.launch import ALREADY_RUNNING, REQUEST, STOP, RunRequest
from core.pipeline.lock import AlreadyRunningError, hold
from core.pipeline.orphans import end_orphans
from core.pipeline.os_errors import explained
from core.pipeline.plan import from_stage, make_job, planned
from core.pipeline.runner import Run, Runner
from core.process.stop import StopFile

EXIT = {"done": 0, "failed": 1, "stopped": 130, "interrupted": 1}
EXIT_RUNNING = 3


def run_request(folder: Path) -> int:
    """Do what ``folder/request.json`` asks; returns the exit code. All that happens stands in the folder's journal."""
    request = RunRequest.model_validate_json((folder / REQUEST).read_text(encoding="utf-8"))
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(hold(folder.parent, folder.name))
            ended, newer = end_orphans(folder.parent)
            run = _make_run(folder, request)
        except AlreadyRunningError as error:
            if error.holder.run_id == folder.name:  # this very run has a runner: its journal is not ours to end
                return EXIT_RUNNING
            return _refuse(folder, ALREADY_RUNNING, pid=error.holder.pid)
        except StageError as error:
            return _refuse(folder, error.code, **error.values)
        except OSError as error:
            found = explained(error)
            return _refuse(folder, found.code, **found.values)
        journal = Journal(folder)
        stack.callback(journal.close)
        if ended:
            journal.append(Message(stage="", level="warning", code="orphans_ended", values={"count": ended}))
        for path in newer:
            journal.append(Message(stage="", level="warning", code="journal_newer", values={"path": str(path)}))
        return EXIT[Runner(run, journal).work()]


def _make_run(folder: Path, request: RunRequest) -> Run:
    job = make_job(request.file, request.project, request.settings)
    plan = planned(job, push=request.push)
    if request.until_stage:
        names = [item.stage.name for item in plan]
        plan = plan[: names.index(request.until_stage) + 1]
    again: set[str] = set()
    if request.fresh:
        again = {item.stage.name for item in plan if item.stage.name != "install_runtime"}
    elif request.from_stage:
        again = from_stage(plan, request.from_stage)
    return Run(folder, job, plan, frozenset(again), job.target, StopFile(folder / STOP))


def _refuse(folder: Path, code: str, **values: Value) -> int:
    journal = Journal(folder)
    journal.append(Message(stage="", level="error", code=code, values=dict(values)))
    journal.append(RunFinished(status="failed", seconds=0.0))
    journal.close()
    return EXIT_RUNNING if code == ALREADY_RUNNING else EXIT["failed"]
