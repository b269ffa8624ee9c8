"""Progress bars of tqdm, which nearly every Python tool draws."""

import re
from collections.abc import Iterator, Mapping

from core.events import Event, Progress, Unit

_NUMBER = r"(\d{1,20}(?:\.\d{1,6})?)([kMGTP]?)"
_BAR = re.compile(
    rf"(?:^|[ :])\d{{1,3}}%\|[^|]{{0,400}}\| *{_NUMBER}/{_NUMBER} "
    r"\[[\d:]{2,12}<(?P<left>[\d:?]{1,12})(?:, *(?P<rate>[^\]]*))?\]"
)
_SCALE = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_BYTES = re.compile(r"(?:byte|B)/s")


class Tqdm:
    """Bars of a stage. ``units`` says by their names which bars count (all where it is empty), and in what they count.

    A bar's name is what stands before its colon, "" where nothing does:
    ``Writing:  99%|...| 19.4M/19.6M [00:00<00:00, 189Mbyte/s]``.
    What counts bytes a second is in bytes, whatever ``units`` says.
    """

    def __init__(self, stage: str, units: Mapping[str, Unit] | None = None) -> None:
        self._stage = stage
        self._units = units or {}

    def feed(self, line: str) -> Iterator[Event]:
        """The newest bar of the line."""
        bars = list(_BAR.finditer(line)) if "%|" in line else []
        if not bars:
            return
        bar = bars[-1]
        name = line[bars[-2].end() if len(bars) > 1 else 0 : bar.start()].strip(" :")
        unit = next(
            (unit for start, unit in self._units.items() if name == start or (start and name.startswith(start))), None
        )
        if unit is None and self._units:
            return
        if _BYTES.search(bar["rate"] or ""):
            unit = "byte"
        yield Progress(
            stage=self._stage,
            completed=_number(bar[1], bar[2]),
            total=_number(bar[3], bar[4]),
            unit=unit or "step",
            eta_seconds=_seconds(bar["left"]),
            detail=name,
        )


def _number(digits: str, prefix: str) -> float:
    return float(digits) * _SCALE[prefix]


def _seconds(clock: str) -> float | None:
    """Seconds of ``04:24`` or ``1:02:03``; None where tqdm does not know yet (``?``)."""
    if "?" in clock:
        return None
    total = 0.0
    for part in clock.split(":"):
        total = total * 60 + float(part or 0)
    return total
