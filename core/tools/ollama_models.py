"""Models in Ollama: find one, make one from a GGUF, push one."""

from pathlib import Path

from core.events import StageError
from core.models.files import Progress, file_sha256, read_chunks
from core.tools.modelfile import Modelfile
from core.tools.ollama import Client, check_version, streamed
from core.tools.ollama_errors import stage_errors
from core.tools.ollama_names import parse, same

LOOPBACK = ("127.0.0.1", "localhost")


def digest_of(client: Client, name: str) -> str | None:
    """The digest of a model's manifest (sha256, hexadecimal), or None where Ollama has no such model."""
    with stage_errors(client.address, name):
        models = client.list().models
    return next((model.digest for model in models if model.model and same(model.model, name)), None)


def create(client: Client, name: str, gguf: Path, modelfile: Modelfile, progress: Progress, *, sha256: str = "") -> str:
    """Make the model ``name`` from a GGUF, which is uploaded unless Ollama has it; returns the manifest's digest.

    ``sha256`` is the file's, where it is known already. The file is served as it is: never with ``quantize``, which
    writes zeros for weights in a server that has not loaded a model before.
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
    digest = digest_of(client, name)
    if digest is None:
        raise StageError("ollama_model_missing", name=name)
    return digest


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
