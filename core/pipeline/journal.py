"""A run's journal, ``events.jsonl``: the only truth of a run. Appended; stage ends synced; a torn last line ignored."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from core.events import (
    ADAPTER,
    SCHEMA,
    Event,
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
_SYNCED = (RunStarted, StageStarted, StageFinished, StageFailed, StageStopped, RunFinished)
PROGRESS_INTERVAL = 0.1
"""Seconds between two Progress events that are worth keeping."""


class JournalTooNewError(StageError):
    """The run was made by a newer version of Tunesmith."""

    def __init__(self, path: Path) -> None:
        super().__init__("journal_newer", path=str(path))


class Journal:
    """Appends events to a run's journal, and hands them to a listener."""

    def __init__(self, run: Path, listener: Callable[[Event], None] | None = None) -> None:
        run.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (run / EVENTS).open("a", encoding="utf-8", newline="\n")
        self._listener = listener
        self._last_progress = 0.0

    def append(self, event: Event) -> None:
        """Write one event; a stage's end is on the disk when this returns. Too frequent progress is left out."""
        now = time.time()
        if isinstance(event, Progress) and not self._worth_keeping(event, now):
            return
        event = event.model_copy(update={"time": now})
        self._file.write(event.model_dump_json(exclude_defaults=False) + "\n")
        self._file.flush()
        if isinstance(event, _SYNCED):
            os.fsync(self._file.fileno())
        if self._listener is not None:
            self._listener(event)

    def _worth_keeping(self, event: Progress, now: float) -> bool:
        last_one = event.total is not None and event.completed >= event.total
        if not last_one and now - self._last_progress < PROGRESS_INTERVAL:
            return False
        self._last_progress = now
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()


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


def runs(folder: Path) -> list[Path]:
    """The runs of a project, oldest first."""
    return sorted(path.parent for path in folder.glob(f"*/{EVENTS}"))
