"""Whether a file has the hash that the hub gives: SHA-256, or for small ones git's own of the content."""

import hashlib
import threading
import time
from pathlib import Path

from core.tools.hub.repo import RemoteFile

_CHUNK = 1 << 20
_PAUSE = 0.02


def is_right(path: Path, file: RemoteFile) -> bool:
    """Whether a file has the length and the hash of the hub's."""
    if path.stat().st_size != file.size:
        return False
    digest = _digest(file)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return _agrees(digest, file)


class Follower(threading.Thread):
    """Hashes a file while it grows, so that the check of a large one takes no time of its own."""

    def __init__(self, path: Path, file: RemoteFile) -> None:
        super().__init__(daemon=True)
        self._path, self._file = path, file
        self._digest = _digest(file)
        self._over = threading.Event()

    def run(self) -> None:
        """Read what is new, until the last of it."""
        with self._path.open("rb") as stream:
            while True:
                over = self._over.is_set()
                if chunk := stream.read(_CHUNK):
                    self._digest.update(chunk)
                elif over:
                    return
                else:
                    time.sleep(_PAUSE)

    def end(self) -> None:
        """The file grows no more."""
        self._over.set()
        self.join()

    def is_right(self) -> bool:
        """The verdict; a file that began anew meanwhile is read once more."""
        sound = self._path.stat().st_size == self._file.size and _agrees(self._digest, self._file)
        return sound or is_right(self._path, self._file)


def _digest(file: RemoteFile) -> "hashlib._Hash":
    return hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)


def _agrees(digest: "hashlib._Hash", file: RemoteFile) -> bool:
    wanted = file.sha256 or file.blob
    return not wanted or digest.hexdigest() == wanted
