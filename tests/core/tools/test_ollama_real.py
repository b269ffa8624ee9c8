"""The real Ollama: the one that TUNESMITH_TEST_OLLAMA names, else the demo's own, installed for the session."""

import http.server
import os
import re
import socket
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import uv

from core.events import StageError
from core.platform.detached import start_detached
from core.tools.modelfile import Modelfile
from core.tools.ollama_chat import ask
from core.tools.ollama_connection import Client
from core.tools.ollama_demo import DemoServer, get_server
from core.tools.ollama_models import create, digest_of, push
from core.tools.ollama_names import problems
from core.tools.ollama_server import PrivateServer, running, start_server

pytestmark = pytest.mark.real

TEMPLATE = "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n"
MODELFILE = Modelfile(
    "tiny.gguf", TEMPLATE, 'You are "tiny".\n说中文。', {"stop": ("<|im_end|>",), "num_ctx": 512, "num_thread": 1}
)
MakeGguf = Callable[..., Path]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> DemoServer:
    if given := os.environ.get("TUNESMITH_TEST_OLLAMA"):
        return DemoServer((given, "serve"), {}, (), "")

    def run_uv(arguments: Sequence[str]) -> None:
        subprocess.run([uv.find_uv_bin(), *arguments], check=True)

    found = get_server(tmp_path_factory.mktemp("demo") / "ollama", run_uv, lambda code, values: None)
    assert all(text.stat().st_size for text in found.licences)
    return found


@pytest.fixture(scope="session")
def private(server: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateServer]:
    with running(server, tmp_path_factory.mktemp("private 模型"), start_detached) as up:
        yield up


@pytest.fixture
def client(private: PrivateServer) -> Iterator[Client]:
    with Client(private.address) as opened:
        yield opened


@pytest.fixture
def gguf(make_gguf: MakeGguf, tmp_path: Path) -> Path:
    return make_gguf(tmp_path / "模 型.gguf")


@dataclass
class FakeRegistry:
    """Test code: as much of an OCI registry as a push needs; ``denies`` makes it refuse every key."""

    address: str = ""
    denies: bool = False
    blobs: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)


def _serve(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class RegistryHandler(http.server.BaseHTTPRequestHandler):
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

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _any(self) -> None:
        body = self._body()
        base, path = f"http://{self.state.address}", self.path.partition("?")[0]
        last = path.rpartition("/")[2]
        if self.path.startswith("/token"):
            self._answer(401, b'{"error":"bad key"}')
        elif self.state.denies:
            self._answer(401, b"{}", WWW_Authenticate=f'Bearer realm="{base}/token",service="x",scope="y"')
        elif self.command == "HEAD":
            self._answer(200 if last in self.state.blobs else 404)
        elif "/manifests/" in path:
            self.state.manifests[path] = body
            self._answer(201)
        else:
            self._upload(body, base + path, last)

    def _upload(self, body: bytes, place: str, upload: str) -> None:
        if self.command == "POST":
            upload = str(uuid.uuid4())
            place += upload
            self.state.uploads[upload] = b""
        elif self.command == "PATCH":
            self.state.uploads[upload] += body
        else:
            digest = re.findall(r"digest=([^&]+)", self.path)[0].replace("%3A", ":")
            self.state.blobs[digest] = self.state.uploads.pop(upload) + body
        self._answer(201 if self.command == "PUT" else 202, Location=place, Docker_Upload_UUID=upload)

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)


@pytest.fixture
def fake_registry() -> Iterator[FakeRegistry]:
    registry = FakeRegistry()

    class Handler(RegistryHandler):
        state = registry

    for address in _serve(Handler):
        registry.address = address
        yield registry


def quiet(done: int, total: int | None, what: str) -> None:
    pass


def test_a_model_is_created_found_and_answers(client: Client, gguf: Path) -> None:
    steps: list[tuple[int, int | None, str]] = []
    digest = create(client, "You/Tiny:f16", gguf, MODELFILE, lambda *step: steps.append(step))
    size = gguf.stat().st_size
    assert (size, size, "upload") in steps
    assert steps[-1][2] == "success"
    assert digest == digest_of(client, "you/tiny:F16")
    one, two = (ask(client, "you/tiny:f16", "你是谁？", {"num_predict": 12}) for _ in range(2))
    assert one == two
    assert (one.done_reason, one.eval_count) == ("length", 12)
    assert len(one.text) == 12


def test_making_it_again_sends_nothing_and_keeps_the_digest(client: Client, gguf: Path) -> None:
    first = create(client, "again", gguf, MODELFILE, quiet)
    steps: list[str] = []
    assert create(client, "again", gguf, MODELFILE, lambda done, total, what: steps.append(what)) == first
    assert "upload" not in steps
    changed = Modelfile(MODELFILE.from_, TEMPLATE, "another", MODELFILE.parameters)
    assert create(client, "again", gguf, changed, quiet) != first


