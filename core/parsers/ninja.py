"""Ninja's counter, which our own scripts print too: ``[12/264] Building CXX object ...``."""

import re
import time
from collections.abc import Iterator

from core.events import Event, Progress, Unit
from core.parsers.parser import Clock, Pace

_STEP = re.compile(r"\[(\d{1,9})/(\d{1,9})\](?: (.*))?")


class Ninja:
    """A build of so many files, or of whatever ``unit`` names."""

    def __init__(self, stage: str, unit: Unit = "file", clock: Clock = time.monotonic) -> None:
        self._stage, self._unit = stage, unit
        self._pace = Pace(clock)

    def feed(self, line: str) -> Iterator[Event]:
        """One more is done."""
        if step := _STEP.match(line):
            done, total = int(step[1]), int(step[2])
            eta = self._pace.eta(done, total)
            yield Progress(
                stage=self._stage, completed=done, total=total, unit=self._unit, eta_seconds=eta, detail=step[3] or ""
            )
