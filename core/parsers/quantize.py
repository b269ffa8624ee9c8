"""llama-quantize's counter: ``[   2/  26] token_embd.weight - [...], type = f16, converting to q8_0 .. size = ...``."""

import re
import time
from collections.abc import Iterator

from core.events import Event, Message, Progress
from core.parsers.parser import Clock, Pace

_TENSOR = re.compile(r"\[ *(\d{1,9})/ *(\d{1,9})\] +(\S+) +- ")
_FALLBACK = re.compile(r"WARNING: (\d{1,9}) of (\d{1,9}) tensor\(s\) required fallback quantization")


class Quantize:
    """A model of so many tensors; one counts once its size stands there (a slow one's line arrives in two parts)."""

    def __init__(self, stage: str, clock: Clock = time.monotonic) -> None:
        self._stage = stage
        self._pace = Pace(clock)

    def feed(self, line: str) -> Iterator[Event]:
        """A tensor, or the note that some could not get the wished-for type."""
        if tensor := _TENSOR.match(line):
            done, total = int(tensor[1]), int(tensor[2])
            if "size =" not in line:
                done -= 1
            eta = self._pace.eta(done, total)
            yield Progress(
                stage=self._stage, completed=done, total=total, unit="tensor", eta_seconds=eta, detail=tensor[3]
            )
        elif fallback := _FALLBACK.search(line):
            values = {"count": int(fallback[1]), "total": int(fallback[2])}
            yield Message(stage=self._stage, code="quantize_fallback", values=dict(values))
