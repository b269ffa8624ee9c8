"""What to fetch: a model or dataset of a hub, how it is written, and what its files are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

from core.events import StageError
from core.tools.hub.meter import Meter

Kind = Literal["model", "dataset"]
Source = Literal["modelscope", "huggingface", "git"]
SOURCES: tuple[Source, ...] = ("modelscope", "huggingface", "git")

_OWNED = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96}", re.ASCII)
_UNOWNED = re.compile(r"[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
"""Hugging Face's oldest models have no owner: gpt2."""
_ADDRESS = re.compile(r"(?:https?|ssh|file)://[^\s:@]*(?:@|:|/)\S+")
_REVISION = re.compile(r"(?!-)[\w./+-]{0,120}", re.ASCII)
_UNNAMEABLE = re.compile(r"[^\w.-]+")
_PASSWORD = re.compile(r"https?://[^/\s]*@")


@dataclass(frozen=True, slots=True)
class Repo:
    """One repository at one revision; ``names`` are the subsets and splits that are wanted of a dataset."""

    kind: Kind
    source: Source
    id: str
    revision: str = ""
    names: tuple[str, ...] = ()

    @property
    def hub(self) -> str:
        """Whose it is: git without an address goes to ModelScope."""
        return "modelscope" if self.source == "git" and "://" not in self.id else self.source

    def folder(self, work: Path) -> Path:
        """Where it lies in the work folder, once for all projects."""
        words = (self.id.replace("/", "--"), self.revision, *self.names)
        name = "@".join(_UNNAMEABLE.sub("-", word) for word in words if word)
        return work / f"{self.kind}s" / self.source / name


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository. ``sha256`` is its content's, ``blob`` git's own hash; "" where the hub tells none."""

    path: str
    size: int
    sha256: str = ""
    blob: str = ""


class Hub(Protocol):
    """A place that has repositories; its methods raise StageError."""

    copies: int
    """How often each file lies on the disk while it is fetched."""

    def files(self, part: Path) -> tuple[str, Sequence[RemoteFile]]:
        """The commit ("" where the hub does not tell) and the files of it."""

    def download(self, files: Sequence[RemoteFile], part: Path, meter: Meter) -> None:
        """Bring these files into the folder ``part``, whole and checked; what is there already is gone on with."""


def check_repo(repo: Repo) -> Repo:
    """The same repository. Raises StageError where its id or revision cannot be one."""
    if _PASSWORD.match(repo.id):
        raise StageError("hub_address_password")
    if repo.source == "git" and "://" in repo.id:
        sound = _ADDRESS.fullmatch(repo.id) is not None
    else:
        sound = bool(_OWNED.fullmatch(repo.id)) or (repo.source == "huggingface" and bool(_UNOWNED.fullmatch(repo.id)))
    if not sound or ".." in repo.id:
        raise StageError("hub_id_invalid", id=repo.id)
    if not _REVISION.fullmatch(repo.revision) or ".." in repo.revision:
        raise StageError("hub_revision_invalid", revision=repo.revision)
    return repo


def looks_like_id(text: str) -> bool:
    """Whether a text has the form OWNER/NAME."""
    return _OWNED.fullmatch(text) is not None


def check_files(repo: Repo, files: Sequence[RemoteFile]) -> Iterator[RemoteFile]:
    """The files, whose names must stay inside their folder: raises StageError ``hub_unsafe_name`` at another one."""
    for file in files:
        path = PurePosixPath(file.path)
        if not path.parts or path.is_absolute() or ".." in path.parts or re.search(r'[\\:\0<>|?*"]', file.path):
            raise StageError("hub_unsafe_name", id=repo.id, name=file.path)
        if path.parts[0] != ".git":
            yield file
