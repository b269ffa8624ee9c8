"""What ms-swift says of each prepared row: how long it is, or why it would drop it; and the files without such rows."""

import json
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.data.origins import Origins
from core.data.rows import BadRow, excerpt
from core.data.store import replacing
from core.events import NamedRow

_NOTHING_LEARNT = ""  # ms-swift keeps a row of which nothing is left to learn, and has no words for it


@dataclass(frozen=True, slots=True)
class Measured:
    """All rows by their number in the store, eight bytes each; a row that was taken many times is one.

    ``marks`` holds a row's tokens, or -1 and below for the reason why it would be dropped; 0 is a row not taken.
    ``cut``: rows longer than ``limit`` tokens are cut off instead of left out.
    """

    origins: Origins
    limit: int
    cut: bool
    marks: "array[int]"
    reasons: tuple[str, ...]

    def refused(self) -> "array[int]":
        """The rows that ms-swift would drop."""
        return array("Q", (number for number, mark in enumerate(self.marks) if mark < 0))

    def too_long(self) -> "array[int]":
        """The rows that are longer than the limit and do not stay for it."""
        return array("Q") if self.cut else self._longer()

    def cut_off(self) -> "array[int]":
        """The rows that are longer than the limit and stay in part."""
        return self._longer() if self.cut else array("Q")

    def _longer(self) -> "array[int]":
        return array("Q", (number for number, mark in enumerate(self.marks) if mark > self.limit))

    def kept(self, number: int) -> bool:
        """Whether a row stays."""
        mark = self.marks[number]
        return mark > 0 and (self.cut or mark <= self.limit)

    def tokens(self, numbers: Iterable[int]) -> int:
        """What is trained on of rows that stay."""
        return sum(min(self.marks[number], self.limit) for number in numbers)

    def bad_row(self, number: int) -> BadRow:
        """A row that is refused or too long, with what there is to say about it."""
        mark = self.marks[number]
        if mark > 0:
            code = "row_cut" if self.cut else "row_too_long"
            return self.origins.bad_row(number, code, {"tokens": mark, "limit": self.limit})
        reason = self.reasons[-1 - mark]
        if reason == _NOTHING_LEARNT:
            return self.origins.bad_row(number, "row_nothing_learnt", {})
        return self.origins.bad_row(number, "row_refused", {"said": reason})

    def named(self, numbers: Iterable[int]) -> tuple[NamedRow, ...]:
        """Rows as a message names them."""
        return tuple(self.bad_row(number).named() for number in numbers)

    def report(self, path: Path) -> None:
        """Add the rows that are refused or too long to the report of a preparation, if there are any."""
        if numbers := self.refused() + self.too_long() + self.cut_off():
            with path.open("ab") as stream:
                stream.writelines(self.bad_row(number).report_line() for number in numbers)


def read_lengths(
    lengths: Path, numbers: "Mapping[Path, array[int]]", origins: Origins, limit: int, *, cut: bool
) -> Measured:
    """What measure_rows.py wrote: one line for each line of the prepared files, whose rows ``numbers`` names."""
    marks = array("q", bytes(8 * len(origins)))
    reasons: dict[str, int] = {}
    by_name = {str(path): rows for path, rows in numbers.items()}
    with lengths.open(encoding="utf-8") as lines:
        for line in lines:
            found = json.loads(line)
            mark = found.get("tokens", 0)
            if not found.get("labels"):
                reason = excerpt(found.get("error", _NOTHING_LEARNT))
                mark = -1 - reasons.setdefault(reason, len(reasons))
            marks[by_name[found["file"]][found["row"] - 1]] = mark
    return Measured(origins, limit, cut, marks, tuple(reasons))


def leave_out(path: Path, numbers: "array[int]", measured: Measured) -> "array[int]":
    """Rewrite a prepared file without the rows that do not stay; returns the numbers of the others."""
    # the source is closed before it is replaced, as Windows wants it
    with replacing(path) as target, path.open("rb") as source:
        target.writelines(line for line, number in zip(source, numbers, strict=True) if measured.kept(number))
    return array("Q", filter(measured.kept, numbers))
