"""Samples GPU memory, load, temperature and power, and the computer's memory, for a monitor in a window."""

from dataclasses import dataclass

import psutil
from PySide6.QtCore import QObject, QThread, Signal

from core.hardware.gpu import GpuSample, sample

INTERVAL_MS = 1000


@dataclass(frozen=True, slots=True)
class MachineSample:
    """The GPUs, and RAM in bytes."""

    gpus: tuple[GpuSample, ...]
    ram_used: int
    ram_total: int


class GpuMonitorWorker(QThread):
    """``sampled`` carries a MachineSample every second until ``requestInterruption()``."""

    sampled = Signal(object)

    def __init__(self, parent: QObject | None = None, interval_ms: int = INTERVAL_MS) -> None:
        super().__init__(parent)
        self._interval_ms = interval_ms

    def run(self) -> None:
        """The thread's work; called by ``start()``."""
        while not self.isInterruptionRequested():
            memory = psutil.virtual_memory()
            self.sampled.emit(MachineSample(sample(), memory.total - memory.available, memory.total))
            left = self._interval_ms
            while left > 0 and not self.isInterruptionRequested():
                self.msleep(min(50, left))
                left -= 50
