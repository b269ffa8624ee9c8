import os
import socket
from pathlib import Path

import psutil
import pytest

from core.events import StageError
from core.tools.ollama import (
    MINIMUM_VERSION,
    account_key,
    find_binary,
    host,
    is_local,
    llama_quantize,
    models_folder,
    too_old,
)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("", "127.0.0.1:11434"),
        ("127.0.0.1:11500", "127.0.0.1:11500"),
        ("127.0.0.1", "127.0.0.1:11434"),
        (":11500", "127.0.0.1:11500"),
        ("0.0.0.0", "127.0.0.1:11434"),
        ("0.0.0.0:11500", "127.0.0.1:11500"),
        ("http://127.0.0.1:11500/", "127.0.0.1:11500"),
        ("http://localhost", "localhost:80"),
        ("[::1]:11500", "[::1]:11500"),
        ("[::]:11500", "[::1]:11500"),
        ("::", "[::1]:11434"),
        (' "127.0.0.1:11500" ', "127.0.0.1:11500"),
    ],
)
def test_every_form_of_ollama_host_is_read(written: str, address: str) -> None:
    assert host({"OLLAMA_HOST": written}) == address


@pytest.mark.parametrize("written", ["203.0.113.7:11434", "ollama.example.com", "http://gpu-box:11434"])
def test_another_computers_ollama_is_refused(written: str) -> None:
    with pytest.raises(StageError) as caught:
        host({"OLLAMA_HOST": written})
    assert caught.value.code == "ollama_host_not_local"
    assert caught.value.values == {"host": written}


@pytest.mark.parametrize("written", ["127.0.0.1:99999", "127.0.0.1:x", "https://127.0.0.1", "[::1", "127.0.0.1:0"])
def test_a_host_that_cannot_be_read_is_refused(written: str) -> None:
    with pytest.raises(StageError) as caught:
        host({"OLLAMA_HOST": written})
    assert caught.value.code == "ollama_host_invalid"


def test_an_address_of_this_computers_own_network_card_is_this_computer() -> None:
    addresses = [a.address for card in psutil.net_if_addrs().values() for a in card if a.family == socket.AF_INET]
    for address in addresses:
        assert host({"OLLAMA_HOST": f"{address}:11500"}) == f"{address}:11500"


def test_the_program_is_found_on_path_and_where_windows_installs_it(tmp_path: Path) -> None:
    installed = tmp_path / "Programs" / "Ollama" / "ollama.exe"
    installed.parent.mkdir(parents=True)
    env = {"PATH": str(tmp_path / "bin"), "LOCALAPPDATA": str(tmp_path)}
    assert find_binary(env) is None
    installed.touch()
    assert find_binary(env) == installed
    on_path = tmp_path / "bin" / ("ollama.exe" if os.name == "nt" else "ollama")
    on_path.parent.mkdir()
    on_path.touch(mode=0o755)
    assert find_binary(env) == on_path


def test_the_models_folder_is_the_chosen_one_or_the_users() -> None:
    assert models_folder({"OLLAMA_MODELS": "/data/models"}) == Path("/data/models")
    assert models_folder({}) == Path.home() / ".ollama" / "models"


def test_the_models_folder_of_the_linux_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service, home = tmp_path / "service", tmp_path / "home"
    monkeypatch.setattr("core.tools.ollama.SERVICE_HOME", service)
    monkeypatch.setattr(Path, "home", lambda: home)
    assert models_folder({}) == home / ".ollama" / "models"
    service.mkdir()
    assert models_folder({}) == service / ".ollama" / "models"
    (home / ".ollama" / "models").mkdir(parents=True)  # this user has run a server too
    assert models_folder({}) == home / ".ollama" / "models"


def test_the_accounts_key_is_the_users_or_the_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service, home = tmp_path / "service", tmp_path / "home"
    monkeypatch.setattr("core.tools.ollama.SERVICE_HOME", service)
    monkeypatch.setattr(Path, "home", lambda: home)
    assert account_key() == ""
    for folder in (service, home):
        file = folder / ".ollama" / "id_ed25519.pub"
        file.parent.mkdir(parents=True)
        file.write_text(f"ssh-ed25519 {folder.name}\n", encoding="utf-8")
        assert account_key() == f"ssh-ed25519 {folder.name}"
    (home / ".ollama" / "id_ed25519.pub").write_bytes(b"\xff\xfe")
    assert account_key() == ""


@pytest.mark.parametrize(
    ("address", "local"), [("", True), ("0.0.0.0:11434", True), ("[::1]", True), ("10.9.8.7", False), ("box", False)]
)
def test_whose_disk_the_models_take(monkeypatch: pytest.MonkeyPatch, address: str, local: bool) -> None:
    monkeypatch.setenv("OLLAMA_HOST", address)
    assert is_local() is local


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("0.5.4", True),
        ("0.5.4-ipexllm-20250407", True),
        ("0.5.13", False),
        (MINIMUM_VERSION, False),
        ("0.9.3", False),
        ("0.32.15", False),
        ("1.0.0-rc1", False),
        ("0.0.0", False),
        ("unreleased", False),
    ],
)
def test_versions_are_compared_as_numbers(version: str, old: bool) -> None:
    assert too_old(version) is old


@pytest.mark.parametrize(
    ("program", "quantizer"),
    [
        ("Programs/Ollama/ollama.exe", "Programs/Ollama/lib/ollama/llama-quantize.exe"),
        ("Programs/Ollama/ollama.exe", None),
    ],
)
def test_the_quantizer_that_newer_ollama_brings_along(tmp_path: Path, program: str, quantizer: str | None) -> None:
    for name in filter(None, (program, quantizer)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    expected = tmp_path / quantizer if quantizer else None
    assert llama_quantize({"LOCALAPPDATA": str(tmp_path), "PATH": ""}) == expected
    assert llama_quantize({"PATH": ""}) is None
