"""doctor and runtime: what they show, and that nothing wrong with this computer keeps them from showing the rest."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.config.project import TuneProject
from core.events import StageError
from core.pipeline.lock import hold
from core.tools.docker import Engine
from core.tools.runtime import runtime_spec
from core.tools.wsl import Distribution
from tests.core.cli.conftest import Home, english

ROWS = ["GPU", "RAM", "disk", "uv", "training runtime", "llama.cpp", "Ollama", "Ollama account key"]
if sys.platform != "win32":
    ROWS.insert(-2, "compiler")
fake = pytest.mark.skipif(sys.platform == "win32", reason="the fake interpreter is a shell script")


@pytest.fixture
def nowhere(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home where no Ollama answers, and no runtime is made or given."""
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setattr("core.doctor.docker.engine", no_docker)
    home.settings()
    return home


def no_docker() -> Engine:
    raise StageError("docker_missing")


def test_json(nowhere: Home) -> None:
    said = nowhere("doctor", "--json")
    rows = said.json["rows"]
    assert said.err == ""
    assert list(dict.fromkeys(row["what"] for row in rows)) == ROWS
    for row in rows:
        assert {"what", "found", "code", "values"} <= set(row)
        assert ("sentence" in row) == bool(row["code"])
        assert row["found"] or row["code"] or row["what"] == "Ollama account key"
    codes = {row["what"]: row["code"] for row in rows}
    assert codes["training runtime"] == "runtime_missing"
    assert codes["Ollama"] == "ollama_not_running"
    assert said.code == 1


def test_table_in_chinese(nowhere: Home) -> None:
    said = nowhere("doctor", "--lang", "zh")
    assert said.code == 1
    head, *rows = said.out.splitlines()
    assert english(head) == []
    assert [row for row in rows if row.startswith("训练环境")]
    given = [*(row["found"] for row in nowhere("doctor", "--json").json["rows"] if row["found"]), "GB", "MB"]
    assert english(said.out, *given) == []


def test_each_thing_wrong_has_a_row_of_its_own(nowhere: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> object:
        raise StageError("driver_too_old", driver="390", gpu="GTX", cuda="9.1", needed="12.6")

    monkeypatch.setattr("core.stages.job.runtime_spec", fail)
    monkeypatch.setenv("OLLAMA_HOST", "example.com")
    rows = {row["what"]: row for row in nowhere("doctor", "--json").json["rows"]}
    assert list(rows) == ROWS
    assert rows["training runtime"]["code"] == "driver_too_old"
    assert rows["Ollama"]["code"] == "ollama_host_not_local"
    assert nowhere("runtime", "status").code == 1
    assert nowhere("runtime", "install").code == 1


def test_a_disk_that_is_gone(nowhere: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> int:
        raise StageError("drive_not_found", path=str(path))

    monkeypatch.setattr("core.doctor.free_bytes", fail)
    rows = {row["what"]: row["code"] for row in nowhere("doctor", "--json").json["rows"]}
    assert rows["disk"] == "drive_not_found"
    assert list(rows) == ROWS


def test_runtime_status(nowhere: Home) -> None:
    said = nowhere("runtime", "status")
    assert said.code == 1
    assert "tunesmith runtime install" in said.out
    assert english(nowhere("runtime", "status", "--lang", "zh").out) == []
    row = nowhere("runtime", "status", "--json").json
    assert (row["what"], row["code"]) == ("training runtime", "runtime_missing")


@fake
def test_a_given_runtime_that_is_broken(home: Home) -> None:
    (home.folder / "fake_python").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    said = home("runtime", "status")
    assert said.code == 1
    assert str(home.folder / "fake_python") in said.out
    assert "→" in said.out


def test_a_given_runtime_without_the_packages(home: Home) -> None:
    home.settings(sys.executable)
    said = home("runtime", "status")
    assert said.code == 1
    assert "ms-swift" in said.out
    home.settings(home.folder / "nothing")
    assert home("runtime", "status", "--json").json["code"] == "runtime_python_missing"


@fake
@pytest.mark.parametrize("action", ["install", "repair"])
def test_a_given_runtime_is_not_ours_to_make(home: Home, action: str) -> None:
    said = home("runtime", action)
    assert said.code == 1
    assert "environment of yours" in said.err
    assert not (home.folder / "work").exists()


def test_remove_where_nothing_is(nowhere: Home) -> None:
    assert nowhere("runtime", "remove").code == 0
    assert english(nowhere("runtime", "remove", "--lang", "zh").out) == []


@fake
def test_a_given_runtime_survives_remove(home: Home) -> None:
    assert home("runtime", "remove").code == 0
    assert (home.folder / "fake_python").exists()


@contextmanager
def used_elsewhere(work: Path, folder: Path, *, making: bool = False) -> Iterator[int]:
    """Another process that trains with the runtime in this folder, or makes it just now; its pid."""
    code = (
        "import sys; from pathlib import Path; from core.pipeline import shared\n"
        "work, folder = map(Path, sys.argv[1:3]); lock = shared.lock(work, 'install_runtime'); lock.acquire()\n"
        "if sys.argv[3] == 'False':\n"
        "    shared.enter(work, 'install_runtime', folder, 'run-1', Path('other.tunesmith')); lock.release()\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", code, str(work), str(folder), str(making)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        yield process.pid
        process.kill()


@pytest.mark.parametrize("action", ["repair", "remove"])
def test_a_runtime_that_is_in_use_stays(nowhere: Home, action: str) -> None:
    spec = runtime_spec(nowhere.settings(), TuneProject(), lambda: "cpu")
    spec.folder.mkdir(parents=True)
    work = nowhere.folder / "work"
    with used_elsewhere(work, spec.folder) as pid:
        said = nowhere("runtime", action)
        assert said.code == 1
        assert "other.tunesmith" in said.err
        assert f"process {pid}" in said.err
        assert "→" in said.err
        assert english(nowhere("runtime", action, "--lang", "zh").err, "other.tunesmith") == []
        assert spec.folder.exists()
    with used_elsewhere(work, spec.folder, making=True):
        said = nowhere("runtime", action)
        assert said.code == 1
        assert "just making" in said.err
        assert spec.folder.exists()
    assert nowhere("runtime", "remove").code == 0  # the other was killed
    assert not spec.folder.exists()


def test_remove_while_a_runtime_is_installed(nowhere: Home) -> None:
    runs = nowhere.folder / "work" / "runtime.runs"
    with hold(runs, "run-1"):
        said = nowhere("runtime", "remove")
    assert said.code == 3
    assert runs.exists()


def test_docker_and_wsl_have_rows_where_they_are(nowhere: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.doctor.WINDOWS", True)
    monkeypatch.setattr("core.doctor.docker.engine", lambda: Engine("28.2.2", "linux"))
    monkeypatch.setattr("core.doctor.wsl.chosen", lambda _: Distribution("Ubuntu", 2, default=True))
    monkeypatch.setattr("core.doctor.wsl.has_gpu", lambda _: False)
    *_, docker, wsl = nowhere("doctor", "--json").json["rows"]
    assert (docker["what"], docker["found"], docker["code"]) == ("Docker", "28.2.2", "")
    assert (wsl["what"], wsl["found"], wsl["code"]) == ("WSL", "Ubuntu", "wsl_gpu_missing")


def test_docker_that_does_not_run(nowhere: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped() -> Engine:
        raise StageError("docker_not_running")

    monkeypatch.setattr("core.doctor.docker.engine", stopped)
    row = nowhere("doctor", "--json").json["rows"][-1]
    assert (row["what"], row["code"]) == ("Docker", "docker_not_running")
    assert row["cure"]
