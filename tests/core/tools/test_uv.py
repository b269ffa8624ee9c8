"""uv's commands, word by word."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.events import StageError
from core.process.command import Command
from core.tools import uv
from core.tools.pip_settings import PipSettings

PYTHON = Path("/env/bin/python")
NONE = PipSettings()


def _words(command: Command) -> list[str]:
    assert str(command.argv[0]) == str(uv.find())
    return [str(token).replace(os.sep, "/") for token in command.argv[1:]]


def test_our_uv_is_found_and_runs() -> None:
    output = subprocess.run([uv.find(), "--version"], check=True, capture_output=True, encoding="utf-8").stdout
    assert output.split()[1] == uv.version()


def test_a_frozen_program_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"uv{uv.EXE}").touch()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "tunesmith"))
    assert uv.find() == tmp_path / f"uv{uv.EXE}"


def test_without_uv_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StageError) as caught:
        uv.find()
    assert caught.value.code == "uv_missing"


def test_an_environment_keeps_what_is_there() -> None:
    words = [
        "venv",
        "--no-project",
        "--allow-existing",
        "--python",
        "/usr/bin/python3",
        "--no-python-downloads",
        "/env",
    ]
    assert _words(uv.venv(Path("/env"), Path("/usr/bin/python3"))) == words


def test_python_itself_can_be_downloaded_from_a_mirror() -> None:
    command = uv.venv(Path("/env"), "3.12.12", downloads=True, mirror="https://mirror.example")
    assert _words(command) == ["venv", "--no-project", "--allow-existing", "--python", "3.12.12", "/env"]
    assert command.env == {"UV_PYTHON_INSTALL_MIRROR": "https://mirror.example"}


def test_install_into_an_environment() -> None:
    command = uv.pip_install(PYTHON, requirements=[Path("/a b.txt")], packages=["x==1"], settings=NONE)
    assert _words(command) == ["pip", "install", "--python", PYTHON.as_posix(), "--requirements", "/a b.txt", "x==1"]
    assert command.env == {}


def test_install_into_a_folder_without_network() -> None:
    settings = PipSettings(no_index=True, find_links=("/wheels",))
    command = uv.pip_install(
        PYTHON, packages=["x"], target=Path("/t"), no_deps=True, offline=True, arguments=["--pre"], settings=settings
    )
    words = [
        "pip",
        "install",
        "--python",
        PYTHON.as_posix(),
        "--target",
        "/t",
        "--no-deps",
        "--offline",
        "--no-index",
        "--pre",
        "x",
    ]
    assert _words(command) == words
    assert command.env["UV_FIND_LINKS"] == "/wheels"


def test_check() -> None:
    assert _words(uv.pip_check(PYTHON)) == ["pip", "check", "--python", PYTHON.as_posix()]
