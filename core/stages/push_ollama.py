"""push_ollama: upload the finished model to ollama.com; only when it is asked for."""

from collections.abc import Mapping, Sequence

from core.events import Artifact, StageError
from core.process.command import Command
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.create_ollama import connect
from core.stages.job import Job
from core.tools import ollama_models, ollama_names


class PushOllama(Stage):
    """Pushes the model."""

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
        return (ScriptLine(Command(("ollama", "push", job.project.ollama.name))),)

    def run(self, ctx: StageContext) -> None:
        """Upload, with progress in bytes."""
        name = ctx.job.project.ollama.name
        client = connect(ctx)
        for problem in ollama_names.problems(name, push=True):
            if problem.level == "error":
                raise StageError(problem.code, **problem.values)
        ollama_models.push(client, name, lambda done, total, detail: ctx.progress(done, total, "byte", detail))
        digest = ollama_models.digest_of(client, name)
        ctx.made.append(Artifact(name=name, path=ollama_names.full(name), sha256=digest or ""))
