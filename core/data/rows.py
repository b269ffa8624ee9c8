"""What a row of a dataset is on its way: as it stands in the file, unusable, or a conversation."""

import json
from dataclasses import dataclass
from pathlib import Path

from core.events import Value

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
    """A row that cannot be trained on: where, why (a code of core.messages), and the sentence's values."""

    file: Path
    line: int
    code: str
    values: dict[str, Value]

    def where(self) -> str:
        """``FILE:LINE CODE``, as lists of bad rows name it."""
        return f"{self.file.name}:{self.line} {self.code}"


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


class RowError(Exception):
    """One row is unusable; becomes a :class:`BadRow` where file and line are known."""

    def __init__(self, code: str, /, **values: Value) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


def excerpt(value: object) -> str:
    """The beginning of a text, or of a value as JSON, safe to print and to store (no control characters)."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    # isprintable is also False for lone surrogates, which no UTF-8 file could hold
    shown = "".join(char if char.isprintable() else " " for char in text[:EXCERPT_LENGTH])
    return shown + "…" if len(text) > EXCERPT_LENGTH else shown
