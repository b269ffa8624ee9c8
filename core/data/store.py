"""Rows kept in a scratch file, so that a large dataset never lies in memory: twelve bytes a row do."""

import mmap
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from core.data.origins import Origins
from core.data.rows import Conversation, GoodRow
from core.platform.files import move

PROGRESS_ROWS = 1000
"""Rows between two reports of progress."""


class RowStore:
    """Conversations as JSON lines in a scratch file, found again by number; the file goes with the ``with`` block.

    ``origins`` stays: it knows where each row stood.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = path.open("wb")
        self._ends = array("Q", [0])  # row n lies between the n-th and the next
        self.origins = Origins()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, row: GoodRow) -> None:
        """Add a row; its number is the length before."""
        self._append(row.conversation)
        self.origins.append(row.file, row.line)

    def append_own(self, conversation: Conversation) -> None:
        """Add a row about the model itself, after all others."""
        self._append(conversation)
        self.origins.append_own(conversation.messages[0].content)

    def _append(self, conversation: Conversation) -> None:
        size = self._stream.write(conversation.to_json().encode("utf-8") + b"\n")
        self._ends.append(self._ends[-1] + size)

    def write(self, numbers: Iterable[int], target: Path, progress: Callable[[int], None]) -> None:
        """Write the rows of these numbers (of a store that is not empty) in this order."""
        self._stream.flush()
        with (
            self._path.open("rb") as source,
            mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as rows,
            replacing(target) as stream,
        ):
            for written, number in enumerate(numbers, start=1):
                stream.write(rows[self._ends[number] : self._ends[number + 1]])
                if written % PROGRESS_ROWS == 0:
                    progress(written)


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its name only when it is whole, and leaves nothing behind when it is not."""
    part = target.with_name(target.name + ".part")
    try:
        with part.open("wb") as stream:
            yield stream
        move(part, target)
    finally:
        part.unlink(missing_ok=True)
