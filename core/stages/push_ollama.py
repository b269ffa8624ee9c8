"""push_ollama: upload the finished model to ollama.com; only when it is asked for."""

from collections.abc import Mapping, Sequence

from core.events import Artifact, StageError
from core.models.files import Progress
from core.process.command import Command
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.create_ollama import connect, models
from core.stages.job import Job
from core.tools import ollama_models, ollama_names


class PushOllama(Stage):
    """Pushes the model, under each of its names."""

    name = "push_ollama"
    needs = ("create_ollama", "smoke_test")

    def wanted(self, job: Job) -> bool:
        """Whether there is a model to push; the plan leaves the stage out unless pushing is asked for."""
        return bool(job.project.ollama.name)

    def inputs(self, job: Job) -> Mapping[str, object]:
        """Where it goes."""
        return {"name": job.project.ollama.name}

    def forecast_bytes(self, job: Job) -> int:
        """Nothing is written here."""
        return 0

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """``ollama push``."""
        return [ScriptLine(Command(("ollama", "push", name))) for name in models(job)]

    def run(self, ctx: StageContext) -> None:
        """Upload, with progress in bytes; what the registry has already is not sent again."""
        client = connect(ctx)
        for problem in ollama_names.problems(ctx.job.project.ollama.name, push=True):
            if problem.level == "error":
                raise StageError(problem.code, **problem.values)
        for name in models(ctx.job):
            ollama_models.push(client, name, _progress(ctx, name))
            digest = ollama_models.digest_of(client, name)
            ctx.made.append(Artifact(name=name, path=ollama_names.full(name), sha256=digest or ""))


def _progress(ctx: StageContext, name: str) -> Progress:
    return lambda done, total, detail: ctx.progress(done, total, "byte", f"{name} {detail}")
