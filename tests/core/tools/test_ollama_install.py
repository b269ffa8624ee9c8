"""Ollama's installer for Windows, with a small program in its place, from a server on the loopback."""

import http.server
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.events import StageError, Stopped
from core.tools import ollama_install
from core.tools.download import Watch
from core.tools.sources import Address, source
from tests.core.fake_ollama import serve

INSTALLER = "import pathlib, sys\nprint(sys.argv[1:])\n"
INSTALLS = INSTALLER + "p = pathlib.Path({place!r}); p.parent.mkdir(parents=True, exist_ok=True); p.touch()\n"


class Stage:
    """What the server gives as the installer, and what the program saw."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "local" / "Programs" / "Ollama" / "ollama.exe"
        self.content = INSTALLS.format(place=str(self.program))
        self.argv: list[str] = []
        self.steps: list[tuple[int, int | None]] = []

    def spawn(self, argv: Sequence[str], env: Mapping[str, str], log: Path) -> int:
        """Run the Python text that was downloaded, as Windows runs the installer."""
        self.argv = list(argv)
        process = subprocess.Popen([sys.executable, *argv], env=dict(env))
        process.returncode = 0  # psutil waits for it
        return process.pid

    def install(self, *, allowed: bool = True) -> Path:
        watch = Watch(lambda done, total: self.steps.append((done, total)), lambda: None)
        return ollama_install.install(self.folder, watch, self.spawn, allow_unverified=allowed)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    made = Stage(tmp_path)

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(made.content)))
            self.end_headers()
            self.wfile.write(made.content.encode())

    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setenv("PATH", str(tmp_path) if os.name != "nt" else os.environ["SYSTEMROOT"])
    for address in serve(Handler):
        addresses = (Address(f"http://{address}/OllamaSetup.exe", "file"),)
        monkeypatch.setattr(ollama_install, "source", lambda name: replace(source(name), addresses=addresses))  # noqa: B023
        yield made


def test_it_is_got_and_run_without_a_window(stage: Stage) -> None:
    assert stage.install() == stage.program
    assert stage.argv[0] == str(stage.folder / "OllamaSetup.exe")
    assert set(ollama_install.SILENT) < set(stage.argv)
    assert stage.steps[-1] == (len(stage.content), len(stage.content))
    assert not Path(stage.argv[0]).exists()


def test_nothing_is_got_without_consent(stage: Stage) -> None:
    with pytest.raises(StageError) as caught:
        stage.install(allowed=False)
    assert caught.value.code == "source_unverified"
    assert stage.steps == []


@pytest.mark.parametrize(
    ("content", "exit_code"), [(INSTALLER, 0), ("import sys; sys.exit(5)", 5), ("no installer at all", 1)]
)
def test_an_installer_that_installs_nothing(stage: Stage, content: str, exit_code: int) -> None:
    good, stage.content = stage.content, content
    with pytest.raises(StageError) as caught:
        stage.install()
    assert caught.value.code == "ollama_installer_failed"
    assert caught.value.values["exit"] == exit_code
    stage.content = good
    assert stage.install() == stage.program


def test_an_installer_that_cannot_be_started_is_got_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "quarantined")

    with monkeypatch.context() as patch:
        patch.setattr(stage, "spawn", refuse)
        with pytest.raises(StageError) as caught:
            stage.install()
    assert caught.value.code == "ollama_installer_not_starting"
    assert not (stage.folder / "OllamaSetup.exe").exists()
    assert stage.install() == stage.program


def test_a_stop_leaves_the_installer_alone(stage: Stage) -> None:
    stage.content = f"import time; time.sleep(0.5)\n{stage.content}"

    def check() -> None:
        if stage.argv:
            raise Stopped

    with pytest.raises(Stopped):
        ollama_install.install(stage.folder, Watch(lambda *_: None, check), stage.spawn, allow_unverified=True)
