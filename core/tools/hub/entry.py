"""A dataset of a hub as a project names it: ms-swift's ``ID:subset/split#500``, with ``hf::`` or ``ms::`` before it."""

import re
from dataclasses import dataclass
from pathlib import Path

from core.data.encoding import SUFFIXES
from core.events import StageError
from core.tools.hub.repo import Repo, Source, check_repo, looks_like_id

_PREFIXES: dict[str, Source] = {
    "ms": "modelscope",
    "modelscope": "modelscope",
    "hf": "huggingface",
    "huggingface": "huggingface",
}
_ENTRY = re.compile(
    r"(?:(?P<hub>[A-Za-z]+)::?(?=\S))?(?P<id>[^:#@\s]+)(?:@(?P<revision>[^:#@\s]+))?"
    r"(?::(?P<names>[^:#]+))?(?:#(?P<take>[0-9]{1,9}))?"
)


@dataclass(frozen=True, slots=True)
class HubEntry:
    """An entry of ``dataset.files`` that is no file: its repository, and ``#500`` or "" as it was written."""

    repo: Repo
    take: str

    def text(self, work: Path) -> str:
        """The entry as a file's would be: the folder that holds the rows, and how many of them to take."""
        return f"{self.repo.folder(work)}{self.take}"


def hub_entry(text: str, base: Path) -> HubEntry | None:
    """The hub's dataset that an entry names; None for a file.

    Without ``hf::`` or ``ms::``, OWNER/NAME is a dataset on ModelScope, as for ms-swift, unless it lies beside the
    project. Raises StageError where a prefix is followed by what cannot be an id.
    """
    found = _ENTRY.fullmatch(text.strip())
    source = _PREFIXES.get((found["hub"] or "").lower()) if found else None
    if found is None or (source is None and (found["hub"] or not _is_bare(found["id"], base))):
        if re.match(r"(?:hf|ms)::", text.strip(), re.IGNORECASE):
            raise StageError("hub_id_invalid", id=text)
        return None
    names = tuple(name.strip() for name in (found["names"] or "").split("/") if name.strip())
    repo = Repo("dataset", source or "modelscope", found["id"], found["revision"] or "", names)
    return HubEntry(check_repo(repo), f"#{found['take']}" if found["take"] else "")


def _is_bare(text: str, base: Path) -> bool:
    if not looks_like_id(text) or Path(text).suffix.lower() in SUFFIXES:
        return False
    try:
        return not (base / text).exists()
    except OSError:
        return False
