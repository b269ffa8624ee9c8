"""Docker and WSL as targets: the exact argv, and real small processes behind stand-ins for both programs.

No engine runs where these tests do; tests/stand_ins says what the stand-ins are.
"""

import time
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

import psutil
import pytest

from core.events import StageError
from core.platform import WINDOWS
from core.process import docker, wsl
from core.process.command import Command, HostPath
from core.process.docker import DockerTarget, end_containers
from core.process.environment import FORCED
from core.process.run import run_command
from core.process.target import Running, Target
from core.process.targets import end_marked
from core.process.wsl import WslTarget
from tests.core.process.test_run import Observer
from tests.stand_ins.inner import install

pytestmark = pytest.mark.skipif(WINDOWS, reason="the stand-ins are scripts, started by their first line")

SLEEPER = "import time; time.sleep(60)"
FAMILY = (
    "import subprocess, sys, time\n"
    f"a = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])\n"
    f"b = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], start_new_session=True)\n"
    "import os; open('pids', 'w').write(f'{os.getpid()} {a.pid} {b.pid}')\n"
    "print('stop me', flush=True); time.sleep(60)"
)
"""A program with a child, and with one that left its session."""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in install(tmp_path / "stand-ins", "docker", "wsl.exe").items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "stand-ins" / "state"
    (folder / "image img").touch()
    return folder


@pytest.fixture(params=["docker", "wsl"])
def target(request: pytest.FixtureRequest, state: Path, tmp_path: Path) -> Target:
    (tmp_path / "home").mkdir()
    return DockerTarget("img", tmp_path / "home", gpus=False) if request.param == "docker" else WslTarget("", "python3")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work, 作坊"
    folder.mkdir()
    return folder


