"""Two runs of different projects, in real processes, that share one runtime."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.config.project import TuneProject
from core.config.settings import RuntimeSettings, Settings
from core.events import Event, RunFinished, StageFailed, StageFinished, StageSkipped
from core.pipeline import journal, shared
from core.pipeline.journal import Journal
from core.pipeline.manifest import MANIFEST
from core.pipeline.plan import make_job, planned
from core.pipeline.runner import Run, Runner
from core.process.stop import StopFile
from core.process.target import LocalTarget
from core.stages.base import Stage, StageContext
from core.stages.job import Job

ROOT = Path(__file__).parents[3]
WORK = "import sys; from tests.core.pipeline.test_shared import work; work(sys.argv[1], training=True)"


class Runtime(Stage):
    name = "install_runtime"

    def inputs(self, job: Job) -> Mapping[str, object]:
        return {}

    def forecast_bytes(self, job: Job) -> int:
        return 0

    def run(self, ctx: StageContext) -> None:
        (ctx.folder / "python").write_text("whole", encoding="utf-8")


class Training(Stage):
    name = "train"
    needs = ("install_runtime",)

    def inputs(self, job: Job) -> Mapping[str, object]:
        return {}

    def run(self, ctx: StageContext) -> None:
        print("training", flush=True)
        sys.stdin.read()


def job_of(file: Path) -> Job:
    settings = Settings(work_dir=str(file.parent / "work"), runtime=RuntimeSettings(profile="cpu"))
    return make_job(file, TuneProject(), settings)


def work(file: str, *, training: bool) -> list[Event]:
    stages = (Runtime(), Training()) if training else (Runtime(),)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.pipeline.plan.STAGES", stages)
        job = job_of(Path(file))
        folder = job.runs / f"run-{len(journal.runs(job.runs))}-{job.name}"
        log = Journal(folder)
        Runner(Run(folder, job, planned(job), frozenset(), LocalTarget(), StopFile(folder / "stop")), log).work()
        log.close()
    return list(journal.read(folder))


@contextmanager
def training_elsewhere(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    argv = [sys.executable, "-c", WORK, str(file)]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"training"
        yield process
        process.kill()


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.pipeline.plan.STAGES", ())


def test_a_runtime_with_which_another_run_trains_is_not_made_anew(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.tunesmith", tmp_path / "other.tunesmith"
    with training_elsewhere(other) as process:
        assert any(isinstance(event, StageSkipped) for event in work(str(mine), training=False))  # shared, as it is
        (job_of(mine).folder("install_runtime") / MANIFEST).unlink()
        events = work(str(mine), training=False)
        (failed,) = [event for event in events if isinstance(event, StageFailed)]
        assert failed.code == "shared_in_use"
        assert (failed.values["pid"], failed.values["project"]) == (process.pid, str(other))
        assert isinstance(events[-1], RunFinished)
    # its runner was killed: no note of a dead run is heeded
    assert any(isinstance(event, StageFinished) for event in work(str(mine), training=False))


def test_a_run_that_ended_leaves_no_note(tmp_path: Path) -> None:
    job = job_of(tmp_path / "mine.tunesmith")
    with training_elsewhere(job.file) as process:
        assert len(list((job.work / "locks" / "users").iterdir())) == 1
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    assert list((job.work / "locks" / "users").iterdir()) == []


def test_a_broken_note_and_a_reused_pid_hold_nothing(tmp_path: Path) -> None:
    with shared.lock(tmp_path, "install_runtime"):
        shared.enter(tmp_path, "install_runtime", tmp_path / "rt", "run-1", tmp_path / "p")
        note = tmp_path / "locks" / "users" / "install_runtime.run-1.json"
        text = note.read_text(encoding="utf-8")
        for content in ("{", "[]", '{"pid": 1}', text.replace('"create_time": ', '"create_time": 1')):
            note.write_text(content, encoding="utf-8")
            shared.refuse_if_used(tmp_path, "install_runtime", tmp_path / "rt")
            assert not note.exists()
