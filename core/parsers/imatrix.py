"""llama-imatrix: ``computing over 8 chunks``, then ``[1]363.7316,[2]387.2310,`` on one line that grows."""

import re
import time
from collections.abc import Iterator

from core.events import Event, Progress
from core.parsers.parser import Clock, Pace

_TOTAL = re.compile(r"compute_imatrix: computing over (\d{1,9}) chunks")
_CHUNK = re.compile(r"\[(\d{1,9})\]-?(?:\d+\.\d+|nan|inf),")


class Imatrix:
    """A measurement over so many chunks of text."""

    def __init__(self, stage: str, clock: Clock = time.monotonic) -> None:
        self._stage = stage
        self._pace = Pace(clock)
        self._total: int | None = None

    def feed(self, line: str) -> Iterator[Event]:
        """The number of chunks, or the newest chunk that is done."""
        if total := _TOTAL.search(line):
            self._total = int(total[1])
            yield self._progress(0)
        elif self._total is not None and (chunks := _CHUNK.findall(line)):
            yield self._progress(int(chunks[-1]))

    def _progress(self, done: int) -> Progress:
        eta = self._pace.eta(done, self._total)
        return Progress(stage=self._stage, completed=done, total=self._total, eta_seconds=eta)
