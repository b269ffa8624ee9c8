"""Drives a run from a window: starts the runner (or attaches to one), and hands on its events in batches."""

import time
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from core.events import Event
from core.pipeline import launch
from core.pipeline.launch import RunnerDiedError, RunRequest

BATCH = 0.05
"""Seconds of events that travel together: one signal for each would freeze a window."""


class RunWorker(QThread):
    """``events_arrived`` carries a list of events; ``ended`` the run's status ("interrupted" where the runner died).

    Give either a request (a runner is started) or the folder of a run that works. Ending this thread stops no run.
    """

    events_arrived = Signal(list)
    ended = Signal(str)

    def __init__(
        self, request: RunRequest | None, runs: Path, run_folder: Path | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._request = request
        self._runs = runs
        self.run_folder = run_folder

    def run(self) -> None:
        """The thread's work; called by ``start()``."""
        if self.run_folder is None and self._request is not None:
            self.run_folder = launch.start(self._request, self._runs)
        if self.run_folder is None:
            return
        try:
            self._watch(self.run_folder)
        except RunnerDiedError:
            self.ended.emit("interrupted")
            return
        if not self.isInterruptionRequested():
            self.ended.emit(launch.status(self.run_folder) or "interrupted")

    def _watch(self, run_folder: Path) -> None:
        batch: list[Event] = []
        sent = time.monotonic()
        for event in launch.watch(run_folder):
            if event is not None:
                batch.append(event)
            if batch and time.monotonic() - sent >= BATCH:
                self.events_arrived.emit(batch)
                batch, sent = [], time.monotonic()
            if self.isInterruptionRequested():
                break
        if batch:
            self.events_arrived.emit(batch)

    def stop_run(self, *, now: bool = False) -> None:
        """Ask the run to stop."""
        if self.run_folder is not None:
            launch.stop(self.run_folder, now=now)
