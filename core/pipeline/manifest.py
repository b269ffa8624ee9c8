"""A folder's manifest, ``artifact.json``: what a stage made there. It is written last, so that it says "whole"."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from core.events import Artifact, Unit, Value
from core.models.files import CHUNK, file_sha256
from core.platform.files import move
from core.stages.base import file_stands

MANIFEST = "artifact.json"
HASHED = (".gguf", ".jsonl")
"""Files that are worth a sha256: Ollama knows a GGUF by it, and a report the rows. Not the merged weights, which nobody
asks for by hash: 17 s for a 7B model."""

Progress = Callable[[float, float | None, Unit, str], None]
"""A stage's progress; what it raises ends the work."""


class Manifest(BaseModel):
    """The content of ``artifact.json``; file paths in it are relative to its folder."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    stage: str
    fingerprint: str
    seconds: float
    artifacts: tuple[Artifact, ...]
    facts: dict[str, Value] = {}

    def placed(self, folder: Path) -> tuple[Artifact, ...]:
        """The artifacts with absolute paths, for a manifest that lies in ``folder``."""
        return tuple(
            artifact.model_copy(update={"path": str(folder / artifact.path)}) if artifact.mtime_ns else artifact
            for artifact in self.artifacts
        )


def describe(folder: Path, files: Iterable[Path], progress: Progress) -> tuple[Artifact, ...]:
    """Files as artifacts, with paths relative to the folder."""
    found = []
    for path in files:
        stat = path.stat()
        found.append(
            Artifact(
                name=path.name,
                path=path.relative_to(folder).as_posix(),
                size=stat.st_size,
                mtime_ns=stat.st_mtime_ns,
                sha256=_sha256(path, progress) if path.suffix in HASHED else "",
            )
        )
    return tuple(found)


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest in one step."""
    part = folder / f"{MANIFEST}.part"
    part.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    move(part, folder / MANIFEST)


def read(folder: Path) -> Manifest | None:
    """The manifest of a folder, or None where there is none that can be read."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return None


def facts(folder: Path) -> Mapping[str, Value]:
    """The figures that a stage left in its manifest."""
    manifest = read(folder)
    return manifest.facts if manifest else {}


def known_sha256(path: Path) -> str:
    """The sha256 that the manifest beside a file gives; "" where it gives none, or the file has changed since."""
    manifest = read(path.parent)
    placed = manifest.placed(path.parent) if manifest else ()
    return next((made.sha256 for made in placed if made.path == str(path) and file_stands(made)), "")


def _sha256(path: Path, progress: Progress) -> str:
    def tell(done: int, size: int | None, what: str) -> None:
        if size is not None and size > CHUNK:  # a small file is no news
            progress(done, size, "byte", what)

    return file_sha256(path, tell)
