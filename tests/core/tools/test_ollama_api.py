"""The calls of Ollama's API, against a stand-in for the server (the real one: test_ollama_real.py)."""

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.events import StageError, Stopped
from core.models.files import CHUNK
from core.tools.modelfile import Modelfile
from core.tools.ollama import MINIMUM_VERSION, check_version, reach
from core.tools.ollama import version as version_at
from core.tools.ollama_chat import Reply, ask
from core.tools.ollama_connection import Client
from core.tools.ollama_models import copy, create, delete, digest_of, models, push
from tests.core.fake_ollama import FakeOllama


@pytest.fixture
def fake_client(fake_ollama: FakeOllama) -> Iterator[Client]:
    with Client(fake_ollama.address) as client:
        yield client


def test_the_version_of_a_server_that_answers(fake_ollama: FakeOllama) -> None:
    assert version_at(fake_ollama.address) == "0.9.3"


def test_a_proxy_does_not_catch_the_loopback(fake_ollama: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert version_at(fake_ollama.address) == "0.9.3"
    with Client(fake_ollama.address) as client:
        assert list(client.list().models) == []


@pytest.mark.parametrize("answer", [(200, [{"name": "another program"}]), (404, []), (500, []), (200, [])])
def test_somebody_else_on_the_port_is_not_ollama(
    fake_ollama: FakeOllama, answer: tuple[int, list[dict[str, object]]]
) -> None:
    fake_ollama.answers["/api/version"] = answer
    assert version_at(fake_ollama.address) is None
    with pytest.raises(StageError) as caught:
        reach(fake_ollama.address)
    assert (caught.value.code, caught.value.values) == ("ollama_port_taken", {"host": fake_ollama.address})


def test_a_server_that_takes_connections_and_says_nothing_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(StageError) as caught:
            reach(address, timeout=0.3)
    assert (caught.value.code, caught.value.values) == ("ollama_hangs", {"host": address})


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
    made = create(fake_client, "You/M", big_gguf, MODELFILE, lambda *step: steps.append(step))
    assert made == fake_ollama.models["you/m:latest"]
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


def test_models_are_listed_copied_and_deleted(fake_ollama: FakeOllama, fake_client: Client) -> None:
    fake_ollama.models["m:latest"] = "a" * 64
    assert copy(fake_client, "m:latest", "m:q8_0") == "a" * 64
    assert [(model.name, model.digest) for model in models(fake_client)] == [
        ("m:latest", "a" * 64),
        ("m:q8_0", "a" * 64),
    ]
    delete(fake_client, "m:q8_0")
    assert [model.name for model in models(fake_client)] == ["m:latest"]
    with pytest.raises(StageError) as caught:
        delete(fake_client, "m:q8_0")
    assert (caught.value.code, caught.value.values) == ("ollama_model_missing", {"name": "m:q8_0"})


@pytest.mark.parametrize("path", ["/api/tags", "/api/create"])
def test_a_server_that_answers_500_is_told_with_its_words(
    fake_ollama: FakeOllama, fake_client: Client, big_gguf: Path, path: str
) -> None:
    fake_ollama.answers[path] = (500, [{"error": "disk on fire"}])
    with pytest.raises(StageError) as caught:
        create(fake_client, "m", big_gguf, MODELFILE, lambda *step: None)
    assert (caught.value.code, caught.value.values) == ("ollama_error", {"reason": "disk on fire"})
    fake_ollama.answers.clear()
    assert create(fake_client, "m", big_gguf, MODELFILE, lambda *step: None) == fake_ollama.models["m:latest"]


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
