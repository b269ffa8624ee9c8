"""A local hub, a home whose settings name it, and a keyring in memory."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# read when the SDK is imported: its tests need not wait half a minute for a server that stays ill
os.environ.setdefault("MODELSCOPE_DOWNLOAD_MAX_RETRIES", "2")
os.environ.setdefault("MODELSCOPE_REPO_TREE_PAGE_MAX_ATTEMPTS", "2")

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from core.cli import main
from core.config.settings import HubSettings, Settings, save_settings
from core.messages import cure, sentence
from core.tools.hub import huggingface
from tests.hub_server import HubServer, Repository

MODEL = "owner/tiny-model"
WEIGHTS = bytes(range(256)) * 4096


class MemoryKeyring(KeyringBackend):
    """A keyring of this process only."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def memory_keyring() -> Iterator[MemoryKeyring]:
    before, backend = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A server with one model."""
    with HubServer() as server:
        files: dict[str, bytes | Path] = {
            "config.json": b'{"architectures": ["Qwen2ForCausalLM"]}',
            "model.safetensors": WEIGHTS,
            "tokenizer/vocab 词表.json": b"{}",
        }
        server.repositories["models", MODEL] = Repository(files)
        yield server


@dataclass(frozen=True)
class Fetched:
    """What a fetch said as JSON, its exit code, and where its folder is or would be."""

    code: int
    events: list[dict[str, Any]]
    folder: Path

    @property
    def failure(self) -> str:
        """The code of the failure; its sentence and cure must be whole."""
        failed = next((event for event in self.events if event["type"] == "stage_failed"), None)
        if failed is None:
            return ""
        for language in ("en", "zh"):
            for text in (
                sentence(failed["code"], failed["values"], language),
                cure(failed["code"], failed["values"], language),
            ):
                assert text
                assert "?" not in text
                assert "{" not in text
        return str(failed["code"])

    @property
    def progress(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == "progress"]

    @property
    def part(self) -> Path:
        return self.folder.with_name(self.folder.name + ".part")

    @property
    def names(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}


Fetch = Callable[..., Fetched]


@pytest.fixture
def fetch(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fetch:
    """``tunesmith fetch`` with --json, in this process."""
    monkeypatch.setenv("TUNESMITH_CONFIG", str(tmp_path / "config"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(huggingface, "FIRST_WAIT", 0.05)
    endpoints = HubSettings(modelscope_endpoint=hub.url, huggingface_endpoint=hub.url)
    save_settings(Settings(work_dir=str(tmp_path / "work"), hub=endpoints))

    def run(kind: str, name: str, source: str, *words: str) -> Fetched:
        folder = tmp_path / "to 文件夹" / "it"
        code = main(["fetch", kind, name, "--from", source, "--to", str(folder), "--json", *words])
        lines = capsys.readouterr().out.splitlines()
        return Fetched(code, [json.loads(line) for line in lines], folder)

    return run
