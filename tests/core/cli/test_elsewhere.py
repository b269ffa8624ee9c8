"""`run` with Docker or WSL as the place to train: stand-ins for both, and a small program in ms-swift's place."""

import json
import shlex
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from core.config.settings import load_settings
from core.config.store import load
from core.events import ChildStarted, Event, Message, Progress, RunStarted, StageFinished
from core.pipeline import journal, launch
from core.pipeline.launch import RunRequest
from core.platform import WINDOWS
from core.tools.runtime_state import locked_versions
from tests.core.cli.conftest import Home
from tests.core.stages.test_prepare_dataset import MEASURE
from tests.stand_ins.inner import PYTHON, install

pytestmark = pytest.mark.skipif(WINDOWS, reason="the stand-ins are scripts")

HARDWARE = {
    "docker": {"target": "docker", "docker_image": "tunesmith-runtime", "device": "cpu"},
    "wsl": {"target": "wsl", "wsl_distribution": "Ubuntu", "device": "cpu"},
}


class Place:
    """A home with a project that trains elsewhere; ``slow``: while this file is there, rows are measured for ever."""

    def __init__(self, home: Home, target: str, versions: dict[str, str]) -> None:
        self.home, self.slow, self.pid = home, home.folder / "slow", home.folder / "pid"
        measure, python = home.folder / "measure.py", home.folder / "python"
        measure.write_text(MEASURE, encoding="utf-8")
        real, slow, pid = (shlex.quote(str(path)) for path in (sys.executable, self.slow, self.pid))
        python.write_text(
            "#!/bin/sh\n"
            f'if [ "$1 $#" = "-c 2" ]; then echo {shlex.quote(json.dumps(versions))}; exit; fi\n'
            f'if [ "$1" = -c ]; then exec {real} "$@"; fi\n'  # what ends the run's processes in WSL
            'case "$1" in *selftest*) echo \'{"ok": true, "torch": "2.9.0", "device": "cpu"}\'; exit;; esac\n'
            f"if [ -e {slow} ]; then sleep 300 & echo $$ $! > {pid}; wait; fi\n"
            f'exec {real} {shlex.quote(str(measure))} "$@"\n',
            encoding="utf-8",
        )
        python.chmod(0o755)
        home.settings()
        self.project = home.project(hardware=HARDWARE[target])

    def run(self) -> list[Event]:
        """Run to the prepared rows; returns the events."""
        self.home("run", self.project, "--until", "prepare_dataset")
        return self.events()

    def start(self) -> None:
        """Start a run, and wait until it measures rows."""
        runs = self.project.with_name(f"{self.project.stem}.runs")
        request = RunRequest(
            file=self.project, project=load(self.project), settings=load_settings(), until_stage="prepare_dataset"
        )
        launch.start(request, runs)
        wait_for(self.pid.exists)

    def events(self) -> list[Event]:
        """The newest run's events."""
        return list(journal.read(journal.runs(self.project.with_name(f"{self.project.stem}.runs"))[-1]))

    def processes(self) -> list[psutil.Process]:
        """What runs inside, and lives."""
        found = [psutil.Process(int(pid)) for pid in self.pid.read_text().split() if psutil.pid_exists(int(pid))]
        return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(params=["docker", "wsl"])
def make(request: pytest.FixtureRequest, home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Place]:
    for name, value in install(home.folder / "engine", "docker", "wsl.exe").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(PYTHON, str(home.folder / "python"))
    return lambda **versions: Place(home, request.param, {"torch": "2.9.0", **locked_versions(), **versions})


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_runtime_and_rows(make: Callable[..., Place]) -> None:
    place = make()
    events = place.run()
    assert [event.stage for event in events if isinstance(event, StageFinished)][-1] == "prepare_dataset"
    target = load(place.project).hardware.target
    children = {(event.stage, event.target.partition(":")[0]) for event in events if isinstance(event, ChildStarted)}
    assert children == {("install_runtime", "local"), ("install_runtime", target), ("prepare_dataset", target)}
    pulled = [event.completed for event in events if isinstance(event, Progress) and event.stage == "install_runtime"]
    assert pulled[-1:] == ([2] if target == "docker" else [])
    again = place.run()
    assert not [event for event in again if isinstance(event, ChildStarted)]


def test_an_image_that_is_gone_is_got_again(make: Callable[..., Place]) -> None:
    place = make()
    if load(place.project).hardware.target != "docker":
        pytest.skip("an environment in WSL is the user's")
    place.run()
    (place.home.folder / "engine" / "state" / "image tunesmith-runtime").unlink()
    stages = [event.stage for event in place.run() if isinstance(event, StageFinished)]
    assert stages == ["install_runtime"]


def test_other_versions_are_told(make: Callable[..., Place]) -> None:
    events = make(**{"ms-swift": "4.0.3"}).run()
    told = [event.values for event in events if isinstance(event, Message) and event.code == "inside_package_unfit"]
    assert [values["found"] for values in told] == ["4.0.3"]


def test_a_dead_runners_processes_are_ended_by_the_next_run(make: Callable[..., Place]) -> None:
    place = make()
    place.slow.touch()
    place.start()
    started = next(event for event in place.events() if isinstance(event, RunStarted))
    runner = psutil.Process(started.pid)
    runner.kill()
    runner.wait()
    assert len(place.processes()) == 2
    place.slow.unlink()
    events = place.run()
    assert place.processes() == []
    assert any(isinstance(event, Message) and event.code == "orphans_ended" for event in events)
    assert [event.stage for event in events if isinstance(event, StageFinished)][-1] == "prepare_dataset"


def test_a_stop_ends_what_runs_inside(make: Callable[..., Place]) -> None:
    place = make()
    place.slow.touch()
    place.start()
    place.home("stop", place.project)
    wait_for(lambda: place.processes() == [])
