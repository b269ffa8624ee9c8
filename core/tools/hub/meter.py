"""Counts the bytes of several files that arrive at once, and tells the sum about four times a second."""

import threading
import time
from collections import deque
from collections.abc import Callable

from core.events import Progress
from core.parsers.parser import Clock, Pace

STAGE = "fetch"
INTERVAL = 0.25
WINDOW = 5.0
"""Seconds over which the speed is told."""
SHOWN = 4
"""Files that a progress names."""


class AbandonedError(BaseException):
    """Raised in a transfer when another one has failed; no Exception, which the SDKs would take for a cut and retry."""


class Meter:
    """The progress of a download; used by all of its threads."""

    def __init__(self, report: Callable[[Progress], None], clock: Clock = time.monotonic) -> None:
        self._report, self._clock = report, clock
        self._lock = threading.Lock()
        self._pace = Pace(clock)
        self._sizes: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._moving: dict[str, None] = {}
        self._recent: deque[tuple[float, int]] = deque()
        self._told = float("-inf")
        self._abandoned = False

    def expect(self, sizes: dict[str, int]) -> None:
        """The files that will come, with their sizes."""
        with self._lock:
            self._sizes = sizes

    def moved(self, name: str, count: int) -> None:
        """So many bytes more of a file (fewer, where it begins anew). Raises AbandonedError after :meth:`abandon`."""
        if self._abandoned:
            raise AbandonedError
        with self._lock:
            self._done[name] = self._done.get(name, 0) + count
            self._moving[name] = None
            if self._clock() - self._told >= INTERVAL:
                self._tell()

    def at(self, name: str, count: int) -> None:
        """A file has so many bytes."""
        self.moved(name, count - self._done.get(name, 0))

    def whole(self, name: str) -> None:
        """A file is there and checked."""
        with self._lock:
            self._done[name] = self._sizes.get(name, 0)
            self._moving.pop(name, None)

    def abandon(self) -> None:
        """Let the other threads end at their next byte."""
        self._abandoned = True

    def close(self) -> None:
        """Tell the last state."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        now, done, total = self._clock(), sum(self._done.values()), sum(self._sizes.values())
        self._told = now
        self._recent.append((now, done))
        while now - self._recent[0][0] > WINDOW:
            self._recent.popleft()
        begin, before = self._recent[0]
        speed = max(0.0, (done - before) / (now - begin)) if now > begin else None
        eta = self._pace.eta(done, total)
        detail = ", ".join(f"{name} {self._percent(name)}%" for name in list(self._moving)[:SHOWN])
        self._report(
            Progress(stage=STAGE, completed=done, total=total, unit="byte", eta_seconds=eta, speed=speed, detail=detail)
        )

    def _percent(self, name: str) -> int:
        return min(100, 100 * self._done.get(name, 0) // max(1, self._sizes.get(name, 0)))
