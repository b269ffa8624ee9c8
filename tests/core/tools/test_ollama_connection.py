"""A stop while Ollama says nothing, against a stand-in (test code) that takes connections and never answers."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.events import StageError, Stopped
from core.tools import ollama_connection
from core.tools.modelfile import Modelfile
from core.tools.ollama_chat import ask
from core.tools.ollama_connection import Client
from core.tools.ollama_models import create, digest_of, push

MODELFILE = Modelfile("m.gguf", "{{ .Prompt }}", "", {"stop": ("<|im_end|>",)})


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that accepts, reads nothing and says nothing."""
    monkeypatch.setattr("core.tools.ollama_models.check_version", lambda _: "0.9.3")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def client(silent: str) -> Iterator[Client]:
    """A client of the silent server, whose user asks to stop after half a second."""
    asked = threading.Event()
    timer = threading.Timer(0.5, asked.set)

    def check() -> None:
        if asked.is_set():
            raise Stopped

    timer.start()
    with Client(silent, check) as client:
        yield client
    timer.join()


CALLS: dict[str, Callable[[Client, Path], object]] = {
    "chat": lambda client, _: ask(client, "m", "?"),
    "list": lambda client, _: digest_of(client, "m"),
    "create": lambda client, gguf: create(client, "m", gguf, MODELFILE, lambda *_: None),
    "push": lambda client, _: push(client, "you/m", lambda *_: None),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_stop_ends_a_call_that_is_not_answered(client: Client, tmp_path: Path, call: str) -> None:
    gguf = tmp_path / "m.gguf"
    gguf.write_bytes(b"GGUF")
    begin = time.monotonic()
    with pytest.raises(Stopped):
        CALLS[call](client, gguf)
    assert time.monotonic() - begin < 2


def test_a_stop_ends_an_upload_that_is_not_read(client: Client) -> None:
    size, piece = 1 << 30, bytes(1 << 20)
    begin = time.monotonic()
    with pytest.raises(Stopped):
        client.upload_blob("sha256:0", size, (piece for _ in range(1 << 10)))
    assert time.monotonic() - begin < 2


def test_a_server_that_stays_silent_is_given_up(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ollama_connection, "SILENCE_TIMEOUT", 0.6)
    begin = time.monotonic()
    with Client(silent) as client, pytest.raises(StageError) as caught:
        digest_of(client, "m")
    assert (caught.value.code, caught.value.values["host"]) == ("ollama_silent", silent)
    assert 0.5 < time.monotonic() - begin < 2
