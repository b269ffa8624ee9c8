"""Connections to Ollama's server that can be left while it is silent: a big model loads for minutes without a word."""

import socket
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import httpcore
import httpx

TICK = 0.25
"""Seconds between two looks whether the user asked to stop."""

Check = Callable[[], None]
"""Called again and again while a call waits; what it raises ends the call."""

Result = TypeVar("Result")


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
