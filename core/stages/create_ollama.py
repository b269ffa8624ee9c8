"""create_ollama: the tuned model in Ollama, from its GGUF and a Modelfile with template and stop tokens."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from core.events import Artifact, StageError
from core.models.gguf_file import read_gguf
from core.platform.detached import start_detached
from core.process.command import Command, HostPath
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import Job
from core.stages.quantize import types
from core.tools import ollama, ollama_models, ollama_names
from core.tools.modelfile import Modelfile, Parameter, missing_stops
from core.tools.ollama_server import start_server

MODELFILE = "Modelfile"


class CreateOllama(Stage):
    """Makes the model that the user chats with."""

    name = "create_ollama"
    needs = ("quantize",)

    def wanted(self, job: Job) -> bool:
        """Whether the project names a model."""
        return bool(job.project.ollama.name)

    def inputs(self, job: Job) -> Mapping[str, object]:
        """Name, size, template's settings and parameters."""
        used = {"name", "temperature", "num_ctx", "num_predict"}
        system = job.project.dataset.system
        return {"ollama": job.project.ollama.model_dump(include=used), "type": types(job)[0], "system": system}

    def is_whole(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether Ollama still has the model with the manifest that we made."""
        return models_stand(artifacts)

    def ollama_bytes(self, job: Job) -> int:
        """Ollama keeps a copy of the GGUF."""
        return job.gguf(types(job)[0]).stat().st_size

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """``ollama create`` with the Modelfile."""
        return script(job, job.project.ollama.name, job.gguf(types(job)[0]), job.folder(self.name))

    def run(self, ctx: StageContext) -> None:
        """Create the model."""
        create(ctx, ctx.job.project.ollama.name, ctx.job.gguf(types(ctx.job)[0]))

    def artifacts(self, ctx: StageContext) -> Iterable[Path]:
        """The Modelfile; the model itself is Ollama's."""
        return [ctx.folder / MODELFILE]


def script(job: Job, name: str, gguf: Path, folder: Path) -> Sequence[ScriptLine]:
    """Write the Modelfile, and have Ollama read it."""
    path = folder / MODELFILE
    command = Command(("ollama", "create", name, "-f", HostPath(path)))
    return (ScriptLine(file=(path, modelfile(job, gguf).text()), folder=folder), ScriptLine(command))


def modelfile(job: Job, gguf: Path) -> Modelfile:
    """The Modelfile of a GGUF. Raises StageError where a stop token would be missing."""
    settings, template = job.project.ollama, job.template
    parameters: dict[str, Parameter] = {"stop": template.stop, "temperature": settings.temperature}
    parameters["num_ctx"] = settings.num_ctx
    if settings.num_predict > 0:
        parameters["num_predict"] = settings.num_predict
    made = Modelfile(str(gguf), template.go_template, job.project.dataset.system, parameters)
    if missing := missing_stops(made, job.model.eos):
        raise StageError("stop_tokens_missing", tokens=", ".join(missing))
    return made


def create(ctx: StageContext, name: str, gguf: Path) -> None:
    """Make one model in Ollama, starting its server where none answers."""
    if not read_gguf(gguf).chat_template:
        raise StageError("gguf_template_lost", path=str(gguf))
    made = modelfile(ctx.job, gguf)
    (ctx.folder / MODELFILE).write_text(made.text(), encoding="utf-8", newline="\n")
    client = connect(ctx)
    total = gguf.stat().st_size

    def progress(completed: int, size: int | None, detail: str) -> None:
        ctx.progress(completed, size or total, "byte", detail)

    digest = ollama_models.create(client, name, gguf, made, progress, sha256=ctx.known_sha256(gguf))
    ctx.made.append(Artifact(name=name, path=ollama_names.full(name), sha256=digest, size=total))


def connect(ctx: StageContext) -> ollama.Client:
    """A client of the user's Ollama, which is started for good where it does not answer."""
    address = ollama.host()
    if ollama.version(address) is None:
        if ollama.port_taken(address):
            raise StageError("ollama_port_taken", host=address)
        binary = ollama.find_binary()
        if binary is None:
            raise StageError("ollama_not_running", host=address)
        start_server(binary, address, ctx.job.work / "ollama.log", start_detached, check=ctx.check_stop)
        ctx.message("ollama_started", host=address)
    ollama.check_version(address)
    return ollama.Client(address, ctx.check_stop)


def models_stand(artifacts: Sequence[Artifact]) -> bool:
    """Whether Ollama answers and has each of these models, unchanged."""
    address = ollama.host()
    if ollama.version(address) is None:
        return False
    client = ollama.Client(address)
    models = [artifact for artifact in artifacts if not artifact.mtime_ns]
    return all(ollama_models.digest_of(client, model.path) == model.sha256 for model in models)
