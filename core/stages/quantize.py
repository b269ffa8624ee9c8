"""quantize: the GGUF in the sizes that the project names, each checked for tensors of zeros before it counts."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.events import Artifact, StageError
from core.models.forecast import quantized_bytes
from core.models.gguf_file import read_gguf, zero_tensors
from core.models.quantization import quantization_type
from core.parsers.imatrix import Imatrix
from core.parsers.quantize import Quantize as QuantizeParser
from core.platform.files import move
from core.process.command import Command
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import GGUF, Job
from core.tools import llama_cpp

IMATRIX = "imatrix.gguf"
CALIBRATION_ROWS = 512
"""Training rows that the importance matrix is measured on."""


class Quantize(Stage):
    """Makes the quantized GGUFs. A type that is there already is kept when others are added."""

    name = "quantize"
    needs = ("convert", "build_llama_cpp", "prepare_dataset")
    resumable = True

    def inputs(self, job: Job) -> Mapping[str, object]:
        """Not the list of types: each is a file of its own, and `is_whole` looks for all that are wanted."""
        return {"imatrix": job.project.export.imatrix}

    def is_whole(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether each wanted type is there, unchanged."""
        wanted = {GGUF.format(type=kind) for kind in types(job)}
        return wanted <= {artifact.name for artifact in artifacts} and self.stands(job, artifacts)

    def forecast_bytes(self, job: Job) -> int:
        """All types together."""
        return sum(quantized_bytes(job.model, kind) for kind in types(job))

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """``llama-quantize`` once for each type."""
        folder, source = job.folder(self.name), job.gguf(job.project.export.outtype)
        matrix = folder / IMATRIX if job.project.export.imatrix else None
        lines = [ScriptLine(command(job, source, job.gguf(kind), kind, matrix), folder=folder) for kind in types(job)]
        return lines if matrix is None else [ScriptLine(stage=self.name, folder=folder)]

    def run(self, ctx: StageContext) -> None:
        """Measure the importance matrix where it is wanted, then make what is missing."""
        job = ctx.job
        source = job.gguf(job.project.export.outtype)
        matrix = measured(ctx, source) if job.project.export.imatrix else None
        for kind in types(job):
            out = ctx.folder / GGUF.format(type=kind)
            if not out.exists():
                quantize(ctx, source, out, kind, matrix)


def types(job: Job) -> tuple[str, ...]:
    """The wanted types as llama-quantize spells them, each once."""
    return tuple(dict.fromkeys(quantization_type(name) for name in job.project.export.quantizations))


def quantize(ctx: StageContext, source: Path, out: Path, kind: str, matrix: Path | None = None) -> None:
    """Quantize one file: under another name until it is checked (a failed llama-quantize leaves half a file)."""
    part = out.with_name(out.name + ".part")
    ctx.run(command(ctx.job, source, part, kind, matrix), QuantizeParser(ctx.stage.name))
    found = read_gguf(part)
    if zero := zero_tensors(found):
        raise StageError("gguf_zero_tensors", path=str(out), count=len(zero), tensor=zero[0])
    move(part, out)
    ctx.facts[kind] = out.stat().st_size


def command(job: Job, source: Path, out: Path, kind: str, matrix: Path | None = None) -> Command:
    """llama-quantize's command."""
    return llama_cpp.quantize(job.llama_cpp.quantize, source, out, kind, threads=os.cpu_count() or 1, imatrix=matrix)


def measured(ctx: StageContext, source: Path) -> Path:
    """The importance matrix of a GGUF on the training rows."""
    out = ctx.folder / IMATRIX
    if out.exists():
        return out
    text, part = ctx.folder / "calibration.txt", ctx.folder / f"{IMATRIX}.part.gguf"
    text.write_text("\n".join(_calibration(ctx.job)), encoding="utf-8")
    if ctx.job.llama_cpp.imatrix is None:
        raise StageError("imatrix_program_missing", path=str(ctx.job.llama_cpp.quantize.parent))
    ctx.run(llama_cpp.imatrix(ctx.job.llama_cpp.imatrix, source, text, part), Imatrix(ctx.stage.name))
    move(part, out)
    text.unlink()
    return out


def _calibration(job: Job) -> list[str]:
    """The contents of the first training rows (they are shuffled)."""
    rows = (job.folder("prepare_dataset") / "train.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n")
    return [message["content"] for row in rows[:CALIBRATION_ROWS] for message in json.loads(row)["messages"]]
