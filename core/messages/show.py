"""Puts values into a sentence; nothing that a value holds can raise."""

from collections.abc import Mapping
from typing import Self

from core.events import Plain

_UNITS = ("B", "kB", "MB", "GB", "TB")


def fill(text: str, values: Mapping[str, Plain]) -> str:
    """The sentence with its values; one that is missing shows as ``?``."""
    return text.format_map(_Values(values))


def size(count: float) -> str:
    """Bytes as people read them: ``4.2 GB`` (a GB is 1000 MB, as on a disk's box)."""
    number, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if abs(number) < 999.5 or unit == _UNITS[-1]:
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "B" or abs(number) >= 99.5 else f"{number:.1f} {unit}"


def duration(seconds: float) -> str:
    """Seconds as ``0:42``, ``12:05`` or ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class _Shown(str):
    """A value inside a sentence."""

    __slots__ = ("value",)

    def __new__(cls, value: Plain) -> Self:
        shown = super().__new__(cls, f"{value:.6g}" if isinstance(value, float) else "?" if value is None else value)
        shown.value = value
        return shown

    value: Plain

    def __format__(self, spec: str) -> str:
        number = self.value
        if isinstance(number, int | float) and spec in _FORMATS:
            return _FORMATS[spec](number)
        return str(self)


_FORMATS = {"size": size, "duration": duration}


class _Values(dict[str, _Shown]):
    def __init__(self, values: Mapping[str, Plain]) -> None:
        super().__init__((name, _Shown(value)) for name, value in values.items())

    def __missing__(self, key: str) -> _Shown:
        return _Shown(None)
