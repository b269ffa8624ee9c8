"""Starting a server, with small programs in its place (the real one: test_ollama_real.py)."""

import json
import os
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
import pytest

from core.events import StageError, Stopped
from core.platform.detached import start_detached
from core.platform.guard import MARK, kill_all
from core.tools.ollama_demo import DemoServer
from core.tools.ollama_server import is_installed, running, start_installed, start_server

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are scripts with a shebang")

SERVER = f"""#!{sys.executable}
import http.server, json, os, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args): pass
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(json.dumps({{"version": "9.9.9"}}).encode())
keys = ("OLLAMA_HOST", "OLLAMA_MODELS", "HOME", "{MARK}", "OLLAMA_NUM_GPU", "LD_BIND_NOW")
print(json.dumps({{key: os.environ.get(key) for key in keys}}), flush=True)
subprocess.Popen(["sleep", "600"], start_new_session=True)
address, port = os.environ["OLLAMA_HOST"].split(":")
http.server.HTTPServer((address, int(port)), Handler).serve_forever()
"""
"""Test code: answers /api/version like Ollama, and has a child that left its process group, like a runner."""


def program(folder: Path, text: str) -> Path:
    path = folder / "program"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_a_started_server_answers_and_carries_no_runs_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARK, "some run")
    address = free_address()
    pid = start_server([str(program(tmp_path, SERVER))], address, tmp_path / "log", start_detached)
    try:
        log = (tmp_path / "log").read_text(encoding="utf-8")
        assert f'"OLLAMA_HOST": "{address}"' in log
        assert f'"{MARK}": null' in log
    finally:
        kill_all([psutil.Process(pid)])


def test_an_installed_ollama_is_started_the_users_before_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, users, own = tmp_path / "work", tmp_path / "bin", tmp_path / "work" / "ollama"
    users.mkdir()
    (users / "sleep").symlink_to(shutil.which("sleep") or "")
    monkeypatch.setenv("PATH", str(users))
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    log, address = work / "ollama.log", free_address()
    assert not is_installed(work)
    with pytest.raises(StageError, match="ollama_not_running"):
        start_installed(work, address, start_detached)
    for folder in (own / "licences", own / "lib"):
        folder.mkdir(parents=True)
    (own / ".recipe").write_text("index", encoding="utf-8")
    program(own / "lib", SERVER).rename(own / "lib" / "ollama-lib")
    assert is_installed(work)

    def started() -> dict[str, str | None]:
        pids: list[int] = []

        def spawn(argv: Sequence[str], env: Mapping[str, str], log: Path) -> int:
            pids.append(start_detached(argv, env, log))
            return pids[0]

        start_installed(work, address, spawn)
        kill_all([*psutil.Process(pids[0]).children(), psutil.Process(pids[0])])
        lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
        found: dict[str, str | None] = json.loads(lines[-1])
        return found

    assert started()["OLLAMA_NUM_GPU"] == "0"
    program(users, SERVER).rename(users / "ollama")
    assert started()["OLLAMA_NUM_GPU"] is None


@pytest.mark.parametrize(
    ("last_line", "code", "values"),
    [
        ("Error: listen tcp 127.0.0.1:1: bind: address already in use", "ollama_port_taken", {}),
        (
            "ollama: error while loading shared libraries: libz.so.1: cannot open shared object file",
            "ollama_library_missing",
            {"library": "libz.so.1"},
        ),
        ("Error: could not find its home", "ollama_not_starting", {"reason": "Error: could not find its home"}),
    ],
)
def test_a_server_that_ends_says_why(tmp_path: Path, last_line: str, code: str, values: dict[str, str]) -> None:
    log = tmp_path / "log"
    log.write_text("an earlier start: address already in use\n", encoding="utf-8")
    script = program(tmp_path, f"#!/bin/sh\necho '{last_line}'\nexit 1\n")
    with pytest.raises(StageError) as caught:
        start_server([str(script)], free_address(), log, start_detached)
    assert caught.value.code == code
    assert values.items() <= caught.value.values.items()


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    silent = program(tmp_path, "#!/bin/sh\nexec sleep 600\n")
    pids: list[int] = []

    def spawn(argv: object, env: object, log: Path) -> int:
        pids.append(start_detached([str(silent)], {}, log))
        return pids[0]

    with pytest.raises(StageError) as caught:
        start_server([str(silent)], free_address(), tmp_path / "log", spawn, timeout=0.3)
    kill_all([psutil.Process(pids[0])])
    assert caught.value.code == "ollama_not_starting"


def test_a_stop_ends_the_waiting_for_a_server(tmp_path: Path) -> None:
    silent = program(tmp_path, "#!/bin/sh\nexec sleep 600\n")
    pids: list[int] = []

    def spawn(argv: object, env: object, log: Path) -> int:
        pids.append(start_detached([str(silent)], {}, log))
        return pids[0]

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        start_server([str(silent)], free_address(), tmp_path / "log", spawn, check=stop)
    kill_all([psutil.Process(pids[0])])


def test_a_program_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        start_server([str(tmp_path / "nothing")], free_address(), tmp_path / "log", start_detached)
    assert caught.value.code == "ollama_not_starting"


def demo_server(folder: Path) -> DemoServer:
    env = {"OLLAMA_NUM_GPU": "0", "LD_BIND_NOW": None}
    return DemoServer((str(program(folder, SERVER)), "serve"), env, (), "9.9.9")


def test_a_private_server_lives_in_its_folder_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_BIND_NOW", "1")
    folder = tmp_path / "private 模型"
    with running(demo_server(tmp_path), folder, start_detached) as private:
        family = [psutil.Process(private.pid), *psutil.Process(private.pid).children(recursive=True)]
        log = (folder / "ollama.log").read_text(encoding="utf-8")
    assert len(family) == 2
    assert not any(process.is_running() for process in family)
    assert '"OLLAMA_NUM_GPU": "0", "LD_BIND_NOW": null' in log
    assert str(tmp_path) in log


def test_a_private_server_ends_also_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), running(demo_server(tmp_path), tmp_path / "p", start_detached) as private:
        raise KeyboardInterrupt
    assert not psutil.pid_exists(private.pid)


def test_a_kept_server_stays_until_the_next_one(tmp_path: Path) -> None:
    with running(demo_server(tmp_path), tmp_path / "p", start_detached, keep=True) as kept:
        pass
    assert psutil.pid_exists(kept.pid)
    with running(demo_server(tmp_path), tmp_path / "p", start_detached) as second:
        assert not psutil.pid_exists(kept.pid)
    assert not psutil.pid_exists(second.pid)
