"""A list of its files in a fetched folder, written last: by it the folder is known to be whole without the network."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from core.events import Artifact
from core.tools.hub.repo import RemoteFile, Repo

RECORD = ".fetched.json"


class FetchedFile(BaseModel):
    """One file, as it was when it was checked."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    path: str
    size: int
    mtime_ns: int
    sha256: str = ""


class Record(BaseModel):
    """Where a folder's files came from."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    source: str
    id: str
    revision: str
    commit: str
    choice: str = ""
    files: tuple[FetchedFile, ...]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)

    def artifacts(self, folder: Path) -> tuple[Artifact, ...]:
        """The files as artifacts of a stage, with absolute paths."""
        return tuple(
            Artifact(
                name=file.path,
                path=str(folder / file.path),
                size=file.size,
                mtime_ns=file.mtime_ns,
                sha256=file.sha256,
            )
            for file in self.files
        )

    def stands(self, folder: Path) -> bool:
        """Whether all files are as they were, by size and time."""
        return all(_stands(folder / file.path, file) for file in self.files)


def read(folder: Path) -> Record | None:
    """The record of a folder, or None where it has none that can be read."""
    try:
        return Record.model_validate_json((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValidationError, ValueError):
        return None


def write(folder: Path, repo: Repo, commit: str, choice: str, files: Sequence[RemoteFile]) -> Record:
    """Write the record of a folder that is whole."""
    found = []
    for file in files:
        stat = (folder / file.path).stat()
        found.append(FetchedFile(path=file.path, size=stat.st_size, mtime_ns=stat.st_mtime_ns, sha256=file.sha256))
    record = Record(
        source=repo.source, id=repo.id, revision=repo.revision, commit=commit, choice=choice, files=tuple(found)
    )
    (folder / RECORD).write_text(record.model_dump_json(indent=1), encoding="utf-8")
    return record


def _stands(path: Path, file: FetchedFile) -> bool:
    try:
        stat = path.stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (file.size, file.mtime_ns)
