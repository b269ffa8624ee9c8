"""Hugging Face by its own SDK, ``huggingface_hub``: lists, and transfers from any offset; we keep and check the files.

Xet, its newer way to transfer, has no offset to go on from, so plain HTTP is used; it ends at 50 GB a file.
"""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from core.events import StageError
from core.tools.hub.faults import explained, status_of
from core.tools.hub.meter import AbandonedError, Meter
from core.tools.hub.repo import RemoteFile, Repo
from core.tools.hub.transfer import INCOMPLETE, in_parallel

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

ENVIRONMENT = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
TRIES = 4
FIRST_WAIT = 1.0
LONGEST_WAIT = 120.0
STEP = 1 << 17
"""Bytes that are written at once, and at most lost by a cut; the SDK's 10 MB show no progress on a slow line."""
_CHUNK = 1 << 20

T = TypeVar("T")


class HuggingFace:
    """One repository on Hugging Face or a mirror of it."""

    copies = 1

    def __init__(self, repo: Repo, endpoint: str, token: str) -> None:
        os.environ.update(ENVIRONMENT)  # read when the SDK is imported
        from huggingface_hub import HfApi, constants  # noqa: PLC0415

        constants.DOWNLOAD_CHUNK_SIZE = STEP
        self._repo = repo
        # False: nothing that another program left on this computer is sent along
        self._api = HfApi(endpoint=endpoint or None, token=token or False, library_name="tunesmith")
        self._commit = ""

    def files(self, part: Path) -> tuple[str, Sequence[RemoteFile]]:
        """The commit that the revision stands for now, and its files: all are fetched from that one."""
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError  # noqa: PLC0415

        repo = self._repo
        try:
            info = _patiently(
                lambda: self._api.repo_info(
                    repo.id, repo_type=repo.kind, revision=repo.revision or None, files_metadata=True
                )
            )
        except GatedRepoError as error:
            raise explained(error, repo) from error
        except RevisionNotFoundError as error:
            raise StageError("hub_revision_unknown", id=repo.id, revision=repo.revision) from error
        except RepositoryNotFoundError as error:  # said of a private one too
            raise StageError("hub_repo_missing", id=repo.id, hub=repo.hub) from error
        except Exception as error:
            raise explained(error, repo) from error
        self._commit = info.sha or ""
        return self._commit, [_remote(sibling) for sibling in getattr(info, "siblings", None) or ()]

    def download(self, files: Sequence[RemoteFile], part: Path, meter: Meter) -> None:
        """Several files at once."""
        in_parallel(partial(self._one, part, meter), files, meter)

    def _one(self, part: Path, meter: Meter, file: RemoteFile) -> None:
        target = part / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if not (target.is_file() and _is_right(target, file)):
                self._bring(target, file, meter)
        except (AbandonedError, StageError):
            raise
        except Exception as error:
            raise explained(error, self._repo) from error
        meter.whole(file.path)

    def _bring(self, target: Path, file: RemoteFile, meter: Meter) -> None:
        """Fetch what is missing of a file; one that arrives damaged is fetched once more from its beginning."""
        partly = target.with_name(target.name + INCOMPLETE)
        for _ in range(2):
            _patiently(lambda: self._get(partly, file, meter))
            if _is_right(partly, file):
                partly.replace(target)
                return
            partly.unlink()
        raise StageError("hub_hash_wrong", name=file.path)

    def _get(self, partly: Path, file: RemoteFile, meter: Meter) -> None:
        """Append to what is there. ``http_get`` itself goes on after cuts and obeys Retry-After."""
        from huggingface_hub.file_download import hf_hub_url, http_get  # noqa: PLC0415
        from huggingface_hub.utils._headers import build_hf_headers  # noqa: PLC0415

        url = hf_hub_url(
            self._repo.id, file.path, repo_type=self._repo.kind, revision=self._commit, endpoint=self._api.endpoint
        )
        headers = build_hf_headers(token=self._api.token, library_name="tunesmith")
        if partly.exists() and partly.stat().st_size > file.size:
            partly.unlink()
        with partly.open("ab") as stream:
            have = stream.tell()
            meter.at(file.path, have)
            try:
                http_get(
                    url,
                    stream,
                    resume_size=have,
                    headers={**headers, "Accept-Encoding": "identity"},
                    expected_size=file.size,
                    tqdm_class=_counting(file.path, meter),
                )
            except OSError as error:
                if "Consistency check failed" in str(error) or status_of(error) == 416:
                    stream.truncate(0)
                    raise StageError("hub_length_wrong", name=file.path) from error
                raise


def _counting(name: str, meter: Meter) -> type:
    """What ``http_get`` takes for a progress bar."""

    class Counter:
        def __init__(self, **_: object) -> None:
            pass

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int) -> None:
            meter.moved(name, count)

    return Counter


def _patiently(work: Callable[[], T]) -> T:
    """Try again where the server has trouble of its own or asks to wait; other failures are raised at once."""
    for attempt in range(1, TRIES):
        try:
            return work()
        except OSError as error:
            status = status_of(error)
            if status != 429 and status < 500:
                raise
            asked = getattr(error, "response", None)
            header = str(asked.headers.get("Retry-After", "")) if asked is not None else ""
            time.sleep(min(LONGEST_WAIT, float(header)) if header.isdigit() else FIRST_WAIT * 2 ** (attempt - 1))
    return work()


def _remote(sibling: "RepoSibling") -> RemoteFile:
    sha256 = sibling.lfs.sha256 if sibling.lfs else ""
    return RemoteFile(sibling.rfilename, sibling.size or 0, sha256, sibling.blob_id or "")


def _is_right(path: Path, file: RemoteFile) -> bool:
    """Whether a file has the hash that the hub gives: SHA-256, or for small ones git's own of the content."""
    if path.stat().st_size != file.size:
        return False
    if not file.sha256 and not file.blob:
        return True
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == (file.sha256 or file.blob)
