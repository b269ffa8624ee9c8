"""ModelScope by its SDK, ``modelscope_hub``: it lists, transfers, resumes, retries and checks; we count and explain."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.events import StageError
from core.tools.hub.faults import explained, status_of
from core.tools.hub.meter import AbandonedError, Meter
from core.tools.hub.repo import RemoteFile, Repo
from core.tools.hub.transfer import in_parallel

if TYPE_CHECKING:
    from modelscope_hub import HubApi

ENVIRONMENT = {
    "MODELSCOPE_DOWNLOAD_FILE_LOCK": "false",  # the folder has a lock of ours
    "MODELSCOPE_DOWNLOAD_INTRA_CLOUD": "false",  # asks a second server for each download; "true" for who trains there
    "MODELSCOPE_DOWNLOAD_TOTAL_TIMEOUT": "2592000",  # its hour for a file is too short for 10 GB on a slow line
    "TQDM_DISABLE": "1",
}
"""Read when the SDK is imported; what the user set stays."""


class ModelScope:
    """One repository on ModelScope."""

    copies = 1

    def __init__(self, repo: Repo, endpoint: str, token: str) -> None:
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        self._repo, self._endpoint, self._token = repo, endpoint, token

    def _open(self, part: Path) -> "HubApi":
        """The SDK, with a home that goes away at the end: it reads logins there, and an id of this computer to send."""
        from modelscope_hub import HubApi, HubConfig, set_default_config  # noqa: PLC0415 - after the environment

        home = part / ".modelscope"
        config = HubConfig(endpoint=self._endpoint or None, cache_dir=home, config_dir=home, token=self._token)
        set_default_config(config)
        return HubApi(config)

    def files(self, part: Path) -> tuple[str, Sequence[RemoteFile]]:
        """The files as the hub lists them; it names no commit for a branch."""
        self._api = self._open(part)
        repo = self._repo
        try:
            listed = self._api.list_repo_files(repo.id, repo.kind, revision=repo.revision or None)
        except Exception as error:
            if repo.revision and status_of(error) == 404 and self._exists():
                raise StageError("hub_revision_unknown", id=repo.id, revision=repo.revision) from error
            raise explained(error, repo) from error
        found = [
            RemoteFile(file.path, int(file.size or 0), (file.sha256 or "").lower())
            for file in listed
            if file.type != "tree"
        ]
        return "", found

    def _exists(self) -> bool:
        try:
            self._api.list_repo_files(self._repo.id, self._repo.kind, recursive=False)
        except Exception:  # noqa: BLE001 - the first failure is the one to tell
            return False
        return True

    def download(self, files: Sequence[RemoteFile], part: Path, meter: Meter) -> None:
        """Several files at once."""
        in_parallel(partial(self._one, part, meter), files, meter)

    def _one(self, part: Path, meter: Meter, file: RemoteFile) -> None:
        from modelscope_hub import FileIntegrityError, FileSizeMismatchError, ProgressCallback  # noqa: PLC0415

        class Counted(ProgressCallback):
            def update(self, size: int) -> None:
                meter.moved(file.path, size)

        try:
            self._api.downloader.download_file(
                self._repo.id,
                self._repo.kind,
                file.path,
                revision=self._repo.revision or None,
                local_dir=part,
                expected_sha256=file.sha256 or None,
                file_size=file.size,
                progress_callbacks=[Counted],
            )
        except AbandonedError:
            raise
        except FileSizeMismatchError as error:
            raise StageError("hub_length_wrong", name=file.path) from error
        except FileIntegrityError as error:
            raise StageError("hub_hash_wrong", name=file.path) from error
        except Exception as error:
            raise explained(error, self._repo) from error
        meter.whole(file.path)
