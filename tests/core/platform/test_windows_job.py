"""Job Objects with real processes; they exist on Windows only."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

if sys.platform == "win32":
    from core.platform import windows_job

    FLAGS = subprocess.CREATE_NO_WINDOW | windows_job.SUSPENDED
    SLEEP = "import time; time.sleep(60)"

    def start(code: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-c", code], creationflags=FLAGS)

    def wait(true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def test_a_process_does_nothing_before_it_is_held(tmp_path: Path) -> None:
        said = tmp_path / "said"
        with start(f"open({str(said)!r}, 'w').close()") as process:
            time.sleep(1)
            assert not said.exists()
            assert process.poll() is None
            job = windows_job.hold(process)
            assert process.wait(20) == 0
        assert said.exists()
        wait(lambda: windows_job.members(job) == 0)  # its console host ends a moment later
        windows_job.close(job)

    def test_terminate_returns_when_grandchildren_are_gone_too(tmp_path: Path) -> None:
        pid = tmp_path / "pid"
        code = (
            f"import subprocess, sys; a = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
            f"open({str(pid)!r}, 'w').write(str(a.pid)); a.wait()"
        )
        with start(code) as process:
            job = windows_job.hold(process)
            wait(lambda: pid.exists() and bool(pid.read_text()))
            assert windows_job.members(job) >= 2  # and perhaps their console host
            windows_job.terminate(job, 10)
            assert windows_job.members(job) == 0
            assert not psutil.pid_exists(int(pid.read_text()))
            assert process.wait(0.5) == 1
        windows_job.close(job)

    def test_members_end_with_the_jobs_handle() -> None:
        with start(SLEEP) as process:
            windows_job.close(windows_job.hold(process))
            assert process.wait(20) is not None

    def test_a_process_that_ended_cannot_be_held() -> None:
        with start(SLEEP) as process:
            process.kill()
            process.wait(20)
            with pytest.raises(OSError, match=r"WinError"):
                windows_job.hold(process)
