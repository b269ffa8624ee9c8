"""fetch_model: the base model's folder: the user's own, checked where it lies; one from a hub; or the sample."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from core.events import StageError
from core.models.folder import model_problems
from core.parsers.ninja import Ninja
from core.process.command import Command, HostPath
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.hub_files import fetch
from core.stages.job import MODEL_FOLDER, Job, file_facts
from core.tools import swift
from core.tools.resource_files import plugin, requirement_file
from core.tools.uv import install_into

SAMPLE_BYTES = 60_000_000


class FetchModel(Stage):
    """Brings the base model to this computer.

    A hub's model lies in the work folder, once for all projects; the stage keeps the list of its files.
    """

    name = "fetch_model"
    after = ("install_runtime",)

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The choice, and for a local model its files."""
        model = job.project.model
        if model.source == "local":
            files = [path for path in job.path(model.model).glob("*.*") if path.is_file() and path != job.file]
            return {"files": file_facts(sorted(files))}
        return {"source": model.source, "model": model.model, "revision": model.revision}

    def forecast_bytes(self, job: Job) -> int:
        """The sample's; what a hub's model needs is known once its files are listed, and looked at then."""
        return SAMPLE_BYTES if job.project.model.source == "sample" else 0

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """Nothing: the script begins with a model that is there. Raises StageError where it is not."""
        if not job.model_folder.is_dir():
            raise StageError("model_not_fetched", project=str(job.file))
        return ()

    def run(self, ctx: StageContext) -> None:
        """Make the sample, fetch from the hub, or check the folder that the user chose."""
        repo = ctx.job.model_repo
        folder = ctx.folder / MODEL_FOLDER if ctx.job.project.model.source == "sample" else ctx.job.model_folder
        if repo is not None:
            _, record = fetch(ctx, repo)
            ctx.made.extend(record.artifacts(folder))
            ctx.facts.update(commit=record.commit)
            if code := sorted(path.name for path in folder.glob("*.py")):
                ctx.message("model_brings_code", "warning", files=", ".join(code))
        elif ctx.job.project.model.source == "sample":
            for command in _sample_commands(ctx.job, ctx.folder):
                ctx.run(command, Ninja(self.name, "step"))
        for problem in model_problems(folder):
            raise StageError(problem.code, **problem.values)

    def artifacts(self, ctx: StageContext) -> Iterable[Path]:
        """The sample's files; none for a folder of the user's or in the work folder."""
        return sorted(path for path in (ctx.folder / MODEL_FOLDER).glob("*") if path.is_file())


def _sample_commands(job: Job, folder: Path) -> tuple[Command, ...]:
    """Get the Qwen tokenizer's data, then build and train the tiny model."""
    data = job.work / "tokenizer"
    make = (job.python, HostPath(plugin("make_sample_model.py")), HostPath(folder / MODEL_FOLDER))
    return (
        install_into(data, requirement_file("tokenizer.txt"), job.runtime.python),
        Command((*make, "--tokenizer-data", HostPath(data)), swift.device_environment("cpu")),
    )
