"""Drives a run from a window: starts the runner (or attaches to one), and hands on what it says in batches."""

import time
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from core.events import (
    Event,
    StageError,
    StageFailed,
    StageFinished,
    StageStarted,
    StageStopped,
)
from core.pipeline import launch
from core.pipeline.launch import RunnerDiedError, RunRequest
from core.pipeline.os_errors import explained
from core.process.tail import FileTail

BATCH = 0.05
"""Seconds of events that travel together: one signal for each would freeze a window."""
LARGEST = 250
"""Events that travel together at most: a journal that is read again comes all at once."""
LOG_BYTES = 128 * 1024
"""As much of a log is read at a time: the interpreter's lock is held meanwhile."""
PAUSE_MS = 15
"""Between two such loads: what is sent faster than a window shows it holds the window up."""


class RunWorker(QThread):
    """``events_arrived`` carries a list of events; ``ended`` the run's status ("interrupted" where the runner died).

    ``lines_arrived`` carries a stage and lines of its programs' output. ``failed`` carries the StageError of a run that
    could not be started or read. Give either a request (a runner is started) or the folder of a run that works or has
    ended: its story is told from the beginning. Ending this thread stops no run.
    """

    events_arrived = Signal(list)
    lines_arrived = Signal(str, list)
    ended = Signal(str)
    failed = Signal(object)

    def __init__(
        self, request: RunRequest | None, runs: Path, run_folder: Path | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._request = request
        self._runs = runs
        self.run_folder = run_folder
        self._batch: list[Event] = []
        self._sent = 0.0
        self._log: tuple[str, FileTail] | None = None

    def run(self) -> None:
        """The thread's work; called by ``start()``."""
        try:
            self._start_and_watch()
        except StageError as error:
            self.failed.emit(error)
        except OSError as error:
            self.failed.emit(explained(error))

    def _start_and_watch(self) -> None:
        if self.run_folder is None and self._request is not None:
            self.run_folder = launch.start(self._request, self._runs)
        if self.run_folder is None:
            return
        try:
            self._watch(self.run_folder)
        except RunnerDiedError:
            self._flush()
            self._read_log()
            self.ended.emit("interrupted")
            return
        if not self.isInterruptionRequested():
            self.ended.emit(launch.status(self.run_folder) or "interrupted")

    def _watch(self, run_folder: Path) -> None:
        self._sent = time.monotonic()
        for event in launch.watch(run_folder):
            if event is not None:
                self._take(event, run_folder)
            if len(self._batch) >= LARGEST:
                self._flush()
                self.msleep(PAUSE_MS)
            elif self._batch and time.monotonic() - self._sent >= BATCH:
                self._flush()
            if event is None:
                self._read_log()
            if self.isInterruptionRequested():
                break
        self._flush()

    def _take(self, event: Event, run_folder: Path) -> None:
        """Keep the order of a stage's beginning, its programs' output, and its end."""
        if isinstance(event, StageFinished | StageFailed | StageStopped):
            self._flush()
            self._read_log()
            self._log = None
        self._batch.append(event)
        if isinstance(event, StageStarted):
            self._log = event.stage, FileTail(run_folder / "logs" / f"{event.stage}.log")

    def _flush(self) -> None:
        if self._batch:
            self.events_arrived.emit(self._batch)
        self._batch, self._sent = [], time.monotonic()

    def _read_log(self) -> None:
        """Hand on the new lines; a long log, read again, in pieces that leave the window time to breathe."""
        if self._log is None:
            return
        stage, tail = self._log
        while (lines := tail.read(LOG_BYTES)) and not self.isInterruptionRequested():
            self.lines_arrived.emit(stage, lines)
            self.msleep(PAUSE_MS)

    def stop_run(self, *, now: bool = False) -> None:
        """Ask the run to stop."""
        if self.run_folder is not None:
            launch.stop(self.run_folder, now=now)
