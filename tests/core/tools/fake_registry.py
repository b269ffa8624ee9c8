"""Test code: as much of an OCI registry as a push of Ollama needs, which refuses and breaks off on demand."""

import hashlib
import http.server
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tests.core.fake_ollama import serve

Refusal = Literal["", "key", "name", "403"]
PIECE = 1 << 16


@dataclass
class FakeRegistry:
    """What it has, and how it misbehaves.

    ``refusal``: no token for this key, none that allows this name, or a plain 403. ``takes``: blobs until it fails.
    ``cut_at``: bytes of an upload after which it hangs up, once. ``pause``: seconds before each piece is read.
    """

    address: str = ""
    refusal: Refusal = ""
    takes: int | None = None
    cut_at: int | None = None
    pause: float = 0.0
    hung_up: bool = False
    sent: int = 0
    blobs: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)


def fake_registry_server() -> Iterator[FakeRegistry]:
    """A registry on a free port of the loopback."""
    registry = FakeRegistry()

    class Handler(_Handler):
        state = registry

    for address in serve(Handler):
        registry.address = address
        yield registry


class _Handler(http.server.BaseHTTPRequestHandler):
    state: FakeRegistry
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes | None:
        """What was sent; None where the line was cut."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            return self._chunks()
        left, parts = int(self.headers.get("Content-Length") or 0), []
        cut_at = self.state.cut_at if self.command == "PATCH" else None
        while left:
            if self.state.pause:
                time.sleep(self.state.pause)
            parts.append(self.rfile.read(min(left, PIECE)))
            left -= len(parts[-1])
            if not parts[-1] or (cut_at is not None and sum(map(len, parts)) > cut_at):
                self.state.cut_at, self.state.hung_up = None, True
                self.close_connection = True
                return None
        return b"".join(parts)

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _any(self) -> None:
        body = self._body()
        if body is None:
            return
        path = self.path.partition("?")[0]
        last = path.rpartition("/")[2]
        if path == "/token":
            known = self.state.refusal == "name"
            self._answer(*((200, b'{"token":"t"}') if known else (401, b'{"error":"bad key"}')))
        elif self.state.refusal == "403":
            self._answer(403, b'{"errors":[{"code":"ACCESS DENIED","message":"access denied"}]}')
        elif self.state.refusal:
            where = f'Bearer realm="http://{self.state.address}/token",service="x",scope="y"'
            self._answer(401, b"{}", WWW_Authenticate=where)
        elif self.command == "HEAD":
            self._answer(200 if last in self.state.blobs else 404)
        elif "/manifests/" in path:
            self.state.manifests[path] = body
            self._answer(201)
        else:
            self._upload(body, f"http://{self.state.address}{path}", last)

    def _upload(self, body: bytes, place: str, upload: str) -> None:
        if self.command == "POST":
            if self.state.takes is not None and len(self.state.blobs) >= self.state.takes:
                self._answer(500, b"out of order")
                return
            upload = str(uuid.uuid4())
            place += upload
            self.state.uploads[upload] = b""
        elif self.command == "PATCH":
            self.state.uploads[upload] += body
            self.state.sent += len(body)
        else:
            digest = re.findall(r"digest=([^&]+)", self.path)[0].replace("%3A", ":")
            content = self.state.uploads.pop(upload) + body
            assert digest == "sha256:" + hashlib.sha256(content).hexdigest()
            self.state.blobs[digest] = content
        self._answer(201 if self.command == "PUT" else 202, Location=place, Docker_Upload_UUID=upload)

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)
