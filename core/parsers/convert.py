"""llama.cpp's converter: first it lists the tensors, then it writes the file (a tqdm bar of bytes)."""

import re
from collections.abc import Iterator

from core.events import Event, Progress
from core.parsers.tqdm import Tqdm

_TENSOR = re.compile(r"INFO:hf-to-gguf:(\S+), +torch\.\w+ --> \w+, shape = ")


class Convert:
    """A conversion to GGUF. Listing tensors is fast and its total unknown; the writing is what takes time."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._tensors = 0
        self._bar = Tqdm(stage, {"Writing": "byte"})

    def feed(self, line: str) -> Iterator[Event]:
        """A tensor that was found, or how much is written."""
        if tensor := _TENSOR.match(line):
            self._tensors += 1
            yield Progress(stage=self._stage, completed=self._tensors, unit="tensor", detail=tensor[1])
        else:
            yield from self._bar.feed(line)
