"""uv's lines on a pipe: ``Resolved 87 packages in 1s``, ``Downloading torch (888.1MiB)``, `` Downloaded torch``, ...

uv names only packages of some size, and each twice: when its download begins and when it is there. Their bytes are the
best measure of an installation, since one package (torch) outweighs all others.
"""

import re
import time
from collections.abc import Iterator

from core.events import Event, Progress
from core.parsers.parser import Clock, Pace

_DOWNLOADING = re.compile(r" *Downloading (\S+) \((\d{1,9}(?:\.\d{1,6})?) ?([KMGT]?i?B)\)$")
_DOWNLOADED = re.compile(r" *Downloaded (\S+)$")
_BUILDING = re.compile(r" *Building (\S+)")
_COUNTED = re.compile(r"(Resolved|Installed|Checked|Audited) (\d{1,9}) packages? in ")
_SCALE = {"B": 1.0, "KiB": 1024.0, "MiB": 1024.0**2, "GiB": 1024.0**3, "TiB": 1024.0**4}


class Uv:
    """An installation: bytes while it downloads, packages when it begins and ends."""

    def __init__(self, stage: str, clock: Clock = time.monotonic) -> None:
        self._stage = stage
        self._pace = Pace(clock)
        self._sizes: dict[str, float] = {}
        self._packages: int | None = None
        self._done = 0.0

    def feed(self, line: str) -> Iterator[Event]:
        """The events of one line."""
        if begun := _DOWNLOADING.match(line):
            self._sizes[begun[1]] = float(begun[2]) * _SCALE.get(begun[3], 1.0)
            yield self._download(begun[1])
        elif (ended := _DOWNLOADED.match(line)) and ended[1] in self._sizes:
            self._done += self._sizes[ended[1]]
            yield self._download(ended[1])
        elif counted := _COUNTED.match(line):
            yield self._count(counted[1], int(counted[2]))
        elif building := _BUILDING.match(line):
            yield Progress(stage=self._stage, completed=0, total=self._packages, unit="package", detail=building[1])

    def _download(self, name: str) -> Progress:
        total = sum(self._sizes.values())
        return Progress(
            stage=self._stage,
            completed=self._done,
            total=total,
            unit="byte",
            eta_seconds=self._pace.eta(self._done, total),
            detail=name,
        )

    def _count(self, what: str, packages: int) -> Progress:
        self._packages = packages
        done = 0 if what == "Resolved" else packages
        return Progress(stage=self._stage, completed=done, total=packages, unit="package")
