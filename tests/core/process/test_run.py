"""Real small processes: output, stop, grandchildren, a program that is not there."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.process.command import Command, HostPath
from core.process.environment import child_environment
from core.process.lines import Line
from core.process.run import Outcome, Watch, run_command
from core.process.stop import StopFile
from core.process.tail import FileTail, Followed
from core.process.target import LocalTarget, Running


class Observer:
    def __init__(self, folder: Path, grace: float = 0.0) -> None:
        self.lines: list[Line] = []
        self.pids: list[int] = []
        self.stop = StopFile(folder / "stop")
        self.followed: list[str] = []
        self.watch = Watch(
            log=folder / "log",
            stop=self.stop,
            on_line=self._on_line,
            on_start=lambda running: self.pids.append(running.pid),
            on_end=self._on_end,
            follow=[Followed(FileTail(folder / "events"), self.followed.append)],
            grace=grace,
        )
        self.ended: list[int] = []

    def _on_line(self, line: Line) -> None:
        self.lines.append(line)
        if line.text == "stop me":
            self.stop.request()

    def _on_end(self, running: Running, code: int) -> None:
        self.ended.append(code)


def python(folder: Path, code: str, observer: Observer) -> Outcome:
    command = Command((HostPath(Path(sys.executable)), "-c", code))
    return run_command(command, LocalTarget(), observer.watch, mark=f"test-{os.getpid()}", cwd=folder)


def test_output_log_and_exit_code(tmp_path: Path) -> None:
    observer = Observer(tmp_path)
    outcome = python(tmp_path, "import sys; print('出'); print('err', file=sys.stderr); sys.exit(7)", observer)
    assert outcome == Outcome(7, ("出", "err"), stopped=False)
    assert "出" in (tmp_path / "log").read_text(encoding="utf-8")
    assert observer.ended == [7]


def test_followed_files_are_read_to_their_end(tmp_path: Path) -> None:
    observer = Observer(tmp_path)
    python(tmp_path, "open('events', 'w').write('one\\ntwo\\n')", observer)
    assert observer.followed == ["one", "two"]


def test_stop_kills_grandchildren_too(tmp_path: Path) -> None:
    observer = Observer(tmp_path)
    sleeper = "import time; time.sleep(60)"
    code = (
        "import subprocess, sys, time\n"
        f"a = subprocess.Popen([sys.executable, '-c', {sleeper!r}])\n"
        f"b = subprocess.Popen([sys.executable, '-c', {sleeper!r}], start_new_session=True)\n"
        "open('pids', 'w').write(f'{a.pid} {b.pid}')\n"
        "print('stop me', flush=True); time.sleep(60)"
    )
    begin = time.monotonic()
    outcome = python(tmp_path, code, observer)
    assert outcome.stopped
    assert time.monotonic() - begin < 20
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_grace_lets_a_child_end_by_itself(tmp_path: Path) -> None:
    observer = Observer(tmp_path, grace=30)
    code = (
        "import pathlib, time; print('stop me', flush=True)\n"
        "while not pathlib.Path('stop').exists(): time.sleep(0.02)\n"
        "print('saved')"
    )
    outcome = python(tmp_path, code, observer)
    assert outcome == Outcome(0, ("stop me", "saved"), stopped=True)


def test_grandchild_that_holds_the_pipe_does_not_hold_us(tmp_path: Path) -> None:
    observer = Observer(tmp_path)
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    begin = time.monotonic()
    assert python(tmp_path, code, observer).code == 0
    assert time.monotonic() - begin < 15


def test_missing_program(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-program"):
        run_command(
            Command(("/no-such-program",)),
            LocalTarget(),
            Observer(tmp_path).watch,
            mark=f"test-{os.getpid()}",
            cwd=tmp_path,
        )


def test_environment_is_scrubbed() -> None:
    base = {"PYTHONHOME": "x", "QT_PLUGIN_PATH": "x", "VIRTUAL_ENV": "x", "HOME": "/h", "SECRET": "s"}
    env = child_environment({"SECRET": None, "NEW": "1"}, base)
    assert env["HOME"] == "/h"
    assert env["NEW"] == "1"
    assert env["PYTHONUTF8"] == "1"
    assert not {"PYTHONHOME", "QT_PLUGIN_PATH", "VIRTUAL_ENV", "SECRET"} & env.keys()


def test_a_time_limit_ends_the_whole_tree(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).wait()"
    )
    begun = time.monotonic()
    outcome = run_command(
        Command((sys.executable, "-c", code)),
        LocalTarget(),
        _limited(tmp_path, 1.0),
        mark=f"test-{os.getpid()}",
        cwd=tmp_path,
    )
    assert outcome.late
    assert not outcome.stopped
    assert time.monotonic() - begun < 10


def test_who_ends_in_time_is_not_late(tmp_path: Path) -> None:
    outcome = run_command(
        Command((sys.executable, "-c", "")),
        LocalTarget(),
        _limited(tmp_path, 30.0),
        mark=f"test-{os.getpid()}",
        cwd=tmp_path,
    )
    assert (outcome.code, outcome.late) == (0, False)


def _limited(folder: Path, limit: float) -> Watch:
    nothing = StopFile(folder / "stop")
    return Watch(folder / "log", nothing, lambda _: None, lambda _: None, lambda *_: None, limit=limit)
