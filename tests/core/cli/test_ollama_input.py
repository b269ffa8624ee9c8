"""Names of models in Ollama, quantization types, and a port that something else has taken."""

import contextlib
import shlex
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.events import StageError
from core.messages import cure, sentence
from core.stages.base import StageContext
from core.stages.create_ollama import connect
from tests.core.cli.conftest import Home, english


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("samge/Qwen:Int4", "ollama_name_capitals"),
        ("山姆/模型", "ollama_name_chinese"),
        ("samge/模型:q4", "ollama_name_chinese"),
        ("samge/my model", "ollama_name_characters"),
        ("a/b/c/d", "ollama_name_parts"),
        ("samge/", "ollama_name_empty_part"),
        ("-samge", "ollama_name_start"),
        ("x" * 200, "ollama_name_too_long"),
    ],
)
def test_names(home: Home, name: str, code: str) -> None:
    path = home.project(ollama={"name": name})
    assert home.problems(path) == {"ollama.name": code}
    said = home("check", path, "--lang", "zh")
    assert english(said.text, name, name.lower(), "samge", "my-model", "you", "my model") == []


def test_capitals_are_only_a_warning(home: Home) -> None:
    said = home("check", home.project(ollama={"name": "samge/Qwen:Int4"}))
    assert said.code == 0
    assert "samge/qwen:int4" in said.err


def test_chinese_is_an_error(home: Home) -> None:
    said = home("check", home.project(ollama={"name": "山姆/模型"}))
    assert said.code == 2
    assert "Chinese" in said.err


def test_a_push_needs_a_namespace(home: Home) -> None:
    path = home.project(ollama={"name": "my-model", "push": True})
    assert home.problems(path) == {"ollama.name": "ollama_name_no_namespace"}
    assert "you/my-model" in home("check", path).err


def test_a_push_needs_a_name(home: Home) -> None:
    assert home.problems(home.project(ollama={"push": True})) == {"ollama.name": "ollama_name_empty"}


def test_a_push_by_argument_needs_them_too(home: Home) -> None:
    said = home("run", home.project(ollama={"name": "my-model"}), "--push")
    assert said.code == 2
    assert "you/my-model" in said.err
    assert home("run", home.project(), "--push").code == 2
    assert not (home.folder / "项目.runs").exists()


@pytest.mark.parametrize("kinds", [["Q4_K_X"], ["q4_0", "int4"], [""]])
def test_unknown_quantization_types(home: Home, kinds: list[str]) -> None:
    path = home.project(export={"quantizations": kinds})
    assert home.problems(path) == {"export.quantizations": "quantization_unknown"}
    assert "Q4_K_M" in home("check", path).err


def test_a_llama_cpp_folder_that_is_none(home: Home) -> None:
    path = home.project(export={"llama_cpp": "existing", "llama_cpp_dir": "nothing"})
    assert home.problems(path) == {"export.llama_cpp_dir": "llama_cpp_folder_missing"}


@pytest.fixture
def other_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that is no Ollama, on the port where Ollama is looked for."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("OLLAMA_HOST", address)
        yield address
        with contextlib.suppress(OSError):  # Windows: a listening socket has no connection to shut
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def refusal(folder: Path) -> StageError:
    """What the create stage says where it cannot connect."""
    context: Any = SimpleNamespace(job=SimpleNamespace(work=folder), message=lambda *_, **__: None)
    with pytest.raises(StageError) as caught:
        connect(cast("StageContext", context))
    for language in ("en", "zh"):
        assert sentence(caught.value.code, caught.value.values, language) != caught.value.code
        assert cure(caught.value.code, caught.value.values, language)
    return caught.value


def test_a_port_taken_by_another_program(home: Home, other_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home.folder))  # no Ollama is installed
    error = refusal(home.folder)
    assert error.values["host"] == other_server
    said = home("doctor", "--json")
    row = next(row for row in said.json["rows"] if row["what"] == "Ollama")
    assert other_server in row["sentence"]


@pytest.mark.skipif(sys.platform == "win32", reason="the fake is a shell script")
def test_a_port_taken_when_ollama_is_started(home: Home, other_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fake of Ollama's program: it says what the real one says there, and ends as that does."""
    fake = home.folder / "ollama"
    line = f"Error: listen tcp {other_server}: bind: address already in use"
    fake.write_text(f"#!/bin/sh\necho {shlex.quote(line)} >&2\nexit 1\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(home.folder))
    error = refusal(home.folder)
    assert (error.code, error.values["host"]) == ("ollama_port_taken", other_server)


@pytest.mark.parametrize(
    "host", ["example.com:11434", "http://10.9.8.7", "127.0.0.1:port", "https://127.0.0.1", "::::"]
)
def test_addresses_that_cannot_be_used(home: Home, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    refusal(home.folder)
    said = home("doctor", "--json")
    (row,) = [row for row in said.json["rows"] if row["what"] == "Ollama"]
    assert host in row["sentence"]
