"""Reads the whole lines that another process appends to a file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class FileTail:
    """Follows one file, which may not exist yet; a line is given out once its end is there."""

    path: Path
    _offset: int = 0
    _rest: bytes = field(default=b"", repr=False)

    def skip_existing(self) -> None:
        """Begin after what the file holds now (a resumed training appends to its old log)."""
        self._offset = self.path.stat().st_size if self.path.exists() else 0

    def read(self, limit: int = -1) -> list[str]:
        """The lines that were completed since the last call; of at most so many bytes, where a limit is given."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(limit)
        except OSError:  # not there yet, or locked for a moment by its writer
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.removesuffix(b"\r").decode("utf-8", errors="replace") for line in lines if line.strip()]


@dataclass(frozen=True, slots=True)
class Followed:
    """A file that a command writes while it runs, and who reads its lines."""

    tail: FileTail
    on_line: Callable[[str], None]

    def poll(self) -> None:
        """Hand on the new lines."""
        for line in self.tail.read():
            self.on_line(line)


def poll_all(files: Iterable[Followed]) -> None:
    """Hand on the new lines of all files."""
    for file in files:
        file.poll()
