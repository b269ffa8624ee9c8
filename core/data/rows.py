"""What a row of a dataset is on its way: as it stands in the file, unusable, or a conversation."""

import json
from dataclasses import dataclass
from pathlib import Path

from core.events import NamedRow, Plain

EXCERPT_LENGTH = 120
"""Characters of a row that a report shows."""


_encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make one for each row


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as its file has it; ``line`` is where it begins, from 1."""

    file: Path
    line: int
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be trained on as it is: where, why (a code of core.messages), and the sentence's values.

    ``file`` is None for a row about the model itself; its ``question`` is among the values.
    """

    file: Path | None
    line: int
    code: str
    values: dict[str, Plain]

    def named(self) -> NamedRow:
        """The row as a message names it."""
        file = self.file.name if self.file else ""
        return NamedRow(file=file, line=self.line, code=self.code, values=self.values)

    def report_line(self) -> bytes:
        """The row as the report of a preparation lists it."""
        place = {"file": str(self.file), "line": self.line} if self.file else {}
        return _encode({**place, "reason": self.code, **self.values}).encode("utf-8", "replace") + b"\n"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: ``role`` is system, user or assistant in a row that passed :func:`core.data.validate.check`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A row in the one format that everything after the readers knows."""

    messages: tuple[Message, ...]

    def to_json(self) -> str:
        """The row as ms-swift reads it."""
        messages = [{"role": message.role, "content": message.content} for message in self.messages]
        return _encode({"messages": messages})


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row that can be trained on, and where it stands."""

    file: Path
    line: int
    conversation: Conversation


class RowError(Exception):
    """One row is unusable; becomes a :class:`BadRow` where file and line are known."""

    def __init__(self, code: str, /, **values: Plain) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


def excerpt(value: object) -> str:
    """The beginning of a text, or of a value as JSON, safe to print and to store (no control characters)."""
    text = value if isinstance(value, str) else _as_json(value)
    # isprintable is also False for lone surrogates, which no UTF-8 file could hold
    shown = "".join(char if char.isprintable() else " " for char in text[:EXCERPT_LENGTH])
    return shown + "…" if len(text) > EXCERPT_LENGTH else shown


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:  # read with the last of the stack, and nothing is left to write it with
        return "[[[…" if isinstance(value, list) else "{{{…"
