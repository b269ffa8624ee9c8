"""The runner: works through the plan of one run, and writes its journal. Headless; it outlives who started it."""

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from filelock import FileLock

from core import __version__
from core.events import (
    ChildEnded,
    ChildStarted,
    Event,
    RunFinished,
    RunStarted,
    RunStatus,
    StageError,
    StageFailed,
    StageFinished,
    StageSkipped,
    StageStarted,
    StageStopped,
    Stopped,
)
from core.pipeline import folders, manifest, shared
from core.pipeline.journal import Journal
from core.pipeline.os_errors import explained
from core.pipeline.plan import PlannedStage, up_to_date
from core.pipeline.space import check_space, which_disk
from core.platform.files import move
from core.platform.sleep import awake
from core.process.command import Command
from core.process.stop import StopFile
from core.process.target import Running, Target
from core.stages.base import ChildFailedError, StageContext
from core.stages.job import SHARED, Job

TAIL_LINE = 500
"""Characters of a program's last lines that the journal keeps: they must fit into its ballast."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: where it writes, what it runs, and what must be made again."""

    folder: Path
    job: Job
    plan: tuple[PlannedStage, ...]
    again: frozenset[str]
    target: Target
    stop: StopFile

    @property
    def run_id(self) -> str:
        """The run's id, its folder's name."""
        return self.folder.name


class Runner:
    """Runs the stages of a plan one after another."""

    def __init__(self, run: Run, journal: Journal) -> None:
        self._run = run
        self._journal = journal

    def work(self) -> RunStatus:
        """Work through the plan; returns how it ended. Never raises: what goes wrong stands in the journal."""
        begin, run = time.monotonic(), self._run
        me = psutil.Process()
        stages = tuple(item.stage.name for item in run.plan)
        self._journal.append(
            RunStarted(
                run_id=run.run_id,
                project=str(run.job.file),
                stages=stages,
                pid=me.pid,
                create_time=me.create_time(),
                version=__version__,
            )
        )
        try:
            with awake():
                status = self._stages()
        finally:
            shared.leave(run.job.work, run.run_id)
        self._journal.append(RunFinished(status=status, seconds=time.monotonic() - begin))
        return status

    def _stages(self) -> RunStatus:
        for item in self._run.plan:
            status = self._guarded(item)
            if status != "done":
                return status
        return "done"

    def _guarded(self, item: PlannedStage) -> RunStatus:
        """Run one stage, and word its end in the journal."""
        log = self._run.folder / "logs" / f"{item.stage.name}.log"
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            self._stage(item, log)
        except Stopped:
            self._journal.append(StageStopped(stage=item.stage.name))
            return "stopped"
        except ChildFailedError as error:
            self._fail(item, error, log, error.tail)
            return "failed"
        except StageError as error:
            self._fail(item, error, log)
            return "failed"
        except OSError as error:
            self._fail(item, explained(error), log)
            return "failed"
        except Exception:  # noqa: BLE001 - the last guard: a bug of ours ends the run, not the journal
            with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
                file.write(traceback.format_exc())
            self._fail(item, StageError("internal_error"), log)
            return "failed"
        return "done"

    def _fail(self, item: PlannedStage, error: StageError, log: Path, tail: tuple[str, ...] = ()) -> None:
        found = which_disk(item, self._run.job, error) if error.code == "disk_ran_full" else error
        shown = tuple(line[:TAIL_LINE] for line in tail)
        name = item.stage.name
        self._journal.append(StageFailed(stage=name, code=found.code, values=found.values, tail=shown, log=str(log)))

    def _stage(self, item: PlannedStage, log: Path) -> None:
        begin = time.monotonic()
        if self._run.stop.requested():
            raise Stopped
        with self._shared_lock(item):
            artifacts = None if item.stage.name in self._run.again else up_to_date(self._run.job, item)
            if artifacts is not None:
                seconds = time.monotonic() - begin
                skipped = StageSkipped(
                    stage=item.stage.name, fingerprint=item.fingerprint, seconds=seconds, artifacts=artifacts
                )
                self._journal.append(skipped)
                return
            self._make(item, log, begin)

    @contextlib.contextmanager
    def _shared_lock(self, item: PlannedStage) -> Iterator[None]:
        """Runtime and llama.cpp are everybody's: another project that makes them now is waited for."""
        name, run = item.stage.name, self._run
        if name not in SHARED:
            yield
            return
        lock = shared.lock(run.job.work, name)
        _acquire(lock, run.stop)
        try:
            yield
            shared.enter(run.job.work, name, run.job.folder(name), run.run_id, run.job.file)
        finally:
            lock.release()

    def _make(self, item: PlannedStage, log: Path, begin: float) -> None:
        """Do the stage's work, then put its artifacts under their final name."""
        name, job = item.stage.name, self._run.job
        self._journal.append(StageStarted(stage=name, fingerprint=item.fingerprint))
        final = job.folder(name)
        check_space(item, job)
        if name in SHARED:
            shared.refuse_if_used(job.work, name, final)
        else:
            if name in self._run.again:
                folders.forget(final)
            if not folders.only_adds(item, job):
                folders.invalidate_dependents(job, name)
        folder = folders.prepare(final, item)
        ctx = self._context(item, folder, log)
        item.stage.run(ctx)
        files = manifest.describe(folder, item.stage.artifacts(ctx), ctx.progress)
        made = manifest.Manifest(
            stage=name,
            fingerprint=item.fingerprint,
            seconds=time.monotonic() - begin,
            artifacts=(*files, *ctx.made),
            facts=ctx.facts,
        )
        manifest.write(folder, made)
        if folder != final:
            move(folder, final)
        self._journal.append(
            StageFinished(stage=name, fingerprint=item.fingerprint, seconds=made.seconds, artifacts=made.placed(final))
        )

    def _context(self, item: PlannedStage, folder: Path, log: Path) -> StageContext:
        name = item.stage.name

        def on_start(running: Running, command: Command) -> None:
            argv = tuple(str(token) for token in command.argv)
            self._journal.append(
                ChildStarted(
                    stage=name,
                    pid=running.pid,
                    group=running.group,
                    create_time=running.create_time,
                    argv=argv,
                    target=running.target,
                )
            )

        def on_end(running: Running, code: int) -> None:
            self._journal.append(ChildEnded(stage=name, pid=running.pid, code=code))

        emit: Callable[[Event], None] = self._journal.append
        run = self._run
        return StageContext(
            run.job,
            item.stage,
            folder,
            emit,
            run.target,
            run.stop,
            log,
            run.run_id,
            on_start,
            on_end,
            known_sha256=manifest.known_sha256,
        )


def _acquire(lock: FileLock, stop: StopFile) -> None:
    while True:
        try:
            lock.acquire()
        except TimeoutError:
            if stop.requested():
                raise Stopped from None
        else:
            return
