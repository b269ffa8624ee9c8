"""Starts a runner that outlives us, and looks after it: `tunesmith run` and the window use nothing else."""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from core.config.project import TuneProject
from core.config.settings import Settings
from core.events import Event, Message, RunFinished, RunStarted, RunStatus
from core.pipeline import journal
from core.pipeline.lock import Holder, holder
from core.platform.detached import start_detached
from core.platform.frozen import ourselves
from core.process.stop import StopFile
from core.process.tail import FileTail

REQUEST = "request.json"
STOP = "stop"
RUNNER_LOG = "runner.log"
ALREADY_RUNNING = "already_running"
"""The message of a run that was refused because another one worked."""
START_TIMEOUT = 20.0
"""Seconds in which a runner must show its first event."""
POLL = 0.1
LOOK = 1.0
"""Seconds between two looks whether the runner still lives."""


class RunRequest(BaseModel):
    """What a runner is told: a snapshot, so that editing the project meanwhile changes nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: Path
    project: TuneProject
    settings: Settings
    from_stage: str = ""
    until_stage: str = ""
    fresh: bool = False
    push: bool = False


class RunnerDiedError(Exception):
    """The runner ended without a word, or never said its first; ``log`` is what it printed."""

    def __init__(self, log: Path) -> None:
        super().__init__(log)
        self.log = log


def start(request: RunRequest, runs: Path) -> Path:
    """Start a detached runner; returns the run's folder. Raises OSError where the folder cannot be written."""
    now = time.time()  # to the millisecond, so that the newest run is the last by name
    second = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    run = runs / f"{second}-{int(now % 1 * 1000):03}-{secrets.token_hex(2)}"
    journal.reserve(run)
    (run / REQUEST).write_text(request.model_dump_json(indent=1), encoding="utf-8")
    start_detached([*ourselves(), "runner", str(run)], dict(os.environ), run / RUNNER_LOG)
    return run


def watch(run: Path) -> Iterator[Event | None]:
    """The run's events as they come, until its last; None where nothing came for a moment.

    Raises RunnerDiedError where the runner ends without finishing, or does not begin within START_TIMEOUT.
    """
    tail = FileTail(run / journal.EVENTS)
    started, looked, dead = False, time.monotonic(), False
    while True:
        events = list(journal.follow(tail))
        for event in events:
            started = started or isinstance(event, RunStarted)
            yield event
            if isinstance(event, RunFinished):
                return
        if dead and not events:  # read once more after the look: it may have ended with its last word
            raise RunnerDiedError(run / RUNNER_LOG)
        if time.monotonic() - looked > (LOOK if started else START_TIMEOUT):
            looked, dead = time.monotonic(), not (started and alive(run))
            continue
        yield None
        time.sleep(POLL)


def alive(run: Path) -> bool:
    """Whether the run's runner still holds the project's lock."""
    now: Holder | None = holder(run.parent)
    return now is not None and now.run_id == run.name


def stop(run: Path, *, now: bool = False) -> None:
    """Ask a run to stop."""
    StopFile(run / STOP).request(now=now)


def latest(runs: Path) -> Path | None:
    """The run of a project that works now, else its newest; None where there is none.

    One that was refused because another worked is not counted.
    """
    with contextlib.suppress(OSError):  # a disk that cannot be written to has no lock either
        now = holder(runs)
        if now is not None and now.run_id:
            return runs / now.run_id
    return next((run for run in reversed(journal.runs(runs)) if not _refused(run)), None)


def _refused(run: Path) -> bool:
    first = next(journal.read(run), None)
    return isinstance(first, Message) and first.code == ALREADY_RUNNING


def status(run: Path) -> RunStatus | None:
    """How a run ended; None while it works; "interrupted" where its runner is gone without a last word."""
    last = journal.finished(run)
    if last is None and not alive(run):
        last = journal.finished(run)  # it may have been said between the two looks
        return last.status if last else "interrupted"
    return last.status if last else None
