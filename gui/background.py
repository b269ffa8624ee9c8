"""Short jobs beside the window, one after another; of several asked for meanwhile only the last is done."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from core.events import StageError
from core.workers.task_worker import TaskWorker

Job = Callable[[], object]


class Background(QObject):
    """``done`` carries a job's result, ``failed`` its StageError; ``ask`` while one works makes its answer stale."""

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: TaskWorker | None = None
        self._next: Job | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._worker is not None

    def ask(self, job: Job) -> None:
        """Do a job; what was asked for before and is not done is forgotten."""
        if self._worker is not None:
            self._next = job
            return
        self._worker = TaskWorker(job, self)
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        self._worker.finished.connect(self._on_finished)
        self._worker.start()

    def end(self) -> None:
        """Wait for the job that works; its answer is dropped."""
        self._next, self._worker = None, None
        self.blockSignals(True)
        for worker in self.findChildren(TaskWorker):
            worker.wait()

    @Slot(object)
    def _on_done(self, result: object) -> None:
        if self._next is None:
            self._release()
            self.done.emit(result)

    @Slot(object)
    def _on_failed(self, error: StageError) -> None:
        if self._next is None:
            self._release()
            self.failed.emit(error)

    @Slot()
    def _on_finished(self) -> None:
        worker = self.sender()
        if isinstance(worker, TaskWorker):
            worker.wait()
            worker.deleteLater()
        if worker is self._worker:
            self._worker = None
        if self._worker is None and self._next is not None:
            job, self._next = self._next, None
            self.ask(job)

    def _release(self) -> None:
        """Free for the next job before the answer goes out: who gets it may ask at once."""
        self._worker = None
