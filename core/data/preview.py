"""A look at the first rows of a dataset: for ``tunesmith check`` and for the window."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.config.problem import Problem
from core.config.sections.inputs import DatasetSection
from core.data.encoding import detect_encoding
from core.data.prepare import REPORT
from core.data.rows import BadRow, Conversation, GoodRow
from core.data.sampling import parse_entry
from core.data.schema import Format
from core.data.validate import Summary, read_conversations
from core.events import StageError

LOOK = 200
"""Rows that a check reads of each file."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the first rows of a file show; ``formats`` has the most frequent first."""

    path: Path
    encoding: str
    formats: tuple[Format, ...]
    rows: tuple[Conversation, ...]
    bad_rows: tuple[BadRow, ...]
    summary: Summary


def preview(path: Path, rows: int = LOOK) -> Preview:
    """Read and check the first ``rows`` rows; raises StageError where the file as a whole cannot be used."""
    encoding = detect_encoding(path)
    summary = Summary()
    looked = list(islice(read_conversations(path, encoding, summary), rows))
    return Preview(
        path=path,
        encoding=encoding,
        formats=tuple(form for form, _ in summary.formats.most_common()),
        rows=tuple(row.conversation for row in looked if isinstance(row, GoodRow)),
        bad_rows=tuple(row for row in looked if isinstance(row, BadRow)),
        summary=summary,
    )


def check_dataset(section: DatasetSection) -> list[Problem]:
    """What is wrong with the files of a project, as far as their encoding and first rows tell."""
    return [
        *_check_files("dataset.files", section.files, section),
        *_check_files("dataset.val_files", section.val_files, section),
    ]


def _check_files(field: str, entries: Iterable[str], section: DatasetSection) -> Iterable[Problem]:
    for text in entries:
        try:
            entry = parse_entry(text)
            summary = preview(entry.path).summary
        except StageError as error:
            yield Problem(field, error.code, error.values)
            continue
        if summary.bad_count:
            values = {**summary.bad_values(), "report": REPORT}
            yield Problem(field, "dataset_bad_rows", values, "error" if section.on_bad_rows == "stop" else "warning")
