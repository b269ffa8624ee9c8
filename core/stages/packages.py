"""What stages share that get something: packages by uv, files by address, both with the user's mirrors."""

import time
from collections import deque
from dataclasses import replace
from pathlib import Path

from core.events import Progress, StageError
from core.parsers.parser import Pace
from core.parsers.uv import Uv
from core.process.command import Command
from core.stages.base import StageContext
from core.tools import mirrors
from core.tools.download import Watch, download
from core.tools.pip_settings import read_pip_settings
from core.tools.sources import Source, ordered, unverified_error

INTERVAL = 0.25
"""Seconds between two reports of a download."""
WINDOW = 5.0
"""Seconds over which its speed is told."""


def install(ctx: StageContext, command: Command) -> None:
    """Run one of uv's commands; in China with a mirror of the package index, if the user has named no index."""
    index = mirrors.index_environment(ctx.job.settings.mirrors, read_pip_settings())
    ctx.run(replace(command, env={**index, **command.env}), Uv(ctx.stage.name))


def fetch(ctx: StageContext, wanted: Source, target: Path) -> None:
    """Download an entry of the table of sources by its addresses.

    An unverified one is taken as it comes, nobody could say what its sha256 should be; but only if the user allows it.
    """
    if wanted.unverified and not ctx.job.settings.allow_unverified:
        raise unverified_error(wanted)
    addresses = wanted.addresses
    if len(addresses) > 1:
        addresses = ordered(addresses, china=mirrors.in_china(ctx.job.settings.mirrors))
    meter = _Meter(ctx, target.name)

    def gave_up(address: str, error: StageError) -> None:
        ctx.message(error.code, "warning", **error.values)
        ctx.message("address_failed", "warning", address=address)

    watch = Watch(meter.report, ctx.check_stop, gave_up)
    download([address.url for address in addresses], target, watch, sha256=wanted.sha256)


class _Meter:
    """Bytes with speed and time left, about four times a second."""

    def __init__(self, ctx: StageContext, name: str) -> None:
        self._ctx, self._name = ctx, name
        self._pace = Pace()
        self._recent: deque[tuple[float, int]] = deque()

    def report(self, done: int, total: int | None) -> None:
        """So many bytes are here; the last report of a file is always told."""
        now = time.monotonic()
        if self._recent and now - self._recent[-1][0] < INTERVAL and done != total:
            return
        self._recent.append((now, done))
        while now - self._recent[0][0] > WINDOW:
            self._recent.popleft()
        begun, before = self._recent[0]
        self._ctx.emit(
            Progress(
                stage=self._ctx.stage.name,
                completed=done,
                total=total,
                unit="byte",
                eta_seconds=self._pace.eta(done, total),
                speed=max(0.0, (done - before) / (now - begun)) if now > begun else None,
                detail=self._name,
            )
        )
