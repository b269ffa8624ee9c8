"""create_base: the untuned model beside the tuned one, in the same size, so that before and after can be compared."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from core.events import Artifact, StageError
from core.models.forecast import gguf_bytes, quantized_bytes
from core.parsers.convert import Convert as ConvertParser
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.convert import command as convert_command
from core.stages.create_ollama import MODELFILE, connect, create, models_stand
from core.stages.create_ollama import script as create_script
from core.stages.job import Job
from core.stages.quantize import command as quantize_command
from core.stages.quantize import measured, quantize, types
from core.tools import ollama_models, ollama_names

FULL, BASE = "base-{outtype}.gguf", "base.gguf"
"""What quantization starts from, and its result. Only one names its type: q8_0 and Q8_0 are one file on Windows."""


class CreateBase(Stage):
    """Makes NAME-base, once for a base model and size; or takes the model that the user names."""

    name = "create_base"
    needs = ("fetch_model", "build_llama_cpp")
    after = ("install_runtime",)

    def wanted(self, job: Job) -> bool:
        """Whether a comparison is wanted at all."""
        return bool(job.project.ollama.name) and job.project.ollama.compare_base

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The name, the size and the parameters that it shares with the tuned model; of an adopted one its name."""
        if job.project.ollama.base_name:
            return {"adopted": job.project.ollama.base_name}
        export, settings = job.project.export, job.project.ollama
        return {
            "name": base_name(job),
            "ollama": settings.model_dump(include={"temperature", "num_ctx", "num_predict"}),
            "type": types(job)[0],
            "outtype": export.outtype,
            "imatrix": job.fingerprints["prepare_dataset"] if export.imatrix else "",
            "system": job.project.dataset.system,
        }

    def stands(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether Ollama still has it."""
        return models_stand(artifacts)

    def forecast_bytes(self, job: Job) -> int:
        """The GGUF that quantization starts from, and the quantized one beside it; a model of the user's: nothing."""
        if job.project.ollama.base_name:
            return 0
        return gguf_bytes(job.model, job.project.export.outtype) + quantized_bytes(job.model, types(job)[0])

    def ollama_bytes(self, job: Job) -> int:
        """Ollama keeps a copy of the quantized one."""
        return 0 if job.project.ollama.base_name else quantized_bytes(job.model, types(job)[0])

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """The same commands as for the tuned model, on the base."""
        if job.project.ollama.base_name:
            return ()
        if job.project.export.imatrix:
            return (ScriptLine(stage=self.name, folder=job.folder(self.name)),)
        folder, kind = job.folder(self.name), types(job)[0]
        full, small = _files(job, folder)
        convert = convert_command(job, job.model_folder, full, f"{job.name}-base")
        return (
            ScriptLine(convert, folder=folder),
            ScriptLine(quantize_command(job, full, small, kind)),
            *create_script(job, base_name(job), small, folder),
        )

    def run(self, ctx: StageContext) -> None:
        """Convert, quantize and create; the GGUFs are not kept, Ollama has its copy."""
        job, name = ctx.job, base_name(ctx.job)
        if job.project.ollama.base_name:
            self._adopt(ctx, name)
            return
        full, small = _files(job, ctx.folder)
        ctx.run(convert_command(job, job.model_folder, full, f"{job.name}-base"), ConvertParser(self.name))
        matrix = measured(ctx, full) if job.project.export.imatrix else None
        quantize(ctx, full, small, types(job)[0], matrix)
        full.unlink()
        create(ctx, name, small)
        small.unlink()

    def _adopt(self, ctx: StageContext, name: str) -> None:
        digest = ollama_models.digest_of(connect(ctx), name)
        if digest is None:
            raise StageError("ollama_model_missing", name=name)
        ctx.made.append(Artifact(name=name, path=ollama_names.full(name), sha256=digest))

    def artifacts(self, ctx: StageContext) -> Iterable[Path]:
        """The Modelfile, where one was written."""
        return [path for path in (ctx.folder / MODELFILE,) if path.exists()]


def _files(job: Job, folder: Path) -> tuple[Path, Path]:
    return folder / FULL.format(outtype=job.project.export.outtype), folder / BASE


def base_name(job: Job) -> str:
    """The base's name in Ollama."""
    return job.project.ollama.base_name or ollama_names.base_name(job.project.ollama.name)
