"""The runner with small stages that start real processes."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from core.config.project import TuneProject
from core.config.settings import Settings
from core.config.store import with_values
from core.events import (
    ChildEnded,
    ChildStarted,
    Event,
    RunFinished,
    StageFailed,
    StageFinished,
    StageSkipped,
    StageStarted,
    StageStopped,
)
from core.pipeline import journal, runner
from core.pipeline.journal import Journal
from core.pipeline.orphans import end_orphans
from core.pipeline.plan import from_stage, make_job, planned
from core.pipeline.runner import Run, Runner
from core.process.command import Command, HostPath
from core.process.stop import StopFile
from core.process.target import LocalTarget
from core.stages.base import Stage, StageContext
from core.stages.job import Job


def python(code: str) -> Command:
    return Command((HostPath(Path(sys.executable)), "-c", code))


class First(Stage):
    name = "first"

    def inputs(self, job: Job) -> Mapping[str, object]:
        return {"rank": job.project.lora.lora_rank}

    def run(self, ctx: StageContext) -> None:
        ctx.run(python(f"open('made.txt', 'w').write('rank {ctx.job.project.lora.lora_rank}')"))


class Second(Stage):
    name = "second"
    needs = ("first",)
    resumable = True

    def inputs(self, job: Job) -> Mapping[str, object]:
        return {"seed": job.project.training.seed}

    def run(self, ctx: StageContext) -> None:
        text = (ctx.job.folder("first") / "made.txt").read_text(encoding="utf-8")
        with (ctx.folder / "kept.txt").open("a", encoding="utf-8") as kept:
            kept.write("begun\n")
        code = ctx.job.project.training.extra_args
        ctx.run(python(code[0] if code else "pass"))
        (ctx.folder / "out.txt").write_text(f"{text} seed {ctx.job.project.training.seed}", encoding="utf-8")


@pytest.fixture(autouse=True)
def _two_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.pipeline.plan.STAGES", (First(), Second()))


class Bench:
    """A project folder in which runs are made one after another."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "测试 project.tunesmith"
        self.settings = Settings(work_dir=str(folder / "work"))
        self.count = 0

    def job(self, project: TuneProject) -> Job:
        return make_job(self.file, project, self.settings)

    def run(self, project: TuneProject, again: str = "", *, stop: bool = False, until: str = "") -> list[Event]:
        self.count += 1
        job = self.job(project)
        plan = planned(job)
        if until:
            plan = plan[: [item.stage.name for item in plan].index(until) + 1]
        folder = job.runs / f"run-{self.count}"
        log = Journal(folder)
        stop_file = StopFile(folder / "stop")
        if stop:
            stop_file.request()
        redo = frozenset(from_stage(plan, again)) if again else frozenset[str]()
        Runner(Run(folder, job, plan, redo, LocalTarget(), stop_file), log).work()
        log.close()
        return list(journal.read(folder))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def kinds(events: list[Event]) -> list[str]:
    wanted = (StageStarted, StageFinished, StageSkipped, StageFailed, StageStopped)
    return [f"{event.type}:{event.stage}" for event in events if isinstance(event, wanted)]


def ran(events: list[Event]) -> set[str]:
    return {event.stage for event in events if isinstance(event, StageFinished)}


def test_second_run_has_nothing_to_do(bench: Bench) -> None:
    assert ran(bench.run(TuneProject())) == {"first", "second"}
    again = bench.run(TuneProject())
    assert kinds(again) == ["stage_skipped:first", "stage_skipped:second"]
    assert isinstance(again[-1], RunFinished)
    assert again[-1].status == "done"
    out = bench.job(TuneProject()).folder("second") / "out.txt"
    assert out.read_text(encoding="utf-8") == "rank 8 seed 42"


def test_a_changed_setting_runs_what_depends_on_it(bench: Bench) -> None:
    bench.run(TuneProject())
    assert ran(bench.run(with_values(TuneProject(), training={"seed": 7}))) == {"second"}
    assert ran(bench.run(with_values(TuneProject(), lora={"lora_rank": 16}))) == {"first", "second"}
    assert ran(bench.run(TuneProject())) == set()  # the first artifacts are still there


