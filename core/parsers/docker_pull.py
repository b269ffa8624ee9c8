"""``docker pull`` into a pipe: no bars, but a line for each layer as it is begun, there, and unpacked."""

import re
from collections.abc import Iterator

from core.events import Event, Progress

_LAYER = re.compile(r"([0-9a-f]{12}): (Pulling fs layer|Already exists|Pull complete)$")


class DockerPull:
    """Counts the layers of an image."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._known: set[str] = set()
        self._there: set[str] = set()

    def feed(self, line: str) -> Iterator[Event]:
        """A layer is begun, or there."""
        if not (found := _LAYER.match(line)):
            return
        self._known.add(found[1])
        if found[2] != "Pulling fs layer":
            self._there.add(found[1])
        yield Progress(stage=self._stage, completed=len(self._there), total=len(self._known), unit="file")
