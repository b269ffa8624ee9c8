"""Hugging Face by its own SDK, ``huggingface_hub``, for all but the bytes: lists, addresses, headers, faults.

The bytes come by ``requests``, and we keep and check the files. The SDK's ``hf_hub_download`` throws away what a cut
left, and compares no hash; its ``http_get`` goes on, but its httpx takes 1.3 to 1.9 s of a processor for each GB
(requests: 0.2 s), which makes it half as fast as curl. Xet, its newer way, has no offset to go on from.
"""

import os
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import requests

from core.events import StageError
from core.tools.hub.digest import Follower, is_right
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
TIMEOUT = (15.0, 60.0)
"""Seconds to connect, and without a byte."""
STEP = 1 << 18
"""Bytes that are written at once, and at most lost by a cut."""

T = TypeVar("T")


class HuggingFace:
    """One repository on Hugging Face or a mirror of it."""

    copies = 1

    def __init__(self, repo: Repo, endpoint: str, token: str) -> None:
        os.environ.update(ENVIRONMENT)  # read when the SDK is imported
        from huggingface_hub import HfApi  # noqa: PLC0415

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
            if not (target.is_file() and is_right(target, file)):
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
            partly.touch()
            follower = Follower(partly, file)
            follower.start()
            try:
                _patiently(lambda: self._get(partly, file, meter), lambda: partly.stat().st_size)
            finally:
                follower.end()
            if follower.is_right():
                partly.replace(target)
                return
            partly.unlink()
        raise StageError("hub_hash_wrong", name=file.path)

    def _get(self, partly: Path, file: RemoteFile, meter: Meter) -> None:
        """Append what is missing; a server that does not know Range sends all, which then begins anew."""
        from huggingface_hub import hf_hub_url  # noqa: PLC0415
        from huggingface_hub.utils._headers import build_hf_headers  # noqa: PLC0415

        repo, have = self._repo, partly.stat().st_size
        url = hf_hub_url(repo.id, file.path, repo_type=repo.kind, revision=self._commit, endpoint=self._api.endpoint)
        headers = build_hf_headers(token=self._api.token, library_name="tunesmith")
        headers |= {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
        if have == file.size:
            return
        with (
            requests.get(url, headers=headers, stream=True, timeout=TIMEOUT, auth=_as_it_is) as response,
            partly.open("ab") as stream,
        ):
            response.raise_for_status()
            begin = _begin(response)
            announced = response.headers.get("Content-Length")
            if begin not in (0, have) or (announced and begin + int(announced) != file.size):
                stream.truncate(0)
                raise StageError("hub_length_wrong", name=file.path)
            if begin != have:
                stream.truncate(0)
            meter.at(file.path, begin)
            for chunk in response.iter_content(STEP):
                stream.write(chunk)
                meter.moved(file.path, len(chunk))


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from putting what it finds in ~/.netrc in the token's place."""
    return request


def _begin(response: requests.Response) -> int:
    """The byte with which an answer begins."""
    ranged = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(ranged[1]) if response.status_code == requests.codes.partial_content and ranged else 0


def _patiently(work: Callable[[], T], reached: Callable[[], int] = int) -> T:
    """Try again after a cut, or where the server has trouble of its own or asks to wait; ``reached`` resets the count.

    Other failures are raised at once.
    """
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    failed, before = 0, reached()
    while True:
        try:
            return work()
        except (requests.RequestException, HfHubHTTPError) as error:
            status, now = status_of(error), reached()
            failed = 1 if now > before else failed + 1
            before = now
            if failed >= TRIES or (status and status != requests.codes.too_many_requests and status < 500):
                raise
            answer = getattr(error, "response", None)
            asked = str(answer.headers.get("Retry-After", "")) if answer is not None else ""
            time.sleep(min(LONGEST_WAIT, float(asked)) if asked.isdigit() else FIRST_WAIT * 2 ** (failed - 1))


def _remote(sibling: "RepoSibling") -> RemoteFile:
    sha256 = sibling.lfs.sha256 if sibling.lfs else ""
    return RemoteFile(sibling.rfilename, sibling.size or 0, sha256, sibling.blob_id or "")
