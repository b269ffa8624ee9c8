"""Models in Ollama: list them, find one, make one from a GGUF, copy, delete, push one.

Nothing here has Ollama quantize (its create call's ``quantize``): a server that has not loaded any model yet writes
zeros for all weights then, and says success; it would have to load a model first. The GGUFs that come here are
quantized by llama.cpp and looked through for zeros.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.events import StageError
from core.models.files import Progress, file_sha256, read_chunks
from core.tools.modelfile import Modelfile
from core.tools.ollama import check_version
from core.tools.ollama_connection import Client, streamed
from core.tools.ollama_errors import stage_errors
from core.tools.ollama_names import parse, same

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Model:
    """A model that Ollama has: its full name, the digest of its manifest (sha256, hexadecimal), its bytes, its age."""

    name: str
    digest: str
    size: int
    modified: datetime | None


def models(client: Client) -> list[Model]:
    """All models that Ollama has, the newest first."""
    with stage_errors(client.address, ""):
        found = client.list().models
    return [
        Model(model.model, model.digest or "", model.size or 0, model.modified_at) for model in found if model.model
    ]


def digest_of(client: Client, name: str) -> str | None:
    """The digest of a model's manifest, or None where Ollama has no such model."""
    return next((model.digest for model in models(client) if same(model.name, name)), None)


def copy(client: Client, name: str, new: str) -> str:
    """Give a model another name, which takes no space; returns the manifest's digest."""
    with stage_errors(client.address, name):
        client.copy(name, new)
    return _digest(client, new)


def delete(client: Client, name: str) -> None:
    """Remove a name; the files go with the last one that uses them."""
    with stage_errors(client.address, name):
        client.delete(name)


def _digest(client: Client, name: str) -> str:
    """The digest of a model that was just made."""
    digest = digest_of(client, name)
    if digest is None:
        raise StageError("ollama_model_missing", name=name)
    return digest


def create(client: Client, name: str, gguf: Path, modelfile: Modelfile, progress: Progress, *, sha256: str = "") -> str:
    """Make the model ``name`` from a GGUF, which is uploaded unless Ollama has it; returns the manifest's digest.

    ``sha256`` is the file's, where it is known already.
    """
    check_version(client.address)
    blob = f"sha256:{sha256 or file_sha256(gguf, progress)}"
    with stage_errors(client.address, name):
        if not client.has_blob(blob):
            size = gguf.stat().st_size
            client.upload_blob(blob, size, read_chunks(gguf, progress, "upload"))
        lines = client.create(model=name, files={gguf.name: blob}, stream=True, **modelfile.api_arguments())
        with streamed(lines) as statuses:
            for line in statuses:
                progress(line.completed or 0, line.total, line.status or "")
    return _digest(client, name)


def push(client: Client, name: str, progress: Progress) -> None:
    """Upload a model to the registry in its name, ollama.com where it names none."""
    insecure = parse(name).host.partition(":")[0] in LOOPBACK  # a registry on this computer has no certificate
    done: dict[str, int] = {}
    total: dict[str, int] = {}
    with (
        stage_errors(client.address, name, pushing=True),
        streamed(client.push(name, insecure=insecure, stream=True)) as statuses,
    ):
        for line in statuses:
            if line.digest:
                done[line.digest] = line.completed or 0
                total[line.digest] = line.total or 0
            progress(sum(done.values()), sum(total.values()) or None, line.status or "")
