"""What all parsers share: their shape, and how the time left is told from the pace so far."""

import math
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from core.events import Event

Clock = Callable[[], float]
"""Gives seconds; only differences count."""

LEAST_UNITS = 3
"""Units that must be done before the pace says anything: the first ones load caches and compile kernels."""


class Parser(Protocol):
    """Reads one tool's output; a line that it does not know gives nothing, no line raises."""

    def feed(self, line: str) -> Iterable[Event]:
        """The events of one line, given without its end."""
        ...


class Pace:
    """How fast units get done since the first one that was seen: a resumed job does not count what it had before."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._start: tuple[float, float] | None = None

    def eta(self, completed: float, total: float | None, at: float | None = None) -> float | None:
        """Seconds until ``total``, or None while that cannot be told; ``at`` is now, by default the clock's."""
        now = self._clock() if at is None else at
        if self._start is None:
            self._start = (completed, now)
        units, seconds = completed - self._start[0], now - self._start[1]
        if total is None or units < LEAST_UNITS or seconds <= 0:
            return None
        return max(0.0, (total - completed) * seconds / units)


def finite(value: object) -> float | None:
    """A tool's figure, which may be a text, as a number; None for anything else, also for NaN and infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
