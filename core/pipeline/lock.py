"""One run of a project at a time: a lock that the system releases when its holder dies, however it dies.

So there is no stale lock to recognise: not after kill -9, nor after a reboot that gives the old pid to another program.
``runner.json`` beside it only says who holds it.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from core.platform.files import move

TAKE_WAIT, LOOK_WAIT = 1.0, 0.1
"""Seconds until a lock counts as held: who only looks holds it for a moment too."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who runs the project: ``pid`` 0 where it has not said so yet."""

    pid: int
    create_time: float
    run_id: str


class AlreadyRunningError(Exception):
    """Another runner works on the project."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(holder.pid)
        self.holder = holder


@contextlib.contextmanager
def hold(runs: Path, run_id: str) -> Iterator[None]:
    """Hold the project's lock. Raises AlreadyRunningError."""
    with _acquired(runs, TAKE_WAIT):
        holder = Holder(os.getpid(), psutil.Process().create_time(), run_id)
        part = runs / "runner.json.part"
        part.write_text(json.dumps(asdict(holder)), encoding="utf-8")
        move(part, runs / "runner.json")
        yield


def holder(runs: Path) -> Holder | None:
    """Who runs the project now, or None."""
    if not runs.is_dir():
        return None
    try:
        with _acquired(runs, LOOK_WAIT):
            return None
    except AlreadyRunningError as error:
        return error.holder


@contextlib.contextmanager
def _acquired(runs: Path, wait: float) -> Iterator[None]:
    runs.mkdir(parents=True, exist_ok=True)
    lock = FileLock(runs / "lock", timeout=wait, poll_interval=0.01)
    try:
        lock.acquire()
    except Timeout as error:
        raise AlreadyRunningError(_read(runs)) from error
    try:
        yield
    finally:
        lock.release()


def _read(runs: Path) -> Holder:
    try:
        return Holder(**json.loads((runs / "runner.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Holder(0, 0.0, "")
