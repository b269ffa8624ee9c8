"""The real Ollama: the one that TUNESMITH_TEST_OLLAMA names, else the demo's own, installed for the session."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import gguf as gguf_package
import numpy as np
import psutil
import pytest
import uv

from core.events import StageError, Stopped
from core.platform.detached import start_detached
from core.tools.modelfile import Modelfile
from core.tools.ollama import account_key
from core.tools.ollama_chat import ask
from core.tools.ollama_connection import Client
from core.tools.ollama_demo import DemoServer, get_server
from core.tools.ollama_models import copy, create, delete, digest_of, models, push
from core.tools.ollama_names import problems
from core.tools.ollama_server import PrivateServer, running, start_server
from tests.core.tools.fake_registry import FakeRegistry, Refusal, fake_registry_server

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


@pytest.fixture
def big_gguf(tmp_path: Path) -> Path:
    return write_gguf(tmp_path / "big.gguf", 32)


def write_gguf(path: Path, megabytes: int) -> Path:
    """A file that Ollama takes and nobody runs."""
    writer = gguf_package.GGUFWriter(path, "qwen2")
    writer.add_tensor("token_embd.weight", np.random.default_rng(megabytes).random((megabytes, 1 << 18), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def fake_registry() -> Iterator[FakeRegistry]:
    yield from fake_registry_server()


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


@pytest.mark.parametrize(
    ("refusal", "code"),
    [("key", "ollama_push_unauthorized"), ("name", "ollama_name_not_yours"), ("403", "ollama_name_not_yours")],
)
def test_a_push_that_is_not_allowed_is_understood(
    client: Client,
    gguf: Path,
    fake_registry: FakeRegistry,
    private: PrivateServer,
    monkeypatch: pytest.MonkeyPatch,
    refusal: Refusal,
    code: str,
) -> None:
    monkeypatch.setattr(Path, "home", lambda: private.models.parent)
    fake_registry.refusal = refusal
    name = f"{fake_registry.address}/me/tiny"
    create(client, name, gguf, MODELFILE, quiet)
    with pytest.raises(StageError) as caught:
        push(client, name, quiet)
    assert (caught.value.code, caught.value.values["name"]) == (code, name)
    if code == "ollama_push_unauthorized":
        assert caught.value.values["key"] == account_key()
        assert account_key().startswith("ssh-ed25519 ")
    fake_registry.refusal = ""
    push(client, name, quiet)
    assert fake_registry.manifests


def test_a_push_that_broke_off_goes_on_with_what_is_missing(
    client: Client, gguf: Path, fake_registry: FakeRegistry
) -> None:
    name = f"{fake_registry.address}/me/broken"
    create(client, name, gguf, MODELFILE, quiet)
    fake_registry.takes = 1
    with pytest.raises(StageError) as caught:
        push(client, name, quiet)
    assert (caught.value.code, caught.value.values) == ("ollama_push_failed", {"reason": "500: out of order"})
    assert fake_registry.manifests == {}
    assert list(fake_registry.blobs.values()) == [gguf.read_bytes()]
    fake_registry.takes = None
    push(client, name, quiet)
    assert len(fake_registry.manifests) == 1
    assert fake_registry.sent == sum(map(len, fake_registry.blobs.values()))  # nothing twice


def test_ollama_itself_tries_again_where_the_line_is_cut(
    client: Client, gguf: Path, fake_registry: FakeRegistry
) -> None:
    name = f"{fake_registry.address}/me/cut"
    create(client, name, gguf, MODELFILE, quiet)
    fake_registry.cut_at = 100_000
    push(client, name, quiet)
    assert fake_registry.hung_up
    assert gguf.read_bytes() in fake_registry.blobs.values()
    assert len(fake_registry.manifests) == 1


def test_a_stop_ends_a_push_and_a_second_one_is_whole(
    client: Client, big_gguf: Path, fake_registry: FakeRegistry
) -> None:
    def stop(done: int, total: int | None, what: str) -> None:
        if done:
            raise Stopped

    name = f"{fake_registry.address}/me/stopped"
    create(client, name, big_gguf, MODELFILE, quiet)
    fake_registry.pause = 0.05
    with pytest.raises(Stopped):
        push(client, name, stop)
    fake_registry.pause = 0.0
    assert fake_registry.manifests == {}
    push(client, name, quiet)
    assert big_gguf.read_bytes() in fake_registry.blobs.values()
    assert len(fake_registry.manifests) == 1


def test_an_http_registry_elsewhere_is_not_spoken_to_in_the_clear(
    client: Client, gguf: Path, fake_registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tools.ollama_models.LOOPBACK", ())
    name = f"{fake_registry.address}/me/tiny"
    create(client, name, gguf, MODELFILE, quiet)
    with pytest.raises(StageError) as caught:
        push(client, name, quiet)
    assert (caught.value.code, caught.value.values) == ("ollama_registry_http", {"name": name})


def test_tags_are_listed_copied_and_deleted(client: Client, gguf: Path) -> None:
    digest = create(client, "many", gguf, MODELFILE, quiet)
    assert copy(client, "many", "many:q8_0") == digest
    assert {"many:latest", "many:q8_0"} <= {model.name for model in models(client)}
    delete(client, "many:q8_0")
    assert digest_of(client, "many:q8_0") is None
    assert digest_of(client, "many") == digest
    with pytest.raises(StageError) as caught:
        copy(client, "many:q8_0", "more")
    assert (caught.value.code, caught.value.values) == ("ollama_model_missing", {"name": "many:q8_0"})


def test_ollama_that_dies_in_the_middle_of_an_upload(server: DemoServer, tmp_path: Path, big_gguf: Path) -> None:
    """Nothing is there under a final name, and a second try is whole; what was whole before stays."""
    folder = tmp_path / "dies"
    with running(server, folder, start_detached) as up, Client(up.address) as client:
        before = create(client, "before", write_gguf(tmp_path / "small.gguf", 1), MODELFILE, quiet)

        def die(done: int, total: int | None, what: str) -> None:
            if what == "upload" and done > 8 << 20:
                psutil.Process(up.pid).kill()

        with pytest.raises(StageError) as caught:
            create(client, "dies", big_gguf, MODELFILE, die)
        assert caught.value.code in {"ollama_connection_lost", "ollama_not_running"}
    with running(server, folder, start_detached) as up, Client(up.address) as client:
        assert [model.name for model in models(client)] == ["before:latest"]
        sizes = {path.stat().st_size for path in (up.models / "blobs").glob("sha256-*")}
        assert max(sizes) < big_gguf.stat().st_size
        create(client, "dies", big_gguf, MODELFILE, quiet)
        assert digest_of(client, "before") == before


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
