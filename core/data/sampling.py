"""Which rows are trained on and which are held out: ``FILE#N``, repetition, and the validation share. All by seed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from core.events import StageError

MOST_ROWS = 10_000_000
"""The largest N of ``FILE#N``."""

_counted = re.compile(r"(.+)#([0-9]{1,9})", re.DOTALL).fullmatch


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of ``dataset.files``, and how many of its rows to take (None: each once)."""

    path: Path
    take: int | None = None


def parse_entry(text: str) -> Entry:
    """Read ``FILE`` or ``FILE#N``; a file that really has the whole name goes before."""
    found = _counted(text)
    if found is None or _is_file(Path(text)):
        return Entry(Path(text))
    count = int(found[2])
    if not 1 <= count <= MOST_ROWS:
        raise StageError("dataset_take", entry=text, most=MOST_ROWS)
    return Entry(Path(found[1]), count)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long to be one
        return False


def take(rows: Sequence[int], count: int | None, rng: Random) -> list[int]:
    """``count`` of the rows as ms-swift samples: as many full copies as fit, then a random remainder (None: all)."""
    if count is None or not rows:
        return list(rows)
    copies, remainder = divmod(count, len(rows))
    return [*rows] * copies + rng.sample(rows, remainder)


def split(rows: Sequence[int], ratio: float, rng: Random) -> tuple[list[int], list[int]]:
    """Part rows into those to train on and those held out: at least one where there are two, and never all."""
    if ratio <= 0 or len(rows) < 2:
        return list(rows), []
    held_out = min(max(1, int(len(rows) * ratio)), len(rows) - 1)
    chosen = set(rng.sample(rows, held_out))
    return [row for row in rows if row not in chosen], sorted(chosen)


def divide(rows: Sequence[int], count: int | None, ratio: float, rng: Random) -> tuple[list[int], list[int]]:
    """The rows of one entry to train on and to hold out, ``count`` together.

    Rows are held out before any is repeated: what is measured on was never trained on.
    """
    distinct = sorted(take(rows, min(count, len(rows)), rng)) if count is not None else rows
    train, held_out = split(distinct, ratio, rng)
    return take(train, None if count is None else count - len(held_out), rng), held_out
