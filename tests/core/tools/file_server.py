"""Test code: a file server on loopback that misbehaves on demand, and a proxy that wants a password."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Faults:
    """What goes wrong; the counters say what was asked."""

    cut_after: int | None = None
    """Bytes of a body after which the connection is cut."""
    cuts: int = 1_000_000
    """How many answers are cut; the ones after are whole."""
    then: list[int] = field(default_factory=list)
    """Answers after a cut."""
    length_off: int = 0
    """Added to the Content-Length."""
    statuses: list[int] = field(default_factory=list)
    """Answers before the first good one."""
    retry_after: str = ""
    ranges: bool = True
    etag: str = '"1"'
    delay: float = 0.0
    """Seconds before every piece of 1000 bytes."""
    head_delay: float = 0.0
    redirect: str = ""
    chunked: bool = False
    """No length is told; the end of the connection is the end of the file."""
    wrong_start: bool = False
    """A 206 that begins elsewhere."""
    requests: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0


class FileServer(ThreadingHTTPServer):
    """Serves one content at every path."""

    daemon_threads = True

    def __init__(self, content: bytes, faults: Faults) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.faults = content, faults

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.bin"


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        time.sleep(self.server.faults.head_delay)
        self._head(200, len(self.server.content))

    def do_GET(self) -> None:
        faults = self.server.faults
        faults.requests.append(dict(self.headers))
        if faults.redirect and self.path == "/file.bin":
            self.send_response(302)
            self.send_header("Location", faults.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif faults.statuses:
            self._refuse(faults.statuses.pop(0))
        else:
            self._give(self._start())

    def _start(self) -> int:
        faults, wanted = self.server.faults, self.headers.get("Range", "")
        if not faults.ranges or not wanted or self.headers.get("If-Range", faults.etag) != faults.etag:
            return 0
        return int(wanted.removeprefix("bytes=").partition("-")[0])

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        if self.server.faults.retry_after:
            self.send_header("Retry-After", self.server.faults.retry_after)
        if status == 407:
            self.send_header("Proxy-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _give(self, start: int) -> None:
        faults, content = self.server.faults, self.server.content
        if start >= len(content) > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content) + faults.length_off}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._head(206 if start else 200, len(content) - start + faults.length_off, start)
        body = content[start:]
        if faults.cut_after is not None and faults.cuts > 0 and len(body) > faults.cut_after:
            faults.cuts -= 1
            body = body[: faults.cut_after]
            faults.statuses += faults.then
        with contextlib.suppress(OSError):
            step = 1000 if faults.delay else 1_000_000
            for begin in range(0, len(body), step):
                time.sleep(faults.delay)
                piece = body[begin : begin + step]
                faults.sent += len(piece)
                self.wfile.write(piece)
        self.close_connection = True

    def _head(self, status: int, length: int, start: int = 0) -> None:
        faults = self.server.faults
        whole = len(self.server.content) + faults.length_off
        self.send_response(status)
        if not faults.chunked:
            self.send_header("Content-Length", str(length))
        if status == 206:
            first = start + 1 if faults.wrong_start else start
            self.send_header("Content-Range", f"bytes {first}-{whole - 1}/{whole}")
        if faults.etag:
            self.send_header("ETag", faults.etag)
        self.end_headers()


@contextlib.contextmanager
def serving(content: bytes, faults: Faults | None = None) -> Iterator[FileServer]:
    """A server while the block runs."""
    server = FileServer(content, faults or Faults())
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
