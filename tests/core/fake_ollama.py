"""Test code: a stand-in for Ollama's server, and small servers on free ports."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.tools.ollama_names import full

Lines = list[dict[str, object]]


@dataclass
class FakeOllama:
    """Answers like Ollama 0.9.3 (recorded by hand from the real one), from what a test puts in here."""

    address: str = ""
    version: str = "0.9.3"
    blobs: dict[str, bytes] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)
    answers: dict[str, tuple[int, Lines]] = field(default_factory=dict)
    """Path to (status, lines): instead of the usual answer, and of what it would do."""


def serve(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run an HTTP server on a free port; its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def fake_ollama_server() -> Iterator[FakeOllama]:
    """A server that answers from a FakeOllama."""
    fake = FakeOllama()

    class Handler(_Handler):
        state = fake

    for address in serve(Handler):
        fake.address = address
        yield fake


class _Handler(http.server.BaseHTTPRequestHandler):
    state: FakeOllama

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.state.requests.append(("HEAD", self.path))
        self.send_response(200 if self.path.rpartition("/")[2] in self.state.blobs else 404)
        self.end_headers()

    def do_GET(self) -> None:
        self.state.requests.append(("GET", self.path))
        listed = [{"model": name, "digest": digest} for name, digest in self.state.models.items()]
        usual: dict[str, object] = {"version": self.state.version} if "version" in self.path else {"models": listed}
        self._lines(*self.state.answers.get(self.path, (200, [usual])))

    def do_POST(self) -> None:
        self.state.requests.append(("POST", self.path))
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/api/blobs/"):
            self._take_blob(content)
            return
        body = json.loads(content)
        self.state.bodies.append(body)
        if self.path in self.state.answers:
            self._lines(*self.state.answers[self.path])
            return
        if self.path == "/api/create":
            self.state.models[full(body["model"]).lower()] = _digest(body)
        if self.path == "/api/copy":
            self.state.models[full(body["destination"])] = self.state.models[full(body["source"])]
        self._lines(200, [{"status": "success"}])

    def do_DELETE(self) -> None:
        named = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["model"]
        if self.state.models.pop(full(named), None):
            self._lines(200, [])
        else:
            self._lines(404, [{"error": f"model '{named}' not found"}])

    def _take_blob(self, content: bytes) -> None:
        digest = self.path.rpartition("/")[2]
        assert digest == "sha256:" + hashlib.sha256(content).hexdigest()
        self.state.blobs[digest] = content
        self._lines(201, [])

    def _lines(self, status: int, lines: Lines) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write("\n".join(json.dumps(line) for line in lines).encode())


def _digest(body: dict[str, object]) -> str:
    """Of a model with this content; the real one's is that of its manifest."""
    content = {key: value for key, value in body.items() if key != "model"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