def test_the_written_modelfile_makes_the_same_model_as_the_api(
    server: DemoServer, private: PrivateServer, client: Client, gguf: Path
) -> None:
    modelfile = Modelfile(str(gguf), MODELFILE.template, MODELFILE.system, MODELFILE.parameters)
    digest = create(client, "by-api", gguf, modelfile, quiet)
    text = gguf.with_name("Modelfile")
    text.write_text(modelfile.text(), encoding="utf-8")
    env = {**os.environ, "OLLAMA_HOST": private.address, "HOME": str(gguf.parent)}
    subprocess.run([server.argv[0], "create", "by-hand", "-f", str(text)], env=env, check=True, capture_output=True)
    shown = client.show("by-hand")
    assert shown.template == MODELFILE.template
    assert shown.modelfile
    assert MODELFILE.system in shown.modelfile
    assert digest_of(client, "by-hand") == digest


@pytest.mark.parametrize("name", ["山姆:q4", "a b", "-m", "a/b/c/d", "m:", "you.x/m", "http://x/m", "m" * 81, "m:y:z"])
def test_ollama_refuses_the_names_that_we_refuse(client: Client, gguf: Path, name: str) -> None:
    assert any(problem.level == "error" for problem in problems(name))
    with pytest.raises(StageError) as caught:
        create(client, name, gguf, MODELFILE, quiet)
    assert caught.value.code == "ollama_name_refused"


@pytest.mark.parametrize("name", ["Caps/My-Model:Q4", "_m", "m..n", "h.o:80/_n/m:a.b", "m" * 80])
def test_ollama_takes_the_names_that_we_take(client: Client, gguf: Path, name: str) -> None:
    assert not any(problem.level == "error" for problem in problems(name))
    assert create(client, name, gguf, MODELFILE, quiet)


def test_a_file_that_is_no_gguf_is_refused(client: Client, tmp_path: Path) -> None:
    junk = tmp_path / "junk.gguf"
    junk.write_bytes(b"junk" * 100)
    with pytest.raises(StageError) as caught:
        create(client, "junk", junk, MODELFILE, quiet)
    assert caught.value.code == "ollama_not_a_gguf"
    assert digest_of(client, "junk") is None


def test_an_architecture_that_ollama_does_not_know_cannot_be_loaded(
    client: Client, make_gguf: MakeGguf, tmp_path: Path
) -> None:
    create(client, "foo", make_gguf(tmp_path / "foo.gguf", "foo"), MODELFILE, quiet)
    with pytest.raises(StageError) as caught:
        ask(client, "foo", "?")
    assert caught.value.code in {"ollama_unsupported_architecture", "ollama_cannot_load"}


def test_a_model_that_is_not_there_is_named(client: Client) -> None:
    with pytest.raises(StageError) as caught:
        ask(client, "nope", "?")
    assert (caught.value.code, caught.value.values) == ("ollama_model_missing", {"name": "nope"})
    with pytest.raises(StageError) as pushed:
        push(client, "you/nope", quiet)
    assert pushed.value.code == "ollama_model_missing"


def test_a_push_arrives_whole_with_progress(client: Client, gguf: Path, fake_registry: FakeRegistry) -> None:
    name = f"{fake_registry.address}/me/pushed:b4"
    create(client, name, gguf, MODELFILE, quiet)
    steps: list[tuple[int, int | None]] = []
    push(client, name, lambda done, total, what: steps.append((done, total)))
    assert list(fake_registry.manifests) == ["/v2/me/pushed/manifests/b4"]
    assert gguf.read_bytes() in fake_registry.blobs.values()
    size = sum(map(len, fake_registry.blobs.values()))
    assert steps[-1] == (size, size)


def test_a_push_that_is_not_allowed_is_understood(client: Client, gguf: Path, fake_registry: FakeRegistry) -> None:
    fake_registry.denies = True
    name = f"{fake_registry.address}/me/tiny"
    create(client, name, gguf, MODELFILE, quiet)
    with pytest.raises(StageError) as caught:
        push(client, name, quiet)
    assert (caught.value.code, caught.value.values) == ("ollama_push_unauthorized", {"name": name})


def test_a_registry_that_is_not_there_is_understood(client: Client, gguf: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        name = f"127.0.0.1:{unused.getsockname()[1]}/me/tiny"
        create(client, name, gguf, MODELFILE, quiet)
        with pytest.raises(StageError) as caught:
            push(client, name, quiet)
    assert caught.value.code == "ollama_registry_unreachable"


def test_a_port_that_is_taken_is_told(server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(StageError) as caught:
            start_server(server.argv, address, tmp_path / "log", start_detached)
    assert (caught.value.code, caught.value.values) == ("ollama_port_taken", {"host": address})


def test_no_process_is_left_while_a_model_is_loaded(server: DemoServer, tmp_path: Path, gguf: Path) -> None:
    with running(server, tmp_path / "own", start_detached) as up, Client(up.address) as client:
        create(client, "m", gguf, MODELFILE, quiet)
        ask(client, "m", "?", {"num_predict": 4})
        family = [psutil.Process(up.pid), *psutil.Process(up.pid).children(recursive=True)]
        assert [loaded.model for loaded in client.ps().models] == ["m:latest"]
    assert len(family) >= 2, "the model's runner is a process of its own"
    assert not any(process.is_running() for process in family)
    assert (tmp_path / "own" / "models" / "manifests").is_dir()
