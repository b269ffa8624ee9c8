"""train: the LoRA adapter, by ms-swift. Goes on from its last whole checkpoint; a stop request saves one first."""

import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from core.events import Artifact, Event, Metrics, StageError
from core.models.forecast import checkpoints_bytes
from core.models.safetensors import read_tensors
from core.parsers.parser import Parser
from core.parsers.training import LoggingJsonl, TrainingEvents
from core.process.tail import FileTail, Followed
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import Job
from core.tools import swift
from core.tools.resource_files import plugin

ADAPTER = "adapter"
EVENTS = "events.jsonl"
PACKAGES = ("torch", "transformers", "peft", "accelerate", "ms-swift")
"""Packages of the runtime whose version may change the weights."""
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")


class Train(Stage):
    """Trains the adapter."""

    name = "train"
    needs = ("fetch_model", "prepare_dataset")
    after = ("install_runtime",)
    resumable = True
    grace = 28.0  # a stop is over within 30 s, also where no step ends in this time

    def inputs(self, job: Job) -> Mapping[str, object]:
        """All that changes the weights; how often is saved and logged does not."""
        project = job.project
        unused = {"evaluate_rows", "save_steps", "save_total_limit", "logging_steps"}
        packages = PACKAGES + (("bitsandbytes",) if project.lora.quant_bits else ())
        return {
            "lora": project.lora.model_dump(),
            "training": project.training.model_dump(exclude=unused),
            "hardware": project.hardware.model_dump(include={"nproc_per_node", "nnodes", "node_rank"}),
            "device": (job.device, job.torch_dtype),
            "model": project.model.model_dump(include={"model_type", "template", "attn_impl"}),
            "dataset": project.dataset.model_dump(include={"max_length", "truncation_strategy", "system"}),
            "runtime": job.versions(*packages),
        }

    def is_whole(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether the adapter stands. Who only helps takes part as often as it is asked."""
        return not job.helps and super().is_whole(job, artifacts)

    def forecast_bytes(self, job: Job) -> int:
        """The checkpoints that are kept, and one being written."""
        training = job.project.training
        return checkpoints_bytes(job.model, job.project.lora.lora_rank, training.save_total_limit)

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """``swift sft`` from the beginning."""
        folder = job.folder(self.name)
        files = _files(job, folder, folder / "stop")
        command = swift.sft(job.python, job.project, job.facts, files, _chosen_checkpoint(job))
        return (ScriptLine(command, folder=folder),)

    def run(self, ctx: StageContext) -> None:
        """Train to the end, or to a checkpoint where the user stops."""
        adapter = ctx.folder / ADAPTER
        if not is_whole_adapter(adapter):
            shutil.rmtree(adapter, ignore_errors=True)
            files = _files(ctx.job, ctx.folder, ctx.stop.path)
            command = swift.sft(ctx.job.python, ctx.job.project, ctx.job.facts, files, _resume(ctx.job, ctx.folder))
            ctx.run(command, follow=_followed(ctx, files.events))
        if ctx.job.helps:
            ctx.message("training_helped")
        elif not is_whole_adapter(adapter):
            raise StageError("training_unfinished", log=str(ctx.log))

    def artifacts(self, ctx: StageContext) -> Iterable[Path]:
        """The adapter, and the log of losses; the leader has both."""
        return [] if ctx.job.helps else [*sorted((ctx.folder / ADAPTER).glob("*")), ctx.folder / "logging.jsonl"]


def _files(job: Job, folder: Path, stop: Path) -> swift.TrainingFiles:
    return swift.TrainingFiles(
        train=job.folder("prepare_dataset") / "train.jsonl",
        validation=job.validation,
        output=folder,
        plugin=plugin("tunesmith_plugin.py"),
        events=folder / EVENTS,
        stop=stop,
    )


def _followed(ctx: StageContext, events: Path) -> tuple[Followed, ...]:
    """Steps from our callback (each one), figures from ms-swift's log (it alone knows the GPU's memory)."""
    steps, figures = FileTail(events), FileTail(ctx.folder / "logging.jsonl")
    for tail in (steps, figures):
        tail.skip_existing()
    return (
        Followed(steps, _emitter(ctx, TrainingEvents(ctx.stage.name), lambda event: not isinstance(event, Metrics))),
        Followed(figures, _emitter(ctx, LoggingJsonl(ctx.stage.name), lambda event: isinstance(event, Metrics))),
    )


def _emitter(ctx: StageContext, parser: Parser, wanted: Callable[[Event], bool]) -> Callable[[str], None]:
    def on_line(line: str) -> None:
        for event in filter(wanted, parser.feed(line)):
            ctx.emit(event)

    return on_line


def _resume(job: Job, folder: Path) -> Path | None:
    """The checkpoint to go on from. Several computers begin anew: the last one lies on the leader only."""
    if job.project.hardware.nnodes > 1:
        for path in folder.glob("checkpoint-*"):
            shutil.rmtree(path)
    return last_checkpoint(folder) or _chosen_checkpoint(job)


def _chosen_checkpoint(job: Job) -> Path | None:
    text = job.project.training.resume_from_checkpoint
    if not text:
        return None
    folder = job.path(text)
    if not is_whole_checkpoint(folder):
        raise StageError("checkpoint_invalid", path=str(folder))
    return folder


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint in a training's folder; torn ones (a crash while saving) are passed over."""
    found = [
        (int(match[1]), path) for path in folder.glob("checkpoint-*") if (match := _CHECKPOINT.fullmatch(path.name))
    ]
    for _, path in sorted(found, reverse=True):
        if is_whole_checkpoint(path):
            return path
    return None


def is_whole_adapter(folder: Path) -> bool:
    """Whether a finished training's adapter has all that infer and export need."""
    try:
        read_tensors(folder / "adapter_model.safetensors")
        return all((folder / name).is_file() for name in ("adapter_config.json", "args.json"))
    except (OSError, StageError):
        return False


def is_whole_checkpoint(folder: Path) -> bool:
    """Whether a checkpoint has all that resuming needs, each file readable to its end."""
    try:
        read_tensors(folder / "adapter_model.safetensors")
        state = json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
        pickles = [folder / "optimizer.pt", folder / "scheduler.pt"]
        return isinstance(state, dict) and all(zipfile.is_zipfile(path) for path in pickles)
    except (OSError, ValueError, StageError):
        return False
