"""create_ollama: the tuned model in Ollama, from its GGUF and a Modelfile with template and stop tokens."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.config.problem import Problem
from core.events import Artifact, StageError
from core.models.gguf_file import read_gguf
from core.platform.detached import start_detached
from core.process.command import Command, HostPath
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import Job
from core.stages.quantize import types
from core.tools import ollama, ollama_models, ollama_names
from core.tools.modelfile import Modelfile, Parameter, missing_stops
from core.tools.ollama_connection import Client
from core.tools.ollama_server import start_installed

MODELFILE = "Modelfile"


class CreateOllama(Stage):
    """Makes the model that the user chats with; of several quantization types each one as a tag too."""

    name = "create_ollama"
    needs = ("quantize",)

    def wanted(self, job: Job) -> bool:
        """Whether the project names a model."""
        return bool(job.project.ollama.name)

    def inputs(self, job: Job) -> Mapping[str, object]:
        """Name, size, template's settings and parameters. Not the tags: `is_whole` looks for those that are wanted."""
        used = {"name", "temperature", "num_ctx", "num_predict"}
        system = job.project.dataset.system
        return {"ollama": job.project.ollama.model_dump(include=used), "type": types(job)[0], "system": system}

    def stands(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether Ollama still has the models with the manifests that we made."""
        return models_stand([artifact for artifact in artifacts if artifact.name in models(job)])

    def is_whole(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether each wanted name is there, unchanged."""
        return models(job).keys() <= {artifact.name for artifact in artifacts} and self.stands(job, artifacts)

    def ollama_bytes(self, job: Job) -> int:
        """Ollama keeps a copy of each GGUF."""
        return sum(job.gguf(kind).stat().st_size for kind in set(models(job).values()))

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """``ollama create`` with a Modelfile for each type, ``ollama cp`` for the second name of the first."""
        lines: list[ScriptLine] = []
        made: dict[str, str] = {}
        for name, kind in models(job).items():
            if kind in made:
                lines.append(ScriptLine(Command(("ollama", "cp", made[kind], name))))
            else:
                lines += script(job, name, job.gguf(kind), job.folder(self.name), _modelfile_name(job, kind))
                made[kind] = name
        return lines

    def run(self, ctx: StageContext) -> None:
        """Create the models; what Ollama has already is not sent again."""
        made: dict[str, str] = {}
        for name, kind in models(ctx.job).items():
            if kind in made:
                digest = ollama_models.copy(connect(ctx), made[kind], name)
                ctx.made.append(Artifact(name=name, path=ollama_names.full(name), sha256=digest))
            else:
                create(ctx, name, ctx.job.gguf(kind), _modelfile_name(ctx.job, kind))
                made[kind] = name

    def artifacts(self, ctx: StageContext) -> Iterable[Path]:
        """The Modelfiles; the models themselves are Ollama's."""
        return sorted(ctx.folder.glob(f"{MODELFILE}*"))


def models(job: Job) -> dict[str, str]:
    """The names in Ollama and their quantization types: the project's own is the first type; then a tag for each."""
    name, kinds = job.project.ollama.name, types(job)
    tags = kinds if job.project.ollama.all_quantizations and len(kinds) > 1 else ()
    return {name: kinds[0]} | {
        tagged: kind for kind in tags if not ollama_names.same(tagged := ollama_names.tagged(name, kind), name)
    }


def tag_problems(job: Job) -> Iterator[Problem]:
    """A name whose own tag is that of a type which it is not."""
    name, (first, *others) = job.project.ollama.name, types(job)
    for kind in others if job.project.ollama.all_quantizations else ():
        if ollama_names.same(name, ollama_names.tagged(name, kind)):
            yield Problem("ollama.name", "ollama_tag_of_other_type", {"name": name, "type": kind, "first": first})


def _modelfile_name(job: Job, kind: str) -> str:
    return MODELFILE if kind == types(job)[0] else f"{MODELFILE}.{kind}"


def script(job: Job, name: str, gguf: Path, folder: Path, file: str = MODELFILE) -> Sequence[ScriptLine]:
    """Write the Modelfile, and have Ollama read it."""
    path = folder / file
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


def create(ctx: StageContext, name: str, gguf: Path, file: str = MODELFILE) -> None:
    """Make one model in Ollama, starting its server where none answers."""
    if not read_gguf(gguf).chat_template:
        raise StageError("gguf_template_lost", path=str(gguf))
    made = modelfile(ctx.job, gguf)
    (ctx.folder / file).write_text(made.text(), encoding="utf-8", newline="\n")
    client = connect(ctx)
    total = gguf.stat().st_size

    def progress(completed: int, size: int | None, detail: str) -> None:
        ctx.progress(completed, size or total, "byte", f"{name} {detail}")

    digest = ollama_models.create(client, name, gguf, made, progress, sha256=ctx.known_sha256(gguf))
    ctx.made.append(Artifact(name=name, path=ollama_names.full(name), sha256=digest, size=total))


def connect(ctx: StageContext) -> Client:
    """A client of the user's Ollama, which is started for good where it does not answer."""
    address = ollama.host()
    try:
        ollama.reach(address)
    except StageError as error:
        if error.code != "ollama_not_running":
            raise
        start_installed(ctx.job.work, address, start_detached, check=ctx.check_stop)
        ctx.message("ollama_started", host=address)
    ollama.check_version(address)
    return Client(address, ctx.check_stop)


def models_stand(artifacts: Sequence[Artifact]) -> bool:
    """Whether Ollama answers and has each of these models, unchanged."""
    address = ollama.host()
    if ollama.version(address) is None:
        return False
    client = Client(address)
    found = [artifact for artifact in artifacts if not artifact.mtime_ns]
    return all(ollama_models.digest_of(client, model.path) == model.sha256 for model in found)
