"""Test code: a stand-in for Ollama 0.9.3 that makes, runs and pushes nothing, and can fall silent in any call."""

import contextlib
import http.server
import json
import threading
from types import TracebackType
from typing import Self


class SilentOllama:
    """Answers like Ollama; a call of the path named last is taken but never answered, until the caller leaves."""

    def __init__(self) -> None:
        self.silent, self.left = threading.Event(), threading.Event()
        self.models: list[str] = []
        self._path = ""
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fall_silent_at(self, path: str) -> None:
        """From now on, only calls of this path ("" for none) are not answered."""
        self._path = path
        self.silent.clear()
        self.left.clear()

    def is_silent_at(self, path: str) -> bool:
        """Whether a call of this path is not answered."""
        return bool(self._path) and path.startswith(self._path)

    def answer(self, path: str, body: dict[str, str]) -> dict[str, object]:
        """The last line of an answer."""
        if path == "/api/create":
            self.models.append(body["model"])
        if path == "/api/copy":
            self.models.append(body["destination"])
        if path == "/api/chat":
            return {"message": {"role": "assistant", "content": "我是山姆模型"}, "done": True, "done_reason": "stop"}
        return {"status": "success"}


def _handler(ollama: SilentOllama) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.send_response(404)
            self.end_headers()

        def do_GET(self) -> None:
            models = [{"model": name, "digest": "d" * 64} for name in ollama.models]
            self._say({"version": "0.9.3"} if "version" in self.path else {"models": models})

        def do_POST(self) -> None:
            if ollama.is_silent_at(self.path):
                ollama.silent.set()
                with contextlib.suppress(ConnectionError):
                    while self.connection.recv(1 << 16):
                        pass
                ollama.left.set()
                return
            content = self.rfile.read(int(self.headers["Content-Length"]))
            self._say({} if "blobs" in self.path else ollama.answer(self.path, json.loads(content)))

        def _say(self, line: dict[str, object]) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(line).encode())

    return Handler
