"""prepare_dataset: clean local rows, and what ms-swift would drop or cut is known and decided before training."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data.prepare import prepare
from core.data.rows import excerpt
from core.data.sampling import parse_entry
from core.events import StageError
from core.parsers.ninja import Ninja
from core.process.command import Command, HostPath
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import Job, file_facts
from core.stages.runtime_files import plugin

LENGTHS = "lengths.jsonl"
SHOWN = 3
"""Rows that a message shows; the length of each stands in lengths.jsonl."""


class PrepareDataset(Stage):
    """Reads the user's files, and writes train.jsonl and val.jsonl."""

    name = "prepare_dataset"
    needs = ("fetch_model",)
    after = ("install_runtime",)

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The settings, the files themselves, and what measures the rows."""
        project = job.project
        paths = [parse_entry(text).path for text in (*job.dataset.files, *job.dataset.val_files)]
        return {
            "dataset": project.dataset.model_dump(),
            "self_cognition": project.self_cognition.model_dump(),
            "model": project.model.model_dump(include={"model_type", "template"}),
            "seed": project.training.seed,
            "files": file_facts(paths),
            "runtime": job.versions("ms-swift", "transformers"),
        }

    def forecast_bytes(self, job: Job) -> int:
        """Three times the rows: the store, and what is written from it."""
        paths = [parse_entry(text).path for text in (*job.dataset.files, *job.dataset.val_files)]
        return 3 * sum(path.stat().st_size for path in paths if path.exists()) + 50_000_000

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """Tunesmith's own work: the script runs this stage by name."""
        return (ScriptLine(stage=self.name, folder=job.folder(self.name)),)

    def run(self, ctx: StageContext) -> None:
        """Prepare, measure with ms-swift's own template, then do with long rows what the project says."""
        job = ctx.job
        made = prepare(
            job.dataset,
            job.project.self_cognition,
            job.project.training.seed,
            ctx.folder,
            lambda done, total: ctx.progress(done, total, "row"),
        )
        if made.summary.bad_count:
            ctx.message("rows_dropped", "warning", **made.summary.bad_values(), report=str(made.bad_rows))
        if made.summary.duplicates.count:
            repeated = made.summary.duplicates
            ctx.message("dataset_duplicates", "warning", count=repeated.count, first=", ".join(repeated.first))
        paths = [path for path in (made.train, made.val) if path is not None]
        lengths = ctx.folder / LENGTHS
        ctx.run(_measure(job, paths, lengths), Ninja(self.name, "row"))
        measured = list(_read(lengths))
        for path in paths:
            _fit(ctx, path, [row for row in measured if row.file == str(path)])
        ctx.facts.update(
            train_rows=made.train_rows, val_rows=made.val_rows, self_cognition_rows=made.self_cognition_rows
        )
        ctx.message("rows_prepared", train=made.train_rows, val=made.val_rows, identity=made.self_cognition_rows)


@dataclass(frozen=True, slots=True)
class _Length:
    """One row as ms-swift sees it: its file, its number from 1, tokens (0 where it refuses the row), and why."""

    file: str
    row: int
    tokens: int
    error: str


def _fit(ctx: StageContext, path: Path, measured: Sequence[_Length]) -> None:
    """Make a file fit: stop, drop or let cut as the project says."""
    job = ctx.job
    limit = job.project.dataset.max_length
    refused = [row for row in measured if row.error]
    longer = [row for row in measured if row.tokens > limit]
    if refused and job.project.dataset.on_bad_rows == "stop":
        raise StageError("rows_refused", count=len(refused), rows=_shown(path, refused), reason=refused[0].error)
    strategy = job.project.dataset.truncation_strategy
    if longer and strategy == "stop":
        longest = max(row.tokens for row in longer)
        shown = _shown(path, longer)
        raise StageError("rows_too_long", count=len(longer), rows=shown, longest=longest, limit=limit)
    if longer and strategy != "delete":
        ctx.message("rows_cut", "warning", count=len(longer), limit=limit, rows=_shown(path, longer))
    left_out = [*refused, *(longer if strategy == "delete" else ())]
    dropped = {row.row for row in left_out}
    if dropped:
        ctx.message("rows_left_out", "warning", count=len(dropped), limit=limit, rows=_shown(path, left_out))
        _drop(path, dropped)
    if len(dropped) == len(measured):
        if path.stem == "train":
            raise StageError("dataset_empty", bad=len(dropped))
        path.unlink()  # nothing is left to measure on
    ctx.facts[f"{path.stem}_tokens"] = sum(row.tokens for row in measured if row.row not in dropped)


def _measure(job: Job, files: Sequence[Path], result: Path) -> Command:
    facts = job.facts
    argv = [HostPath(job.runtime.python), HostPath(plugin("measure_rows.py")), *map(HostPath, files)]
    limit = str(job.project.dataset.max_length)
    options = ["--model_type", facts.model_type, "--template", facts.template, "--max_length", limit]
    strategy = job.project.dataset.truncation_strategy
    if strategy in ("left", "right"):
        options += ["--truncation_strategy", strategy]
    system = ["--system", facts.system] if facts.system is not None else []
    return Command((*argv, "--model", HostPath(facts.folder), *options, *system, "--out", HostPath(result)))


def _read(path: Path) -> Iterator[_Length]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            # ms-swift keeps a row of which nothing is left to learn, without a word
            error = str(row.get("error", "")) or ("" if row.get("labels") else "labels: 0")
            yield _Length(row["file"], row["row"], int(row.get("tokens", 0)), error)


def _drop(path: Path, numbers: set[int]) -> None:
    part = path.with_name(path.name + ".part")
    with path.open("rb") as source, part.open("wb") as target:
        target.writelines(line for number, line in enumerate(source, 1) if number not in numbers)
    part.replace(path)


def _shown(path: Path, rows: Sequence[_Length]) -> str:
    """The beginnings of the first rows, by which the user finds them: the prepared file is shuffled."""
    wanted = {row.row for row in rows[:SHOWN]}
    shown = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if number in wanted:
                asked = next(turn["content"] for turn in json.loads(line)["messages"] if turn["role"] == "user")
                shown.append(f"“{excerpt(asked)}”")
    return ", ".join(shown) + (" …" if len(rows) > SHOWN else "")
