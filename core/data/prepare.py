"""From the files of a project to the rows that ms-swift gets: train.jsonl, val.jsonl, and a report of bad rows."""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import BinaryIO

from core.config.sections.inputs import DatasetSection, SelfCognitionSection
from core.data.encoding import detect_encoding
from core.data.origins import Origins
from core.data.rows import BadRow, Conversation, GoodRow
from core.data.sampling import Entry, divide, parse_entry, take
from core.data.self_cognition import self_cognition_rows
from core.data.store import PROGRESS_ROWS, RowStore, replacing
from core.data.validate import Summary, read_conversations
from core.events import StageError
from core.tools.hub.rows import row_files

REPORT = "row_report.jsonl"
"""Each row that was left out or cut, or why nothing was prepared: file, line, reason (a code) and its values."""

Report = Callable[[int, int | None], None]
"""Told how many rows are done, and of how many (None: not known yet)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was written, and what was seen on the way; ``val`` is None where it is empty.

    ``numbers`` holds for each file which rows its lines are, and ``origins`` where those come from.
    """

    train: Path
    val: Path | None
    numbers: "dict[Path, array[int]]"
    origins: Origins
    summary: Summary


def prepare(
    dataset: DatasetSection, self_cognition: SelfCognitionSection, seed: int, folder: Path, progress: Report
) -> Prepared:
    """Write the rows to train on and to measure on into ``folder``, in an order that the seed gives.

    Raises StageError ``dataset_bad_rows`` where rows cannot be used and the project says to stop; the report is
    written then too. Rows about the model itself are never held out: each of them is there many times.
    """
    identity = self_cognition_rows(self_cognition, seed)
    folder.mkdir(parents=True, exist_ok=True)
    train_file, val_file, report = (folder / name for name in ("train.jsonl", "val.jsonl", REPORT))
    for earlier in (train_file, val_file, report):
        earlier.unlink(missing_ok=True)
    with RowStore(folder / "rows.part") as store:
        reading = _Reading(store, progress)
        train, val = reading.run(dataset, seed, report)
        summary = reading.summary
        if summary.bad_count and dataset.on_bad_rows == "stop":
            raise StageError("dataset_bad_rows", **summary.bad_values(), report=str(report))
        train.extend(_own_rows(store, identity))
        if not train:
            raise StageError("dataset_empty", bad=summary.bad_count)
        numbers = {path: rows for path, rows in ((train_file, train), (val_file, val)) if rows}
        _write(store, numbers, seed, progress)
    return Prepared(train_file, val_file if val else None, numbers, store.origins, summary)


@dataclass(slots=True)
class _Reading:
    """The first half of a preparation: every usable row into the store, and which numbers go where."""

    store: RowStore
    progress: Report
    summary: Summary = field(default_factory=Summary)

    def run(self, dataset: DatasetSection, seed: int, report: Path) -> "tuple[array[int], array[int]]":
        """The numbers to train on and to measure on."""
        train, val = array("Q"), array("Q")
        # validation files of their own take the place of a split
        ratio = 0.0 if dataset.val_files else dataset.split_dataset_ratio
        with replacing(report) as bad_rows:
            for number, text in enumerate(dataset.files):
                entry = parse_entry(text)
                rng = Random(f"{seed}:train:{number}")  # noqa: S311 - a choice of rows, no secret
                chosen, held_out = divide(self._read(entry, bad_rows), entry.take, ratio, rng)
                train.extend(chosen)
                val.extend(held_out)
            for number, text in enumerate(dataset.val_files):
                entry = parse_entry(text)
                rng = Random(f"{seed}:val:{number}")  # noqa: S311 - as above
                val.extend(take(self._read(entry, bad_rows), entry.take, rng))
        if not self.summary.bad_count:
            report.unlink()
        return train, val

    def _read(self, entry: Entry, bad_rows: BinaryIO) -> range:
        """Store the usable rows of a file; the numbers under which they stand there."""
        start = len(self.store)
        for row in _rows_of(entry.path, self.summary):
            if isinstance(row, BadRow):
                bad_rows.write(row.report_line())
            else:
                self.store.append(row)
            seen = self.summary.good + self.summary.bad_count
            if seen % PROGRESS_ROWS == 0:
                self.progress(seen, None)
        return range(start, len(self.store))


def _own_rows(store: RowStore, identity: list[Conversation]) -> list[int]:
    """The numbers of the rows about the model itself, each of which is stored once."""
    numbers: dict[Conversation, int] = {}
    for conversation in identity:
        if conversation not in numbers:
            numbers[conversation] = len(store)
            store.append_own(conversation)
    return [numbers[conversation] for conversation in identity]


def _rows_of(path: Path, summary: Summary) -> Iterator[GoodRow | BadRow]:
    """The rows of a file, or of all files in the folder of a hub's dataset."""
    for file in row_files(path) or (path,):
        yield from read_conversations(file, detect_encoding(file), summary)


def _write(store: RowStore, targets: "dict[Path, array[int]]", seed: int, progress: Report) -> None:
    """Write each file, shuffled, so that its first rows stand for all (imatrix and AWQ take those)."""
    total = sum(len(numbers) for numbers in targets.values())
    done = 0
    for target, numbers in targets.items():
        Random(f"{seed}:order").shuffle(numbers)  # noqa: S311 - an order, no secret
        store.write(numbers, target, _counting_on(progress, done, total))
        done += len(numbers)
    progress(total, total)


def _counting_on(progress: Report, done: int, total: int) -> Callable[[int], None]:
    return lambda written: progress(done + written, total)
