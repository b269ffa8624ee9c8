"""A client of Ollama's API whose calls can be left while the server is silent: a big model loads for minutes.

The client is the package's own; its connections are ours, since httpx has no say over a wait.
"""

import socket
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import httpcore
import httpx
import ollama

TICK = 0.25
"""Seconds between two looks whether the user asked to stop."""

CONNECT_TIMEOUT = 5.0
SILENCE_TIMEOUT = 900.0
"""Seconds without a byte after which a server is given up; Ollama itself gives a model five minutes to load."""

Check = Callable[[], None]
"""Called again and again while a call waits; what it raises ends the call."""

Part = TypeVar("Part")
Result = TypeVar("Result")


class Client(ollama.Client):
    """The package's client, kept from proxies (the server is on this computer), with uploads that can be watched.

    ``check`` is called at least every quarter of a second of a call; what it raises ends the call, in Ollama too.
    """

    def __init__(self, address: str, check: Check = lambda: None) -> None:
        timeout = httpx.Timeout(SILENCE_TIMEOUT, connect=CONNECT_TIMEOUT)
        transport = WatchedTransport(check)
        super().__init__(host=f"http://{address}", timeout=timeout, trust_env=False, transport=transport)
        self.address = address

    def has_blob(self, digest: str) -> bool:
        """Whether the server has a file with this digest (``sha256:...``) already."""
        try:
            self._request_raw("HEAD", f"/api/blobs/{digest}")  # type: ignore[no-untyped-call]
        except ollama.ResponseError as error:
            if error.status_code == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def upload_blob(self, digest: str, size: int, chunks: Iterator[bytes]) -> None:
        """Send a file's bytes; the package's own ``create_blob`` reads the file out of sight, so no progress of it."""
        headers = {"Content-Length": str(size)}
        self._request_raw("POST", f"/api/blobs/{digest}", content=chunks, headers=headers)  # type: ignore[no-untyped-call]


@contextmanager
def streamed(parts: Iterator[Part]) -> Iterator[Iterator[Part]]:
    """The parts of a streamed answer; leaving early closes the connection at once, by which Ollama stops its work."""
    try:
        yield parts
    finally:
        if isinstance(parts, Generator):
            parts.close()


class WatchedTransport(httpx.HTTPTransport):
    """httpx's transport over connections that call ``check``."""

    def __init__(self, check: Check) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(network_backend=_Backend(check))  # httpx has no argument for it


class _Backend(httpcore.SyncBackend):
    def __init__(self, check: Check) -> None:
        self._check = check

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(host, port, timeout, local_address, socket_options), self._check)


class _Stream(httpcore.NetworkStream):
    """A connection that waits in ticks; a socket that ran into its timeout can be asked again, nothing is lost."""

    def __init__(self, stream: httpcore.NetworkStream, check: Check) -> None:
        self._stream, self._check = stream, check
        self._socket: socket.socket = stream.get_extra_info("socket")
        self._socket.settimeout(TICK)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._in_ticks(partial(self._socket.recv, max_bytes), timeout, httpcore.ReadError)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        while rest:
            rest = rest[self._in_ticks(partial(self._socket.send, rest), timeout, httpcore.WriteError) :]

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)

    def _in_ticks(self, work: Callable[[], Result], timeout: float | None, failure: type[Exception]) -> Result:
        begin = time.monotonic()
        while True:
            self._check()
            try:
                return work()
            except TimeoutError as error:
                if timeout is not None and time.monotonic() - begin >= timeout:
                    raise httpcore.ReadTimeout from error
            except OSError as error:
                raise failure(str(error)) from error
