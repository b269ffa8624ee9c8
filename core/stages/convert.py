"""convert: the merged model as one GGUF, by llama.cpp's converter, read back before it counts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.events import StageError
from core.models.forecast import gguf_bytes
from core.models.gguf_file import read_gguf, zero_tensors
from core.parsers.convert import Convert as ConvertParser
from core.process.command import Command
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import GGUF, Job
from core.tools import llama_cpp


class Convert(Stage):
    """Makes the GGUF that quantization starts from."""

    name = "convert"
    needs = ("merge",)
    after = ("install_runtime", "build_llama_cpp")

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The precision; the model's name, which is written into the file; the converter's version."""
        return {"outtype": job.project.export.outtype, "name": job.name, "converter": llama_cpp.BUILD}

    def forecast_bytes(self, job: Job) -> int:
        """One number for each parameter."""
        return gguf_bytes(job.model, job.project.export.outtype)

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """``convert_hf_to_gguf.py``."""
        out = job.gguf(job.project.export.outtype)
        return (ScriptLine(command(job, job.merged, out, job.name), folder=out.parent),)

    def run(self, ctx: StageContext) -> None:
        """Convert, then compare architecture and template with the merged model."""
        out = ctx.folder / GGUF.format(type=ctx.job.project.export.outtype)
        ctx.run(command(ctx.job, ctx.job.merged, out, ctx.job.name), ConvertParser(self.name))
        check(ctx.job, out)


def command(job: Job, model: Path, out: Path, name: str) -> Command:
    """The converter's command for a model folder."""
    source = llama_cpp.source_tree(job.llama_cpp_sources)
    return llama_cpp.convert(job.python, source, model, out, job.project.export.outtype, name)


def check(job: Job, out: Path) -> None:
    """What would only show when the model is served: a lost chat template, tensors of zeros."""
    found = read_gguf(out)
    if found.chat_template != (job.model.chat_template or ""):
        raise StageError("gguf_template_lost", path=str(out))
    if zero := zero_tensors(found):
        raise StageError("gguf_zero_tensors", path=str(out), count=len(zero), tensor=zero[0])
