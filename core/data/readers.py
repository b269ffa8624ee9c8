"""Rows of a file, one after another: JSON lines, a JSON array, or csv with a header.

A row that cannot be read is yielded as a :class:`BadRow`; only what is wrong with the file as a whole raises. JSON
lines and csv are streamed; a JSON array is held as text while its objects are decoded one by one.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TextIO

from core.data.rows import BadRow, RawRow, excerpt
from core.events import StageError

_FIELD_LIMIT = 16 << 20  # characters: ends the damage of a quote that is never closed
_skip_space = re.compile(r"[ \t\n\r]*").match


def read_rows(path: Path, encoding: str) -> Iterator[RawRow | BadRow]:
    """The rows of a file that :func:`core.data.encoding.detect_encoding` found readable."""
    suffix = path.suffix.lower()
    try:
        # csv must see the line ends inside its quoted cells as they are
        with path.open(encoding=encoding, newline="" if suffix in {".csv", ".tsv"} else None) as stream:
            rows = _rows(path, suffix, stream)
            first = next(rows, None)
            if first is None:
                raise StageError("dataset_file_empty", path=str(path))
            yield first
            yield from rows
    except (OSError, UnicodeError) as error:  # it changed since its encoding was found, or the disk fails
        raise StageError("dataset_unreadable", path=str(path), reason=excerpt(str(error))) from error


def _rows(path: Path, suffix: str, stream: TextIO) -> Iterator[RawRow | BadRow]:
    match suffix:
        case ".csv" | ".tsv":
            yield from _csv_rows(path, stream)
        case ".json":
            yield from _json_rows(path, stream.read())
        case _:
            yield from _json_lines(path, stream)


class _Objects:
    """Makes JSON's objects, and notes a key that one of them has twice: Python keeps the last without a word."""

    def __init__(self) -> None:
        self.repeated: str | None = None
        self.decoder = json.JSONDecoder(object_pairs_hook=self._made)

    def _made(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) < len(pairs):
            self.repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
        return made

    def row(self, path: Path, line: int, value: object) -> RawRow | BadRow:
        """The row that was just decoded."""
        repeated, self.repeated = self.repeated, None
        if not isinstance(value, dict):
            return BadRow(path, line, "json_not_object", {"excerpt": excerpt(value)})
        if repeated is not None:
            return BadRow(path, line, "key_repeated", {"key": excerpt(repeated), "excerpt": excerpt(value)})
        return RawRow(path, line, value)


def _json_lines(path: Path, stream: Iterator[str]) -> Iterator[RawRow | BadRow]:
    objects = _Objects()
    for line, text in enumerate(stream, start=1):
        if "\0" in text:
            yield BadRow(path, line, "nul_bytes", {"excerpt": excerpt(text)})
        elif text.strip():
            try:
                value = objects.decoder.decode(text)
            except (ValueError, RecursionError) as error:  # ValueError also: a number of thousands of digits
                objects.repeated = None
                code = "json_depth" if isinstance(error, RecursionError) else "json_syntax"
                yield BadRow(path, line, code, {"excerpt": excerpt(text.strip())})
            else:
                yield objects.row(path, line, value)


def _json_rows(path: Path, text: str) -> Iterator[RawRow | BadRow]:
    """A ``.json`` file: an array of objects, or one object a line."""
    if text.lstrip().startswith("["):
        yield from _array_rows(path, text)
    elif _is_one_long_object(text):
        raise StageError("dataset_json_object", path=str(path))
    else:
        yield from _json_lines(path, StringIO(text))


def _is_one_long_object(text: str) -> bool:
    """Whether a text is one JSON value over several lines, such as ``{"data": [...]}`` pretty-printed."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return "\n" in text.strip()


def _array_rows(path: Path, text: str) -> Iterator[RawRow | BadRow]:
    """The objects of an array, each with its line; raises at a syntax error, for nothing after it can be told apart."""
    objects = _Objects()
    decode = objects.decoder.raw_decode
    start = _after_space(text, text.index("[") + 1)
    line = 1 + text.count("\n", 0, start)
    while text[start : start + 1] != "]":
        try:
            value, end = decode(text, start)
        except (ValueError, RecursionError) as error:
            broken = error.lineno if isinstance(error, json.JSONDecodeError) else line
            raise StageError("dataset_json", path=str(path), line=broken) from error
        yield objects.row(path, line, value)
        following = _after_space(text, end)
        if text[following : following + 1] == ",":
            following = _after_space(text, following + 1)
        elif text[following : following + 1] != "]":
            raise StageError("dataset_json", path=str(path), line=line + text.count("\n", start, following))
        line += text.count("\n", start, following)
        start = following
    if _after_space(text, start + 1) != len(text):
        raise StageError("dataset_json", path=str(path), line=line)


def _after_space(text: str, index: int) -> int:
    found = _skip_space(text, index)
    return found.end() if found else index


def _csv_rows(path: Path, stream: TextIO) -> Iterator[RawRow | BadRow]:
    csv.field_size_limit(_FIELD_LIMIT)
    first = stream.readline()
    delimiter = max(",\t;", key=first.count)  # Excel writes tabs into UTF-16, and ';' in half of Europe
    # strict: a quote that is never closed is an error instead of a cell that holds the rest of the file
    reader = csv.reader(chain([first], stream), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            yield BadRow(path, line, "csv_syntax", {"lines": reader.line_num - line + 1})
            continue
        if cells is None:
            return
        if not any(cells):  # a blank line, or the empty rows that spreadsheets leave at the end
            continue
        if header is None:
            header = _csv_header(path, cells)
        else:
            yield _csv_row(path, line, header, cells)


def _csv_header(path: Path, cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    named = [name for name in header if name]
    if len(set(named)) != len(named):
        raise StageError("dataset_csv_header", path=str(path), columns=excerpt(", ".join(header)))
    return header


def _csv_row(path: Path, line: int, header: list[str], cells: list[str]) -> RawRow | BadRow:
    shown = {"excerpt": excerpt(" | ".join(cells))}
    if len(cells) != len(header):
        return BadRow(path, line, "csv_columns", {"expected": len(header), "found": len(cells), **shown})
    if any("\0" in cell for cell in cells):
        return BadRow(path, line, "nul_bytes", {**shown})
    return RawRow(path, line, dict(zip(header, cells, strict=True)))
