"""A detached program: it outlives who started it, and its output stands in its log."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.platform.detached import start_detached

ROOT = Path(__file__).parents[3]
CHILD = (
    "import os, pathlib, time\n"
    "print('begun', os.getpid(), flush=True)\n"
    "while not pathlib.Path('go').exists(): time.sleep(0.05)\n"
    "print('out 出', os.environ['WORD'], flush=True)"
)
"""Says that it is there, waits for a file, and says one thing more."""


def wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def environment() -> dict[str, str]:
    return {**os.environ, "WORD": "word", "PYTHONUTF8": "1"}


def text(log: Path) -> str:
    return log.read_text(encoding="utf-8") if log.exists() else ""


def parent(folder: Path) -> list[str]:
    """A program that starts the child, says its pid, and stays."""
    code = (
        "import os, pathlib, sys, time; from core.platform.detached import start_detached\n"
        f"print(start_detached([sys.executable, '-c', {CHILD!r}], os.environ, pathlib.Path('log'), pathlib.Path()))\n"
        "sys.stdout.flush(); time.sleep(60)"
    )
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"]


def test_output_environment_and_folder(tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    log = tmp_path / "made for it" / "日志.log"
    log.parent.mkdir()
    log.write_text("before\n", encoding="utf-8")
    pid = start_detached([sys.executable, "-c", CHILD], environment(), log, tmp_path)
    wait(lambda: "word" in text(log))
    assert text(log).splitlines()[1].split()[0] == "begun"
    assert text(log).splitlines() == ["before", f"begun {pid}", "out 出 word"]


def test_it_outlives_who_started_it(tmp_path: Path) -> None:
    with subprocess.Popen(parent(tmp_path), cwd=tmp_path, stdout=subprocess.PIPE, env=environment()) as process:
        wait(lambda: "begun" in text(tmp_path / "log"))
        process.kill()
        assert process.stdout is not None
        process.stdout.read()  # ends: the detached program does not hold the pipe
    (tmp_path / "go").touch()
    wait(lambda: "out 出 word" in text(tmp_path / "log"))


def test_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        start_detached([str(tmp_path / "none")], environment(), tmp_path / "log")


@pytest.mark.skipif(sys.platform == "win32", reason="sessions are POSIX'")
def test_it_has_a_session_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    code = "import os; print(os.getsid(0) == os.getpid(), flush=True)"
    start_detached([sys.executable, "-c", code], environment(), tmp_path / "log")
    wait(lambda: text(tmp_path / "log") == "True\n")


if sys.platform == "win32":
    from core.platform import windows_job

    @pytest.mark.parametrize("breakaway", [True, False])
    def test_a_terminals_job(tmp_path: Path, *, breakaway: bool) -> None:
        """It leaves a job that lets it; in one that does not, it starts all the same, and ends with the job."""
        flags = windows_job.SUSPENDED
        command = parent(tmp_path)
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, env=environment(), creationflags=flags
        ) as process:
            job = windows_job.hold(process)
            if breakaway:
                windows_job._limit(job, windows_job._KILL_ON_JOB_CLOSE | 0x800)
            wait(lambda: "begun" in text(tmp_path / "log"))
            pid = int(text(tmp_path / "log").split()[1])
            windows_job.terminate(job, 10)
            windows_job.close(job)
        assert psutil.pid_exists(pid) == breakaway
        (tmp_path / "go").touch()
        if breakaway:
            wait(lambda: "out 出 word" in text(tmp_path / "log"))
