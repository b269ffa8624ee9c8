"""Downloads one file from an address, or from the next one: resumed, checked, and renamed in one step.

Everything that has an address of its own comes this way; packages come by uv, models and datasets by their hub's SDK.
httpx does the transfer. pooch neither resumes nor can be stopped; pypdl asks no If-Range, knows neither Retry-After
nor the system's proxies, and brings an event loop (aiohttp) along; huggingface_hub's http_get resumes without asking
whether the file is still the same. What is left beside httpx is this file.
"""

import errno
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import httpx

from core.events import StageError
from core.hardware.disk import free_bytes
from core.platform.files import move
from core.process.background import in_background
from core.tools.http_answers import RetryError, first_byte, network_code, refusal, validator, whole_length

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
TRIES = 4
"""Tries at one address without a byte of progress."""
FIRST_WAIT = 1.0
"""Seconds before the second try; it doubles."""
LONGEST_WAIT = 120.0
"""Seconds; a server that wants us to wait longer is given up."""
BLOCK = 1 << 20
RESERVE = 100_000_000
"""Bytes of the disk that a download leaves free."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who listens to a download.

    ``progress`` gets the bytes that are here and those in all (None: not known). ``check`` is called about ten times a
    second, whatever the network does, and raises when the user stops. ``gave_up`` hears why an address was left.
    """

    progress: Callable[[int, int | None], None]
    check: Callable[[], None]
    gave_up: Callable[[str, StageError], None] = lambda _address, _error: None


def download(addresses: Sequence[str], target: Path, watch: Watch, *, sha256: str = "") -> None:
    """Bring the file to ``target``; the first address that gives it whole counts.

    What is there of it is kept in ``target``.part. Where the sha256 is known it decides, so that another address may go
    on; else only the same address, if the file has kept its ETag. Raises StageError, or what ``watch.check`` raises.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=True, headers={"Accept-Encoding": "identity"}) as client:
        for number, address in enumerate(addresses, 1):
            try:
                _Transfer(client, address, target, sha256, watch).run()
            except StageError as error:
                if number == len(addresses) or error.code in ("disk_full", "disk_space", "proxy_login"):
                    raise
                watch.gave_up(address, error)
            else:
                return


class _Transfer:
    """One file from one address."""

    def __init__(self, client: httpx.Client, address: str, target: Path, sha256: str, watch: Watch) -> None:
        self._client, self._address, self._watch = client, address, watch
        self._target, self._sha256 = target, sha256
        self._part = target.with_name(target.name + ".part")
        self._mark = target.with_name(target.name + ".part.etag")
        """Address and ETag of what lies in the part."""

    def run(self) -> None:
        """Try until the file is whole, as long as the tries bring bytes that none before had."""
        failed, most = 0, self._size()
        while True:
            try:
                self._once()
                break
            except RetryError as later:
                failed = 1 if self._size() > most else failed + 1
                most = max(most, self._size())
                wait = later.wait if later.wait is not None else FIRST_WAIT * 2 ** (failed - 1)
                if failed >= TRIES or wait > LONGEST_WAIT:
                    raise later.error from None
                self._sleep(wait)
        move(self._part, self._target)
        self._mark.unlink(missing_ok=True)

    def _once(self) -> None:
        """Ask for what is missing, append it, and check the whole."""
        begun = self._size()
        try:
            with closing(in_background(self._receive(begun), self._watch.check)) as items:
                total = self._begin(cast("httpx.Response", next(items)), begun)
                self._watch.progress(self._size(), total)
                with self._part.open("a+b") as part:
                    digest = self._digest(part)
                    for data in items:
                        part.write(cast("bytes", data))
                        digest.update(cast("bytes", data))
                        self._watch.progress(part.tell(), total)
        except httpx.ProxyError as error:
            raise StageError("proxy_login" if "407" in str(error) else "proxy_failed") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RetryError(StageError(network_code(error))) from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise StageError("disk_full", path=str(self._target.parent), free=free_bytes(self._target)) from error
        self._check(total, digest.hexdigest(), resumed=begun > 0)

    def _receive(self, begun: int) -> Iterator[httpx.Response | bytes]:
        """The answer, then its bytes (none where it is of no use)."""
        headers = {"Range": f"bytes={begun}-"} if begun else {}
        if begun and not self._sha256:
            headers["If-Range"] = self._etag()
        with self._client.stream("GET", self._address, headers=headers) as response:
            yield response
            if response.status_code == 200 or (response.status_code == 206 and first_byte(response) == begun):
                yield from response.iter_raw()

    def _begin(self, response: httpx.Response, begun: int) -> int | None:
        """Judge the answer's head; the whole file's length, None where that is not told."""
        status, total = response.status_code, whole_length(response)
        if status == 416 and total == begun:
            return total  # all of it is here
        if status == 416 or (status == 206 and first_byte(response) != begun):
            self._discard()
            raise RetryError(StageError("connection_reset"), 0.0)
        if status not in (200, 206):
            raise refusal(response)
        if status == 200:  # from the beginning: the server knows no ranges, or the file is another one by now
            self._discard()
            self._part.touch()
            self._mark.write_text(f"{self._address}\n{validator(response)}\n", encoding="utf-8")
        missing, free = (total or 0) - self._size(), free_bytes(self._target)
        if missing > 0 and free < missing + RESERVE:
            raise StageError("disk_space", path=str(self._target.parent), needed=missing + RESERVE, free=free)
        return total

    def _digest(self, part: IO[bytes]) -> "hashlib._Hash":
        """The sha256 of what is here; the rest is added as it comes."""
        digest = hashlib.sha256()
        part.seek(0)
        while block := part.read(BLOCK):
            self._watch.check()
            digest.update(block)
        return digest

    def _check(self, total: int | None, sha256: str, *, resumed: bool) -> None:
        """Length and sha256. Of a part that was gone on with, the old bytes may be the wrong ones: begin again."""
        if total in (None, self._size()) and self._sha256 in ("", sha256):
            return
        self._discard()
        error = StageError("download_differs", name=self._target.name, address=self._address)
        raise RetryError(error, 0.0) if resumed else error

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._watch.check()
            time.sleep(min(0.1, left))

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _discard(self) -> None:
        self._part.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)

    def _etag(self) -> str:
        """What the part was when it began; a mark that nothing has, where that was elsewhere or is not known."""
        try:
            address, etag, *_ = self._mark.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return '"none"'
        return etag if etag and address == self._address else '"none"'