def alive(pids: Path) -> list[int]:
    found = [int(pid) for pid in pids.read_text(encoding="utf-8").split()]
    return [pid for pid in found if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def eventually(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not (path.exists() and path.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline, path
        time.sleep(0.02)


def test_the_argv_of_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 1000)
    monkeypatch.setattr("os.getgid", lambda: 100)
    model = HostPath(PureWindowsPath(r"C:\models\山姆, 1\config.json"))
    env = {"STOP": HostPath(PureWindowsPath(r"D:\p\stop")), "GONE": None, "NNODES": "2"}
    command = Command(("python", "-m", "x", "--model", model, "--lr", "1e-4"), env, tmp_path)
    worded = DockerTarget("repo/img:1", tmp_path, gpus=True).worded(command, mark="r1", cwd=Path("/elsewhere"))
    assert worded.env == {}
    forced = [word for name, value in FORCED.items() for word in ("--env", f"{name}={value}")]
    assert worded.argv == (
        *("docker", "run", "--rm", "--init", "--pull", "never", "--label", "tunesmith.run=r1", "--ipc", "host"),
        *("--gpus", "all", "--network", "host", "--user", "1000:100"),
        *("--mount", f"type=bind,source={tmp_path},target={tmp_path}"),
        *("--mount", 'type=bind,"source=C:\\models\\山姆, 1","target=/c/models/山姆, 1"'),
        *("--mount", r"type=bind,source=D:\p,target=/d/p"),
        *("--workdir", str(tmp_path), *forced, "--env", "TUNESMITH_RUN=r1", "--env", f"HOME={tmp_path}"),
        *("--env", "USER=tunesmith", "--env", "STOP=/d/p/stop", "--env", "NNODES=2"),
        *(
            "--entrypoint",
            "python",
            "repo/img:1",
            "-m",
            "x",
            "--model",
            "/c/models/山姆, 1/config.json",
            "--lr",
            "1e-4",
        ),
    )


def test_the_argv_of_wsl(tmp_path: Path) -> None:
    rows = HostPath(PureWindowsPath(r"\\wsl.localhost\Ubuntu\home\me\rows.jsonl"), prefix="--rows=")
    env = {"STOP": HostPath(PureWindowsPath(r"C:\my runs\stop")), "GONE": None}
    command = Command(("/home/me/swift/bin/python", "-m", "x", rows), env)
    worded = WslTarget("Ubuntu-24.04", "python3").worded(command, mark="r1", cwd=tmp_path)
    assert worded.env == {"WSL_UTF8": "1"}
    assert worded.argv == (
        *("wsl.exe", "--distribution", "Ubuntu-24.04", "--cd", str(tmp_path), "--exec", "env"),
        *(f"{name}={value}" for name, value in FORCED.items()),
        *("TUNESMITH_RUN=r1", "STOP=/mnt/c/my runs/stop"),
        *("/home/me/swift/bin/python", "-m", "x", "--rows=/home/me/rows.jsonl"),
    )


@pytest.mark.parametrize("inside", [docker.inside, wsl.inside])
def test_a_share_of_another_computer_cannot_be_reached(inside: object) -> None:
    assert callable(inside)
    with pytest.raises(StageError) as caught:
        inside(HostPath(PureWindowsPath(r"\\server\share\rows.jsonl")))
    assert caught.value.code == "path_not_in_target"


def test_folders_are_mounted_once(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    used = [inner / "will be made", tmp_path / "a", inner, tmp_path / "ab" / "x.json"]
    assert list(docker.mounted(used)) == [tmp_path / "a", tmp_path / "ab"]


def test_output_exit_code_and_environment(target: Target, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THIS_COMPUTER", "s")
    observer = Observer(work)
    code = (
        "import os, sys; print('[1/2] 出'); print(os.getcwd(), file=sys.stderr)\n"
        "print(sorted(os.environ.keys() & {'GIVEN', 'SECRET_OF_THIS_COMPUTER', 'TUNESMITH_RUN'})); sys.exit(7)"
    )
    command = Command(("python", "-c", code), {"GIVEN": "1"})
    outcome = run_command(command, target, observer.watch, mark="run-1", cwd=work)
    assert outcome.code == 7
    assert sorted(outcome.tail) == sorted(["[1/2] 出", str(work), "['GIVEN', 'TUNESMITH_RUN']"])


def test_paths_of_windows_are_found_inside(target: Target, work: Path, state: Path) -> None:
    (state / "c" / "数据").mkdir()
    code = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(os.environ['EVENTS'])"
    made, events = (HostPath(PureWindowsPath(rf"C:\数据\{name}")) for name in ("made.txt", "events.jsonl"))
    command = Command(("python", "-c", code, made), {"EVENTS": events})
    outcome = run_command(command, target, Observer(work).watch, mark="run-1", cwd=work)
    assert outcome.code == 0, outcome.tail
    assert (state / "c" / "数据" / "made.txt").read_text(encoding="utf-8").endswith("/c/数据/events.jsonl")


def test_a_stop_file_is_seen_inside(target: Target, work: Path) -> None:
    observer = Observer(work, grace=30)
    code = (
        "import os, pathlib, time; print('stop me', flush=True)\n"
        "while not pathlib.Path(os.environ['STOP']).exists(): time.sleep(0.02)\n"
        "print('saved')"
    )
    command = Command(("python", "-c", code), {"STOP": HostPath(observer.stop.path)})
    outcome = run_command(command, target, observer.watch, mark="run-1", cwd=work)
    assert (outcome.code, outcome.tail, outcome.stopped) == (0, ("stop me", "saved"), True)


def test_a_stop_ends_all_that_runs_inside(target: Target, work: Path) -> None:
    outcome = run_command(Command(("python", "-c", FAMILY)), target, Observer(work).watch, mark="run-1", cwd=work)
    assert outcome.stopped
    assert alive(work / "pids") == []


@pytest.fixture
def started(target: Target, work: Path) -> Iterator[Running]:
    """A family inside that is left to itself."""
    running = target.start(Command(("python", "-c", FAMILY)), mark="run-1", cwd=work)
    eventually(work / "pids")
    yield running
    running.kill()
    running.close()


def test_the_program_here_is_not_the_process_inside(started: Running, work: Path) -> None:
    psutil.Process(started.pid).kill()
    time.sleep(0.5)
    assert len(alive(work / "pids")) == 3
    assert end_marked(started.target, "run-10") == 0  # another run
    assert len(alive(work / "pids")) == 3
    assert end_marked(started.target, "run-1") > 0
    time.sleep(0.2)
    assert alive(work / "pids") == []


def test_where_no_engine_is_there_is_nothing_to_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert end_containers("run-1") == 0
    assert WslTarget("", "python3").end("run-1") == 0
