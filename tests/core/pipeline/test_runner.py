"""The runner with small stages that start real processes."""

import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import psutil
import pytest

from core.config.project import TuneProject
from core.config.settings import Settings
from core.config.store import with_values
from core.events import (
    SCHEMA,
    ChildEnded,
    ChildStarted,
    Event,
    RunFinished,
    RunStarted,
    StageFailed,
    StageFinished,
    StageSkipped,
    StageStarted,
    StageStopped,
)
from core.pipeline import journal, space
from core.pipeline.journal import Journal
from core.pipeline.orphans import end_orphans
from core.pipeline.plan import from_stage, make_job, planned
from core.pipeline.runner import Run, Runner
from core.process.command import Command, HostPath
from core.process.stop import StopFile
from core.process.target import LocalTarget
from core.stages.base import Stage, StageContext
from core.stages.job import Job

ME = secrets.token_hex(4)
"""Part of each run's id: another session of the tests at the same time must not end its processes."""


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
        folder = job.runs / f"run-{self.count}-{ME}"
        journal.reserve(folder)
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


def test_a_stop_while_a_big_file_is_hashed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    class Big(First):
        def run(self, ctx: StageContext) -> None:
            (ctx.folder / "model.gguf").write_bytes(bytes(1 << 21))
            ctx.stop.request()

    monkeypatch.setattr("core.pipeline.plan.STAGES", (Big(),))
    assert kinds(bench.run(TuneProject())) == ["stage_started:first", "stage_stopped:first"]
    assert not bench.job(TuneProject()).folder("first").exists()


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
    assert failed.code == "disk_ran_full_at"
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
    monkeypatch.setattr(space, "free_bytes", lambda path: 1000)
    (failed,) = [event for event in bench.run(TuneProject()) if isinstance(event, StageFailed)]
    assert failed.code == "disk_space"
    assert failed.values["free"] == 1000


def test_the_disk_of_ollamas_models_is_checked_before_a_stage(
    bench: Bench, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(First, "ollama_bytes", lambda *_: 5_000_000)
    monkeypatch.setenv("OLLAMA_MODELS", str(small_disk / "models"))
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    events = bench.run(TuneProject())
    (failed,) = [event for event in events if isinstance(event, StageFailed)]
    assert (failed.code, failed.values["path"]) == ("ollama_disk_space", str(small_disk / "models"))
    assert not any(isinstance(event, ChildStarted) for event in events)
    monkeypatch.setenv("OLLAMA_HOST", "10.9.8.7")  # another computer's disk: the stage says what it thinks of that
    assert ran(bench.run(TuneProject())) == {"first", "second"}


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
    dead = runs / f"run-dead-{ME}"
    log = Journal(dead)
    log.close()
    orphans = _orphan(bench, f"run-dead-{ME}")
    orphan = next(orphans)
    assert end_orphans(runs) == (1, ())
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    next(orphans, None)
    assert journal.finished(dead) is not None  # not looked at again
    assert end_orphans(runs) == (0, ())


def test_a_dead_run_is_read_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run(TuneProject())
    runs = bench.job(TuneProject()).runs
    for number in range(3):
        Journal(runs / f"run-dead-{number}-{ME}").close()
    looked: list[str] = []

    def record(mark: str) -> Iterator[psutil.Process]:
        looked.append(mark)
        return iter(())

    monkeypatch.setattr("core.pipeline.orphans.marked", record)
    end_orphans(runs)
    end_orphans(runs)
    assert looked == [f"run-dead-{number}-{ME}" for number in range(3)]


def test_a_newer_tunesmiths_run_is_passed_over_but_its_processes_are_ended(bench: Bench) -> None:
    bench.run(TuneProject())
    runs = bench.job(TuneProject()).runs
    newer = runs / f"run-newer-{ME}"
    log = Journal(newer)
    log.append(
        RunStarted(
            schema_version=SCHEMA + 1,
            run_id=f"run-newer-{ME}",
            project="",
            stages=(),
            pid=1,
            create_time=0.0,
            version="9",
        )
    )
    log.close()
    before = (newer / journal.EVENTS).read_bytes()
    orphans = _orphan(bench, f"run-newer-{ME}")
    next(orphans)
    assert end_orphans(runs) == (1, (newer,))
    next(orphans, None)
    assert (newer / journal.EVENTS).read_bytes() == before


class Hungry(Stage):
    """Writes more than the disk holds, by itself or by a child that says so or not."""

    name = "first"

    def inputs(self, job: Job) -> Mapping[str, object]:
        return {}

    def forecast_bytes(self, job: Job) -> int:
        return 700_000

    def run(self, ctx: StageContext) -> None:
        writing = "f = open('made.bin', 'wb', 0)\nfor _ in range({0}): f.write(bytes(1024))"
        match ctx.job.project.training.extra_args[0]:
            case "child":
                ctx.run(python(writing.format(2000)))
            case "ourselves":
                (ctx.folder / "made.bin").write_bytes(bytes(2_000_000))
            case "output":
                ctx.run(python("while True: print('x' * 1000)"))
            case _:
                pass
        ctx.run(python(writing.format(100)))


@pytest.mark.parametrize("who", ["child", "ourselves", "output"])
def test_a_disk_that_runs_full_is_named_and_the_next_run_goes_on(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr("core.pipeline.plan.STAGES", (Hungry(), Second()))
    monkeypatch.setattr(space, "DISK_RESERVE", 10_000)
    bench = Bench(small_disk)
    (small_disk / "film").write_bytes(bytes(100_000))
    hungry = with_values(TuneProject(), training={"extra_args": [who]})
    events = bench.run(hungry)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "failed"
    (failed,) = [event for event in events if isinstance(event, StageFailed)]
    assert failed.code == "disk_ran_full_at"
    final = bench.job(hungry).folder("first")
    assert failed.values["path"] == str(final)
    assert cast("int", failed.values["needed"]) >= 710_000
    assert not final.exists()
    assert sum(isinstance(event, ChildStarted) for event in events) == sum(isinstance(e, ChildEnded) for e in events)
    (small_disk / "film").unlink()
    (bench.job(hungry).runs / f"run-1-{ME}" / "logs" / "first.log").unlink(missing_ok=True)
    again = bench.run(with_values(TuneProject(), training={"extra_args": ["now it fits"]}))
    assert "stage_finished:first" in kinds(again)
    assert (final / "made.bin").stat().st_size == 102_400
