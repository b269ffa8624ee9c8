"""Which rows can be trained on, and a count of those that cannot, by reason."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.data.readers import read_rows
from core.data.rows import BadRow, Conversation, GoodRow, RawRow, RowError, excerpt
from core.data.schema import EXPECTED, Format, normalise
from core.events import NamedRow, Plain, StageError, Value

SHOWN = 5
"""Rows that a summary names for each reason; it counts them all."""

_UNKNOWN_ROWS = 20  # so many rows of unknown columns, and not one known: it is the file, not its rows
_PLACEHOLDERS = ("{{NAME}}", "{{AUTHOR}}")


@dataclass(slots=True)
class Tally:
    """How many rows, and where the first of them stand (``FILE:LINE``)."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, row: RawRow | BadRow) -> None:
        """Count one more row."""
        self.count += 1
        if len(self.first) < SHOWN and row.file:
            self.first.append(f"{row.file.name}:{row.line}")


@dataclass(slots=True)
class Summary:
    """What was seen while rows were read, over as many files as it is handed to."""

    good: int = 0
    formats: Counter[Format] = field(default_factory=Counter)
    bad: dict[str, Tally] = field(default_factory=dict)
    first_bad: list[NamedRow] = field(default_factory=list)
    duplicates: Tally = field(default_factory=Tally)
    _seen: set[int] = field(default_factory=set, repr=False)

    @property
    def bad_count(self) -> int:
        """Rows that cannot be used."""
        return sum(tally.count for tally in self.bad.values())

    def bad_values(self) -> dict[str, Value]:
        """For the sentence of ``dataset_bad_rows``: how many, and the first of them."""
        return {"count": self.bad_count, "first": tuple(self.first_bad)}

    def add_bad(self, row: BadRow) -> None:
        """Count a row that cannot be used."""
        self.bad.setdefault(row.code, Tally()).add(row)
        if len(self.first_bad) < SHOWN:
            self.first_bad.append(row.named())

    def add_good(self, row: RawRow, conversation: Conversation) -> None:
        """Count a row that can be used, and note whether it was there before."""
        self.good += 1
        mark = hash(conversation)  # 64 bits of each row instead of its text
        if mark in self._seen:
            self.duplicates.add(row)
        self._seen.add(mark)


def read_conversations(path: Path, encoding: str, summary: Summary) -> Iterator[GoodRow | BadRow]:
    """The rows of a file, each checked; raises StageError where the file as a whole is not one of a known format."""
    known = unknown = 0
    columns: Plain = ""
    for row in read_rows(path, encoding):
        result = row if isinstance(row, BadRow) else _judge(row, summary)
        if isinstance(result, BadRow):
            summary.add_bad(result)
        if isinstance(result, BadRow) and result.code == "row_columns":
            unknown += 1
            columns = columns or result.values["columns"]
        elif isinstance(row, RawRow):
            known += 1
        if unknown == _UNKNOWN_ROWS and not known:
            break
        yield result
    if unknown and not known:
        raise StageError("dataset_columns", path=str(path), columns=columns, expected=EXPECTED)


def _judge(row: RawRow, summary: Summary) -> GoodRow | BadRow:
    try:
        form, conversation = normalise(row.data)
        check(conversation)
    except RowError as error:
        return BadRow(row.file, row.line, error.code, {"excerpt": excerpt(row.data), **error.values})
    summary.formats[form] += 1
    summary.add_good(row, conversation)
    return GoodRow(row.file, row.line, conversation)


def check(conversation: Conversation) -> None:
    """Raise RowError unless a conversation can be trained on: (system) user assistant (user assistant) ..."""
    messages = conversation.messages
    turns = messages[1:] if messages and messages[0].role == "system" else messages
    if not turns:
        raise RowError("no_messages")
    for position, turn in enumerate(turns):
        if turn.role not in {"system", "user", "assistant"}:
            raise RowError("role_unknown", role=excerpt(turn.role))
        if turn.role != ("user", "assistant")[position % 2]:
            raise RowError("role_order", position=position + 1, role=turn.role)
    if turns[-1].role != "assistant":
        raise RowError("no_answer")
    if not turns[-1].content.strip():
        raise RowError("answer_empty")
    for message in messages:
        _check_content(message.content)


def _check_content(content: str) -> None:
    if not content.strip():
        raise RowError("content_blank")
    if "\0" in content:
        raise RowError("nul_bytes")
    placeholder = next((name for name in _PLACEHOLDERS if name in content), None)
    if placeholder:
        raise RowError("placeholder_left", placeholder=placeholder)
    try:
        content.encode("utf-8")
    except UnicodeEncodeError as error:  # half of a surrogate pair, which JSON can write and UTF-8 cannot
        raise RowError("invalid_unicode") from error