def test_a_damaged_artifact_is_made_again(bench: Bench) -> None:
    bench.run(TuneProject())
    (bench.job(TuneProject()).folder("first") / "made.txt").write_text("damaged", encoding="utf-8")
    assert ran(bench.run(TuneProject())) == {"first", "second"}  # what was built from it too
    (bench.job(TuneProject()).folder("second") / "out.txt").write_text("damaged", encoding="utf-8")
    assert ran(bench.run(TuneProject())) == {"second"}
    out = bench.job(TuneProject()).folder("second") / "out.txt"
    assert out.read_text(encoding="utf-8") == "rank 8 seed 42"


def test_an_interrupted_remake_does_not_leave_what_was_built_from_the_old(bench: Bench) -> None:
    bench.run(TuneProject())
    shutil.rmtree(bench.job(TuneProject()).folder("first"))
    assert ran(bench.run(TuneProject(), until="first")) == {"first"}
    assert ran(bench.run(TuneProject())) == {"second"}
    kept = bench.job(TuneProject()).folder("second") / "kept.txt"
    assert kept.read_text(encoding="utf-8") == "begun\n"  # not gone on with


def test_from_stage_runs_it_and_its_dependents(bench: Bench) -> None:
    bench.run(TuneProject())
    assert ran(bench.run(TuneProject(), "second")) == {"second"}
    assert ran(bench.run(TuneProject(), "first")) == {"first", "second"}


def test_a_failing_child_leaves_no_final_name(bench: Bench) -> None:
    project = with_values(TuneProject(), training={"extra_args": ["raise SystemExit('No space left on device')"]})
    events = bench.run(project)
    (failed,) = [event for event in events if isinstance(event, StageFailed)]
    assert failed.code == "disk_ran_full"
    assert "No space left on device" in failed.tail
    assert not bench.job(project).folder("second").exists()
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "failed"


def test_a_resumable_stage_goes_on_in_its_folder(bench: Bench) -> None:
    script = "import pathlib, sys; p = pathlib.Path('tried'); sys.exit(0 if p.exists() else p.write_text('x') and 9)"
    project = with_values(TuneProject(), training={"extra_args": [script]})
    bench.run(project)
    assert ran(bench.run(project)) == {"second"}
    kept = bench.job(project).folder("second") / "kept.txt"
    assert kept.read_text(encoding="utf-8") == "begun\nbegun\n"


def test_a_stop_before_a_stage(bench: Bench) -> None:
    events = bench.run(TuneProject(), stop=True)
    assert kinds(events) == ["stage_stopped:first"]
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "stopped"


def test_disk_space_is_checked_before_a_stage(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "free_bytes", lambda path: 1000)
    (failed,) = [event for event in bench.run(TuneProject()) if isinstance(event, StageFailed)]
    assert failed.code == "disk_space"
    assert failed.values["free"] == 1000


def test_a_bug_of_ours_ends_the_run_in_the_journal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: First, _ctx: StageContext) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(First, "run", broken)
    (failed,) = [event for event in bench.run(TuneProject()) if isinstance(event, StageFailed)]
    assert failed.code == "internal_error"
    assert "ZeroDivisionError" in Path(failed.log).read_text(encoding="utf-8")


def test_children_are_journalled(bench: Bench) -> None:
    events = bench.run(TuneProject())
    started = [event for event in events if isinstance(event, ChildStarted)]
    ended = [event for event in events if isinstance(event, ChildEnded)]
    assert [event.pid for event in started] == [event.pid for event in ended]
    assert all(event.create_time > 0 and event.group == event.pid for event in started)


def _orphan(bench: Bench, mark: str) -> Iterator[psutil.Process]:
    running = LocalTarget().start(python("import time; time.sleep(60)"), mark=mark, cwd=bench.file.parent)
    yield psutil.Process(running.pid)
    running.kill()
    running.close()


def test_orphans_of_a_dead_runner_are_ended(bench: Bench) -> None:
    bench.run(TuneProject())
    runs = bench.job(TuneProject()).runs
    dead = runs / "run-dead"
    log = Journal(dead)
    log.close()
    orphans = _orphan(bench, "run-dead")
    orphan = next(orphans)
    assert end_orphans(runs) == 1
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    next(orphans, None)
    assert end_orphans(runs) == 0
