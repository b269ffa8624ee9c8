"""merge: adapter and base model become one model folder, by ``swift export``; on the CPU where the GPU is too small."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.events import StageError
from core.models.folder import inspect_model
from core.models.forecast import merged_bytes
from core.parsers.failures import silent_failure
from core.parsers.tqdm import Tqdm
from core.process.command import Command
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import MODEL_FOLDER, Job
from core.tools import swift

GPU_RESERVE = 2_000_000_000
"""Bytes of GPU memory that must remain beside the weights for a merge on the GPU."""


class Merge(Stage):
    """Merges the adapter."""

    name = "merge"
    needs = ("fetch_model", "train")
    after = ("install_runtime",)

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The device changes speed, not the result."""
        return {}

    def forecast_bytes(self, job: Job) -> int:
        """A whole model."""
        return merged_bytes(job.model, job.torch_dtype)

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """``swift export --merge_lora true``."""
        return (ScriptLine(_command(job, job.merged), folder=job.folder(self.name)),)

    def run(self, ctx: StageContext) -> None:
        """Merge into a new folder, and check that it is a whole model with the base's chat template."""
        output = ctx.folder / MODEL_FOLDER
        lines: list[str] = []
        ctx.run(_command(ctx.job, output), Tqdm(self.name), lines=lines.append)
        if found := silent_failure(lines, self.name):
            raise StageError(found[0], **found[1])
        _keep_template(ctx, output)
        merged, base = inspect_model(output), ctx.job.model
        if merged.parameters != base.parameters:
            raise StageError("merge_incomplete", expected=base.parameters, got=merged.parameters)
        ctx.facts["parameters"] = merged.parameters


def _keep_template(ctx: StageContext, output: Path) -> None:
    """The template that was trained on is the one that is embedded: where the merge lost it, take the base's file."""
    if inspect_model(output).chat_template == ctx.job.model.chat_template:
        return
    for name in ("chat_template.jinja", "tokenizer_config.json"):
        source = ctx.job.model_folder / name
        if source.exists():
            shutil.copy2(source, output / name)
    if inspect_model(output).chat_template != ctx.job.model.chat_template:
        raise StageError("merge_template_lost", path=str(output))
    ctx.message("merge_template_restored", "warning")


def _command(job: Job, output: Path) -> Command:
    quantized = bool(job.project.lora.quant_bits)
    return swift.merge(job.python, job.facts, job.adapter, output, on_cpu=_on_cpu(job), quantized=quantized)


def _on_cpu(job: Job) -> bool:
    """Whether the CPU merges: by choice, without a GPU, or where the weights would not fit beside what it holds."""
    choice = job.project.export.merge_device
    if choice != "auto":
        return choice == "cpu"
    free = max((gpu.free_bytes or 0 for gpu in job.gpus), default=0)
    return job.device == "cpu" or free < merged_bytes(job.model, job.torch_dtype) + GPU_RESERVE
