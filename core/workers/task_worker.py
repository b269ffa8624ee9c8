"""Runs one short job beside the window: probing tools, reading a model folder, checking a dataset."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from core.events import StageError


class TaskWorker(QThread):
    """``done`` carries the job's result, ``failed`` the StageError that ended it."""

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, job: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = job

    def run(self) -> None:
        """The thread's work; called by ``start()``."""
        try:
            result = self._job()
        except StageError as error:
            self.failed.emit(error)
        except OSError as error:
            values = {"path": str(error.filename or ""), "reason": error.strerror or str(error)}
            self.failed.emit(StageError("os_error", **values))
        else:
            self.done.emit(result)
