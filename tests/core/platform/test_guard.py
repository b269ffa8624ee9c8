"""Real process trees: none of a run's processes outlives its guard."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.platform.guard import MARK, ProcessGuard, kill_all, marked, same_process

SLEEP = "import time; time.sleep(60)"
TREE = (
    "import subprocess, sys, time\n"
    "def start(**how): return subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], **how).pid\n"
    "print(start(), start(start_new_session=True), flush=True); time.sleep(60)"
)
"""A program with two children, one of them in a session of its own where the system has such."""


def start(code: str, guard: ProcessGuard, mark: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, MARK: mark},
        **guard.popen_arguments(),
    )


def pids(process: "subprocess.Popen[bytes]") -> list[int]:
    assert process.stdout is not None
    return [process.pid, *map(int, process.stdout.readline().split())]


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_kill_ends_the_whole_tree() -> None:
    guard = ProcessGuard("kill-test")
    with start(TREE, guard, "kill-test") as process:
        guard.attach(process)
        tree = pids(process)
        assert len(tree) == 3
        assert all(map(alive, tree))
        guard.kill()
        assert not any(map(alive, tree))
        guard.kill()  # a stop is obeyed as often as it is looked for
        guard.close()


def test_the_mark_finds_a_runs_processes_and_no_others() -> None:
    ours, other = ProcessGuard("mark-a"), ProcessGuard("mark-b")
    with start(TREE, ours, "mark-a") as process, start(SLEEP, other, "mark-b") as stranger:
        ours.attach(process)
        other.attach(stranger)
        tree = pids(process)
        found = list(marked("mark-a"))
        assert {item.pid for item in found} >= set(tree)  # more with the console host that Windows adds
        assert stranger.pid not in {item.pid for item in found}
        kill_all(found)
        assert not any(map(alive, tree))
        assert alive(stranger.pid)
        other.kill()
        ours.close()
        other.close()


def test_we_ourselves_are_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARK, "ours")
    assert list(marked("ours")) == []


def test_a_process_is_known_by_its_pid_and_create_time() -> None:
    guard = ProcessGuard("same-test")
    with start(SLEEP, guard, "same-test") as process:
        guard.attach(process)
        created = psutil.Process(process.pid).create_time()
        assert same_process(process.pid, created) == psutil.Process(process.pid)
        assert same_process(process.pid, created - 60) is None
        guard.kill()
        assert same_process(process.pid, created) is None  # on POSIX a zombie until it is waited for
        guard.close()


if sys.platform == "win32":
    from core.platform import windows_job

    def test_the_tree_ends_with_whoever_holds_it(tmp_path: Path) -> None:
        holder = (
            "import pathlib, sys\n"
            "from core.process.command import Command; from core.process.target import LocalTarget\n"
            f"running = LocalTarget().start(Command((sys.executable, '-c', {TREE!r})), mark='x', cwd=pathlib.Path())\n"
            "print(running.pid, running.output.readline().decode(), flush=True)\n"
            f"{SLEEP}"
        )
        with subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, cwd=Path.cwd()) as process:
            _, *tree = pids(process)
            assert len(tree) == 3
            assert all(map(alive, tree))
            process.kill()
        deadline = time.monotonic() + 10
        while any(map(alive, tree)):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def test_a_process_that_cannot_be_held_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(_: object) -> int:
            raise PermissionError(13, "Access is denied")

        monkeypatch.setattr(windows_job, "hold", refused)
        guard = ProcessGuard("refused")
        process = start(SLEEP, guard, "refused")
        with pytest.raises(PermissionError):
            guard.attach(process)
        assert process.poll() is not None
        assert process.stdout is not None
        assert process.stdout.closed


def test_a_killed_child_keeps_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a child takes its exit code: its owner must be the first, else it seems to have ended well."""
    guard = ProcessGuard("test-exit-code")
    codes: list[int | None] = []

    def looked_for(_: str) -> tuple[psutil.Process, ...]:
        codes.append(process.returncode)
        return ()

    monkeypatch.setattr("core.platform.guard.marked", looked_for)
    with start(SLEEP, guard, "test-exit-code") as process:
        guard.attach(process)
        guard.kill()
        guard.close()
    assert codes == [process.returncode]
    assert process.returncode != 0
