"""A run's journal, ``events.jsonl``: the only truth of a run. Appended; stage ends synced; a torn last line ignored."""

import io
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ValidationError

from core.events import (
    ADAPTER,
    SCHEMA,
    ChildEnded,
    Event,
    Message,
    Progress,
    RunFinished,
    RunStarted,
    StageError,
    StageFailed,
    StageFinished,
    StageStarted,
    StageStopped,
)
from core.process.tail import FileTail

EVENTS = "events.jsonl"
BALLAST = "ballast"
BALLAST_BYTES = 65_536
"""Kept on the disk beside the journal, and given up for the last words of a run that fills the disk."""
_SYNCED = (RunStarted, StageStarted, StageFinished, StageFailed, StageStopped, RunFinished)
_END_BYTES = 4096
"""The end of a journal, in which its last line is looked for."""
PROGRESS_INTERVAL = 0.1
"""Seconds between two Progress events that are worth keeping."""


class JournalTooNewError(StageError):
    """The run was made by a newer version of Tunesmith."""

    def __init__(self, path: Path) -> None:
        super().__init__("journal_newer", path=str(path))


def reserve(run: Path) -> None:
    """Make a run's folder with its ballast. Random bytes, since some disks store zeros for nothing."""
    run.mkdir(parents=True)
    (run / BALLAST).write_bytes(secrets.token_bytes(BALLAST_BYTES))


class Journal:
    """Appends events to a run's journal, and hands them to a listener."""

    def __init__(self, run: Path, listener: Callable[[Event], None] | None = None) -> None:
        run.mkdir(parents=True, exist_ok=True)
        self._file: io.FileIO = (run / EVENTS).open("ab", buffering=0)
        self._ballast = run / BALLAST
        self._listener = listener
        self._last_progress = 0.0
        if _torn(run / EVENTS):
            self._write(b"\n")

    def append(self, event: Event) -> None:
        """Write one event; a stage's end is on the disk when this returns. Too frequent progress is left out.

        Raises OSError where the disk is full; an event that must not be lost is written then all the same.
        """
        now = time.time()
        if isinstance(event, Progress) and not self._worth_keeping(event, now):
            return
        event = event.model_copy(update={"time": now})
        line = event.model_dump_json().encode() + b"\n"
        try:
            self._write(line)
        except OSError:
            if not _indispensable(event) or not self._ballast.exists():
                raise
            self._ballast.unlink()
            self._write(line)
        if isinstance(event, _SYNCED):
            os.fsync(self._file.fileno())
        if self._listener is not None:
            self._listener(event)

    def _write(self, line: bytes) -> None:
        """Append the line whole or not at all: half of one would spoil the next."""
        end = self._file.seek(0, os.SEEK_END)
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError:
            self._file.truncate(end)
            raise

    def _worth_keeping(self, event: Progress, now: float) -> bool:
        last_one = event.total is not None and event.completed >= event.total
        if not last_one and now - self._last_progress < PROGRESS_INTERVAL:
            return False
        self._last_progress = now
        return True

    def close(self) -> None:
        """Close the file; all is said, so the ballast goes."""
        self._file.close()
        self._ballast.unlink(missing_ok=True)


def _indispensable(event: Event) -> bool:
    """Whether an event is worth the ballast; no child of ours that would fill the space runs at these moments."""
    return isinstance(event, (*_SYNCED, ChildEnded)) or (isinstance(event, Message) and event.level == "error")


def _torn(path: Path) -> bool:
    """Whether the last line of a journal has no end: its writer was killed, or the power failed."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


def read(run: Path) -> Iterator[Event]:
    """The events of a run so far. Raises JournalTooNewError."""
    return follow(FileTail(run / EVENTS))


def follow(tail: FileTail) -> Iterator[Event]:
    """The events that were added since the last call with this tail."""
    for line in tail.read():
        try:
            event = ADAPTER.validate_json(line)
        except ValidationError:  # a line torn by a crash in the middle of the disk's block
            continue
        if isinstance(event, RunStarted) and event.schema_version > SCHEMA:
            raise JournalTooNewError(tail.path)
        yield event


def finished(run: Path) -> RunFinished | None:
    """The last word of a run, or None where it has none; only the journal's end is read."""
    try:
        with (run / EVENTS).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _END_BYTES))
            last = file.read().rstrip(b"\0\n").rpartition(b"\n")[2]  # NULs: after a power cut
        event = ADAPTER.validate_json(last)
    except (FileNotFoundError, ValidationError):
        return None
    return event if isinstance(event, RunFinished) else None


def runs(folder: Path) -> list[Path]:
    """The runs of a project, oldest first."""
    return sorted(path.parent for path in folder.glob(f"*/{EVENTS}"))
