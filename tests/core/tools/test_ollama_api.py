"""The calls of Ollama's API, against a stand-in for the server (the real one: test_ollama_real.py)."""

import hashlib
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.events import StageError, Stopped
from core.models.files import CHUNK
from core.tools.modelfile import Modelfile
from core.tools.ollama import MINIMUM_VERSION, Client, check_version, status
from core.tools.ollama import version as version_at
from core.tools.ollama_chat import Reply, ask
from core.tools.ollama_models import create, digest_of, push


@dataclass
class FakeOllama:
    """Test code: answers like Ollama 0.9.3 (recorded by hand from the real one), from what a test puts in here."""

    address: str = ""
    version: str = "0.9.3"
    blobs: dict[str, bytes] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)
    answers: dict[str, tuple[int, list[dict[str, object]]]] = field(default_factory=dict)
    """Path to (status, lines): overrides the usual answer."""


def _serve(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fake_ollama() -> Iterator[FakeOllama]:
    state = FakeOllama()

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            state.requests.append(("HEAD", self.path))
            self.send_response(200 if self.path.rpartition("/")[2] in state.blobs else 404)
            self.end_headers()

        def do_GET(self) -> None:
            state.requests.append(("GET", self.path))
            listed = [{"model": name, "digest": digest} for name, digest in state.models.items()]
            usual: dict[str, object] = {"version": state.version} if "version" in self.path else {"models": listed}
            self._lines(*state.answers.get(self.path, (200, [usual])))

        def do_POST(self) -> None:
            state.requests.append(("POST", self.path))
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/api/blobs/"):
                digest = self.path.rpartition("/")[2]
                assert digest == "sha256:" + hashlib.sha256(body).hexdigest()
                state.blobs[digest] = body
                self._lines(201, [])
                return
            state.bodies.append(json.loads(body))
            if self.path == "/api/create" and self.path not in state.answers:
                state.models[str(state.bodies[-1]["model"]).lower() + ":latest"] = "d" * 64
            self._lines(*state.answers.get(self.path, (200, [{"status": "success"}])))

        def _lines(self, status: int, lines: list[dict[str, object]]) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write("\n".join(json.dumps(line) for line in lines).encode())

    for address in _serve(Handler):
        state.address = address
        yield state


@pytest.fixture
def fake_client(fake_ollama: FakeOllama) -> Iterator[Client]:
    with Client(fake_ollama.address) as client:
        yield client


def test_the_version_of_a_server_that_answers(fake_ollama: FakeOllama, tmp_path: Path) -> None:
    assert version_at(fake_ollama.address) == "0.9.3"
    found = status(fake_ollama.address, {"PATH": str(tmp_path)})
    assert found.reachable
    assert (found.version, found.binary) == ("0.9.3", None)


def test_a_proxy_does_not_catch_the_loopback(fake_ollama: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert version_at(fake_ollama.address) == "0.9.3"
    with Client(fake_ollama.address) as client:
        assert list(client.list().models) == []


def test_somebody_else_on_the_port_is_not_ollama(fake_ollama: FakeOllama) -> None:
    fake_ollama.answers["/api/version"] = (200, [{"name": "another program"}])
    assert version_at(fake_ollama.address) is None
    fake_ollama.answers["/api/version"] = (404, [])
    assert version_at(fake_ollama.address) is None


def test_an_old_server_and_none_are_told_apart(fake_ollama: FakeOllama) -> None:
    fake_ollama.version = "0.5.4"
    with pytest.raises(StageError) as old:
        check_version(fake_ollama.address)
    assert (old.value.code, old.value.values) == ("ollama_too_old", {"version": "0.5.4", "needed": MINIMUM_VERSION})
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(StageError) as nobody:
            check_version(address)
    assert (nobody.value.code, nobody.value.values) == ("ollama_not_running", {"host": address})


MODELFILE = Modelfile("m.gguf", "{{ .Prompt }}", "be kind", {"stop": ("<|im_end|>",), "num_ctx": 512})
Steps = list[tuple[int, int | None, str]]


@pytest.fixture
def big_gguf(tmp_path: Path) -> Path:
    path = tmp_path / "模 型.gguf"
    path.write_bytes(b"GGUF" + bytes(2 * CHUNK))
    return path


def test_a_new_file_is_hashed_and_uploaded_with_progress(
    fake_ollama: FakeOllama, fake_client: Client, big_gguf: Path
) -> None:
    steps: Steps = []
    assert create(fake_client, "You/M", big_gguf, MODELFILE, lambda *step: steps.append(step)) == "d" * 64
    size = big_gguf.stat().st_size
    reads = [(done, size) for done in (CHUNK, 2 * CHUNK, size)]
    assert [step[:2] for step in steps if step[2] == "sha256"] == reads
    assert [step[:2] for step in steps if step[2] == "upload"] == reads
    assert steps[-1] == (0, None, "success")
    (blob,) = fake_ollama.blobs
    assert fake_ollama.bodies == [
        {
            "model": "You/M",
            "stream": True,
            "files": {"模 型.gguf": blob},
            "template": "{{ .Prompt }}",
            "system": "be kind",
            "parameters": {"stop": ["<|im_end|>"], "num_ctx": 512},
        }
    ]


def test_what_the_server_has_is_neither_hashed_nor_sent_again(
    fake_ollama: FakeOllama, fake_client: Client, big_gguf: Path
) -> None:
    sha256 = hashlib.sha256(big_gguf.read_bytes()).hexdigest()
    fake_ollama.blobs[f"sha256:{sha256}"] = b""
    steps: Steps = []
    create(fake_client, "m", big_gguf, MODELFILE, lambda *step: steps.append(step), sha256=sha256)
    assert {step[2] for step in steps} == {"success"}
    assert [path for _, path in fake_ollama.requests if "blobs" in path] == [f"/api/blobs/sha256:{sha256}"]


def test_a_stop_ends_the_upload(fake_ollama: FakeOllama, fake_client: Client, big_gguf: Path) -> None:
    def stop(done: int, total: int | None, what: str) -> None:
        if what == "upload":
            raise Stopped

    with pytest.raises(Stopped):
        create(fake_client, "m", big_gguf, MODELFILE, stop)
    assert fake_ollama.models == {}


def test_an_old_server_gets_nothing(fake_ollama: FakeOllama, fake_client: Client, big_gguf: Path) -> None:
    fake_ollama.version = "0.5.4"
    with pytest.raises(StageError) as caught:
        create(fake_client, "m", big_gguf, MODELFILE, lambda *step: None)
    assert caught.value.code == "ollama_too_old"
    assert fake_ollama.blobs == {}


def test_a_model_that_was_created_but_is_not_listed_is_an_error(
    fake_ollama: FakeOllama, fake_client: Client, big_gguf: Path
) -> None:
    fake_ollama.answers["/api/create"] = (200, [{"status": "success"}])
    with pytest.raises(StageError) as caught:
        create(fake_client, "m", big_gguf, MODELFILE, lambda *step: None)
    assert (caught.value.code, caught.value.values) == ("ollama_model_missing", {"name": "m"})


def test_an_error_in_the_stream_is_understood(fake_ollama: FakeOllama, fake_client: Client, big_gguf: Path) -> None:
    fake_ollama.answers["/api/create"] = (
        200,
        [{"status": "parsing GGUF"}, {"error": "write x: no space left on device"}],
    )
    with pytest.raises(StageError) as caught:
        create(fake_client, "m", big_gguf, MODELFILE, lambda *step: None)
    assert caught.value.code == "ollama_disk_full"


def test_the_digest_is_found_under_the_full_name_without_regard_to_capitals(
    fake_ollama: FakeOllama, fake_client: Client
) -> None:
    fake_ollama.models |= {"you/M:latest": "a" * 64, "m:q4": "b" * 64}
    assert digest_of(fake_client, "You/m") == "a" * 64
    assert digest_of(fake_client, "registry.ollama.ai/library/m:Q4") == "b" * 64
    assert digest_of(fake_client, "m") is None


def test_a_push_adds_up_the_bytes_of_all_layers(fake_ollama: FakeOllama, fake_client: Client) -> None:
    fake_ollama.answers["/api/push"] = (
        200,
        [
            {"status": "retrieving manifest"},
            {"status": "pushing a", "digest": "sha256:a", "total": 100},
            {"status": "pushing a", "digest": "sha256:a", "total": 100, "completed": 60},
            {"status": "pushing b", "digest": "sha256:b", "total": 10, "completed": 10},
            {"status": "pushing a", "digest": "sha256:a", "total": 100, "completed": 100},
            {"status": "success"},
        ],
    )
    steps: Steps = []
    push(fake_client, "you/m", lambda *step: steps.append(step))
    assert [step[:2] for step in steps] == [(0, None), (0, 100), (60, 100), (70, 110), (110, 110), (110, 110)]
    assert fake_ollama.bodies == [{"model": "you/m", "insecure": False, "stream": True}]


def test_a_registry_on_this_computer_is_asked_without_a_certificate(
    fake_ollama: FakeOllama, fake_client: Client
) -> None:
    push(fake_client, "127.0.0.1:5000/me/m", lambda *step: None)
    assert fake_ollama.bodies[0]["insecure"] is True


def test_an_answer_is_put_together_and_can_be_watched(fake_ollama: FakeOllama, fake_client: Client) -> None:
    def part(text: str, **more: object) -> dict[str, object]:
        return {"message": {"role": "assistant", "content": text}, "done": bool(more), **more}

    fake_ollama.answers["/api/chat"] = (200, [part("我是"), part("山姆"), part("", done_reason="stop", eval_count=5)])
    pieces: list[str] = []
    reply = ask(fake_client, "m", "你是谁？", {"num_thread": 1, "num_predict": 9}, on_text=pieces.append)
    assert reply == Reply("我是山姆", "stop", 5)
    assert pieces == ["我是", "山姆", ""]
    (body,) = fake_ollama.bodies
    assert body["options"] == {"temperature": 0, "num_predict": 9, "num_thread": 1}
    assert body["messages"] == [{"role": "user", "content": "你是谁？"}]


def test_a_stop_ends_an_answer_and_its_connection(fake_ollama: FakeOllama, fake_client: Client) -> None:
    def stop(text: str) -> None:
        raise Stopped

    fake_ollama.answers["/api/chat"] = (200, [{"message": {"role": "assistant", "content": "a"}}] * 3)
    with pytest.raises(Stopped):
        ask(fake_client, "m", "?", on_text=stop)
    fake_ollama.answers.clear()
    assert digest_of(fake_client, "m") is None


def test_a_missing_model_is_named(fake_ollama: FakeOllama, fake_client: Client) -> None:
    fake_ollama.answers["/api/chat"] = (404, [{"error": 'model "m" not found, try pulling it first'}])
    with pytest.raises(StageError) as caught:
        ask(fake_client, "m", "?")
    assert (caught.value.code, caught.value.values) == ("ollama_model_missing", {"name": "m"})


def test_an_answer_that_is_not_ollamas_is_an_error(fake_ollama: FakeOllama, fake_client: Client) -> None:
    fake_ollama.answers["/api/tags"] = (200, [{"models": "none"}])
    with pytest.raises(StageError) as caught:
        digest_of(fake_client, "m")
    assert caught.value.code == "ollama_error"
