"""One look at a project on this computer: what is wrong, what the model is, what trains it, how many rows. No Qt."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.config.problem import Problem
from core.data.preview import preview
from core.data.sampling import parse_entry
from core.events import StageError
from core.hardware.memory import memory
from core.models.folder import ModelFolder
from core.models.presets import Machine
from core.models.template import ChatTemplate
from core.pipeline import launch
from core.pipeline.check import check
from core.stages.job import Job, file_facts

MOST_ROWS = 20_000
"""Rows of a file that are counted by reading; of a longer one its lines are."""

_T = TypeVar("_T")
Facts = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen; None where it cannot be known yet, since it is on a hub or is not whole."""

    found: list[Problem]
    model: ModelFolder | None
    template: ChatTemplate | None
    machine: Machine
    files: Facts
    rows: int | None
    has_run: bool


def look(job: Job, before: "Look | None" = None) -> Look:
    """Look at the project; rows of files that are as ``before`` are not counted again."""
    found = check(job)
    model = _or_none(lambda: job.model) if job.project.model.source != "sample" else None
    template = _or_none(lambda: job.template) if model is not None else None
    files: Facts = ()
    rows = None
    try:
        entries = job.dataset.files
        facts = tuple(file_facts([parse_entry(entry).path for entry in entries]))
        files = (*facts, *((entry, 0, 0) for entry in entries))
        known = before is not None and before.files == files
        rows = before.rows if known and before is not None else count_rows(entries)
    except StageError:  # the check says what is wrong
        pass
    return Look(found, model, template, machine_of(job), files, rows, launch.latest(job.runs) is not None)


def failed_look(error: StageError) -> Look:
    """What is known where the look itself failed, as on a disk that is gone: only why."""
    nothing = Machine(0, "bfloat16", is_gpu=False)
    return Look([Problem("", error.code, error.values)], None, None, nothing, (), None, has_run=False)


def machine_of(job: Job) -> Machine:
    """What trains: the smallest of the job's cards, or the CPU with the main memory."""
    if job.device == "cuda" and job.gpus:
        free = [card.free_bytes or card.total_bytes or 0 for card in job.gpus]
        return Machine(min(free), job.torch_dtype, is_gpu=True)
    return Machine(memory().available, job.torch_dtype, is_gpu=False)


def count_rows(entries: tuple[str, ...]) -> int | None:
    """The rows of all files, as often as each is taken; None where one lies on a hub. Raises StageError."""
    total = 0
    for text in entries:
        entry = parse_entry(text)
        if entry.take is None and not entry.path.is_file():
            return None
        total += entry.take if entry.take is not None else _rows_of(entry.path)
    return total


def _rows_of(file: Path) -> int:
    good = preview(file, MOST_ROWS).summary.good
    if good < MOST_ROWS:
        return good
    with file.open("rb") as lines:  # of jsonl a line each; of another format a guess, and shown as one
        return max(good, sum(1 for _ in lines))


def _or_none(get: Callable[[], _T]) -> _T | None:
    try:
        return get()
    except StageError:
        return None
