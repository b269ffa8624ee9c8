"""prepare_dataset: clean local rows, and what ms-swift would drop or cut is known and decided before training."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.data.measured import Measured, leave_out, read_lengths
from core.data.prepare import REPORT, Prepared, prepare
from core.data.sampling import parse_entry
from core.data.validate import SHOWN, Summary
from core.events import StageError, Value
from core.parsers.ninja import Ninja
from core.process.command import Command, HostPath
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.hub_files import dataset_repos, fetch, local_dataset
from core.stages.job import Job, file_facts
from core.tools.hub.rows import unread_parquet
from core.tools.resource_files import plugin

LENGTHS = "lengths.jsonl"


class PrepareDataset(Stage):
    """Reads the user's files and the hubs' datasets, and writes train.jsonl and val.jsonl."""

    name = "prepare_dataset"
    needs = ("fetch_model",)
    after = ("install_runtime",)

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The settings, the files themselves, and what measures the rows."""
        project = job.project
        local = local_dataset(job)
        paths = [parse_entry(text).path for text in (*local.files, *local.val_files)]
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
        local = local_dataset(job)  # what comes from a hub is known later
        paths = [parse_entry(text).path for text in (*local.files, *local.val_files)]
        return 3 * sum(path.stat().st_size for path in paths if path.exists()) + 50_000_000

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """Tunesmith's own work: the script runs this stage by name."""
        return (ScriptLine(stage=self.name, folder=job.folder(self.name)),)

    def run(self, ctx: StageContext) -> None:
        """Fetch, prepare, measure with ms-swift's own template, then do with long rows what the project says."""
        job = ctx.job
        for repo in dataset_repos(job):
            folder, _ = fetch(ctx, repo)
            if parquet := unread_parquet(folder):
                ctx.run(_as_lines(job, parquet), Ninja(self.name, "row"))
        made = prepare(
            job.dataset,
            job.project.self_cognition,
            job.project.training.seed,
            ctx.folder,
            lambda done, total: ctx.progress(done, total, "row"),
        )
        lengths = ctx.folder / LENGTHS
        ctx.run(_measure(job, list(made.numbers), lengths), Ninja(self.name, "row"))
        measured = read_lengths(
            lengths,
            made.numbers,
            made.origins,
            job.project.dataset.max_length,
            cut=job.project.dataset.truncation_strategy in ("left", "right"),
        )
        lengths.unlink()  # its lines are those of the files before any was left out
        measured.report(ctx.folder / REPORT)
        _stop(ctx, measured)
        _leave_out(ctx, made, measured)
        _tell(ctx, made.summary, measured)


def _stop(ctx: StageContext, measured: Measured) -> None:
    """Raise StageError where there are rows with which the project says to stop."""
    dataset, refused, too_long = ctx.job.project.dataset, measured.refused(), measured.too_long()
    shown: dict[str, Value] = {"limit": measured.limit, "report": str(ctx.folder / REPORT)}
    if refused and dataset.on_bad_rows == "stop":
        first = measured.named(refused[:SHOWN])
        raise StageError("rows_refused", count=len(refused), first=first, **shown)
    if too_long and dataset.truncation_strategy == "stop":
        first, longest = measured.named(too_long[:SHOWN]), max(measured.marks)
        raise StageError("rows_too_long", count=len(too_long), first=first, longest=longest, **shown)


def _leave_out(ctx: StageContext, made: Prepared, measured: Measured) -> None:
    """Bring the files to the rows that stay, and count those."""
    ctx.facts["val_rows"] = 0
    for path, numbers in made.numbers.items():
        kept = leave_out(path, numbers, measured)
        ctx.facts.update({f"{path.stem}_rows": len(kept), f"{path.stem}_tokens": measured.tokens(kept)})
        if path == made.train:
            ctx.facts["self_cognition_rows"] = sum(map(made.origins.is_own, kept))
        if not kept:
            path.unlink()


def _tell(ctx: StageContext, summary: Summary, measured: Measured) -> None:
    """What there is in the end, and which rows are left out or cut; all of those are in the report."""
    refused, too_long, cut_off = measured.refused(), measured.too_long(), measured.cut_off()
    lost = {"unusable": summary.bad_count, "refused": len(refused), "long": len(too_long)}
    ctx.facts.update(left_out_rows=sum(lost.values()), cut_rows=len(cut_off))
    if not ctx.facts["train_rows"]:
        report = str(ctx.folder / REPORT)
        raise StageError("rows_all_left_out", count=sum(lost.values()), limit=measured.limit, report=report)
    # where it will lie once the stage is done
    shown: dict[str, Value] = {"limit": measured.limit, "report": str(ctx.job.folder(ctx.stage.name) / REPORT)}
    if summary.duplicates.count:
        first_repeated = ", ".join(summary.duplicates.first)
        ctx.message("dataset_duplicates", "warning", count=summary.duplicates.count, first=first_repeated)
    if any(lost.values()):
        first = (*summary.first_bad, *measured.named((refused + too_long)[:SHOWN]))[:SHOWN]
        ctx.message("rows_left_out", "warning", count=sum(lost.values()), first=first, **lost, **shown)
    if cut_off:
        first = measured.named(cut_off[:SHOWN])
        ctx.message("rows_cut", "warning", count=len(cut_off), first=first, **shown)
    train, val, identity = (ctx.facts[f"{name}_rows"] for name in ("train", "val", "self_cognition"))
    ctx.message("rows_prepared", train=train, val=val, identity=identity)


def _as_lines(job: Job, parquet: Sequence[Path]) -> Command:
    python = HostPath(job.runtime.python)
    return Command((python, HostPath(plugin("parquet_rows.py")), *map(HostPath, parquet)))


def _measure(job: Job, files: Sequence[Path], result: Path) -> Command:
    facts = job.facts
    argv = [job.python, HostPath(plugin("measure_rows.py")), *map(HostPath, files)]
    limit = str(job.project.dataset.max_length)
    options = ["--model_type", facts.model_type, "--template", facts.template, "--max_length", limit]
    strategy = job.project.dataset.truncation_strategy
    if strategy in ("left", "right"):
        options += ["--truncation_strategy", strategy]
    system = ["--system", facts.system] if facts.system is not None else []
    return Command((*argv, "--model", HostPath(facts.folder), *options, *system, "--out", HostPath(result)))
