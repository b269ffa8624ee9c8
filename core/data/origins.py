"""Where rows came from: what is found out about a row once it was shuffled is told by its file and line."""

from array import array
from bisect import bisect_right
from pathlib import Path

from core.data.rows import BadRow
from core.events import Plain


class Origins:
    """The file and line of each row of a store, by its number: four bytes a row, for a dataset may have millions.

    The rows about the model itself stand in no file of the user's; they come last, and are known by their question.
    """

    def __init__(self) -> None:
        self._lines = array("I")
        self._starts: list[int] = []
        self._files: list[Path] = []
        self._questions: list[str] = []

    def __len__(self) -> int:
        return len(self._lines) + len(self._questions)

    def append(self, file: Path, line: int) -> None:
        """The next row is this line of this file."""
        if not self._files or self._files[-1] != file:
            self._starts.append(len(self._lines))
            self._files.append(file)
        self._lines.append(line)

    def append_own(self, question: str) -> None:
        """The next row is one about the model itself."""
        self._questions.append(question)

    def is_own(self, number: int) -> bool:
        """Whether a row is about the model itself."""
        return number >= len(self._lines)

    def bad_row(self, number: int, code: str, values: dict[str, Plain]) -> BadRow:
        """A row with what there is to say about it."""
        if self.is_own(number):
            return BadRow(None, 0, code, {"question": self._questions[number - len(self._lines)], **values})
        return BadRow(self._files[bisect_right(self._starts, number) - 1], self._lines[number], code, values)
