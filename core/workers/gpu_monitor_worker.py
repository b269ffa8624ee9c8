"""Samples the GPUs' memory, load, temperature and power, and the computer's memory and disk, for a monitor."""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from PySide6.QtCore import QObject, QThread, Signal

from core.events import StageError
from core.hardware.disk import existing_parent
from core.hardware.gpu import GpuSample, sample

INTERVAL_MS = 1000


@dataclass(frozen=True, slots=True)
class MachineSample:
    """The GPUs, RAM and the disk of the work folder in bytes (0 where it is not known).

    ``trouble``: the code of a sentence that says why there are no GPUs; "" where there are.
    """

    gpus: tuple[GpuSample, ...]
    ram_used: int
    ram_total: int
    disk_used: int = 0
    disk_total: int = 0
    time: float = 0.0
    trouble: str = ""


class GpuMonitorWorker(QThread):
    """``sampled`` carries a MachineSample every second until ``requestInterruption()``.

    A driver that is missing, resets or fails ends no monitor: the sample says so, and the next one asks again.
    """

    sampled = Signal(object)

    def __init__(
        self, parent: QObject | None = None, interval_ms: int = INTERVAL_MS, folder: Path | None = None
    ) -> None:
        super().__init__(parent)
        self._interval_ms = interval_ms
        self._folder = folder
        self._seen = False

    def run(self) -> None:
        """The thread's work; called by ``start()``."""
        while not self.isInterruptionRequested():
            self.sampled.emit(self._sample())
            left = self._interval_ms
            while left > 0 and not self.isInterruptionRequested():
                self.msleep(min(50, left))
                left -= 50

    def _sample(self) -> MachineSample:
        memory = psutil.virtual_memory()
        gpus = _gpus()
        self._seen = self._seen or bool(gpus)
        trouble = "" if gpus else "monitor_gpu_lost" if self._seen else "monitor_no_gpu"
        used, total = _disk(self._folder)
        return MachineSample(gpus, memory.total - memory.available, memory.total, used, total, time.time(), trouble)


def _gpus() -> tuple[GpuSample, ...]:
    try:
        return sample()
    except Exception:  # noqa: BLE001 - a driver that is just being replaced fails in ways that no binding knows
        return ()


def _disk(folder: Path | None) -> tuple[int, int]:
    if folder is None:
        return 0, 0
    try:
        usage = psutil.disk_usage(str(existing_parent(folder)))
    except (OSError, StageError):  # the drive was taken away
        return 0, 0
    return usage.used, usage.total
