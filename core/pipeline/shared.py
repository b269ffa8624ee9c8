"""What all projects share, the runtime and llama.cpp: who makes it now, and which living runs work with it.

A run that has made it, or found it whole, notes so in the work folder before it lets go of the lock under which it is
made and removed. A note holds only while its runner lives, so one that a crash left behind is no hindrance.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from core.events import StageError
from core.platform.guard import same_process

LOCK_WAIT = 0.2
"""Seconds in which a lock is waited for at a time."""


@dataclass(frozen=True, slots=True)
class User:
    """A run that works with a shared folder."""

    pid: int
    create_time: float
    project: str
    folder: str


def lock(work: Path, stage: str) -> FileLock:
    """The lock under which a stage's shared folder is made or removed."""
    _notes(work).mkdir(parents=True, exist_ok=True)
    return FileLock(work / "locks" / f"{stage}.lock", timeout=LOCK_WAIT)


def enter(work: Path, stage: str, folder: Path, run_id: str, project: Path) -> None:
    """Note that this process's run works with the folder from now on; the caller holds the lock."""
    user = User(os.getpid(), psutil.Process().create_time(), str(project), str(folder))
    (_notes(work) / f"{stage}.{run_id}.json").write_text(json.dumps(asdict(user)), encoding="utf-8")


def leave(work: Path, run_id: str) -> None:
    """The run is over."""
    for note in _notes(work).glob(f"*.{run_id}.json"):
        with contextlib.suppress(OSError):  # it says nothing any more once we are gone
            note.unlink()


def refuse_if_used(work: Path, stage: str, folder: Path) -> None:
    """Raise StageError where a living run works with the folder; the caller holds the lock, and is no such run."""
    for note in _notes(work).glob(f"{stage}.*.json"):
        user = _read(note)
        if user is None or same_process(user.pid, user.create_time) is None:
            note.unlink(missing_ok=True)
        elif user.folder == str(folder):
            raise StageError("shared_in_use", path=user.folder, project=user.project, pid=user.pid)


@contextlib.contextmanager
def to_remove(work: Path, stage: str, folders: list[Path]) -> Iterator[None]:
    """Hold the lock for removing these folders. Raises StageError where one is worked with, or made just now."""
    held = lock(work, stage)
    try:
        held.acquire()
    except Timeout as error:
        raise StageError("shared_being_made", path=str(folders[0])) from error
    try:
        for folder in folders:
            refuse_if_used(work, stage, folder)
        yield
    finally:
        held.release()


def _notes(work: Path) -> Path:
    return work / "locks" / "users"


def _read(note: Path) -> User | None:
    try:
        return User(**json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
