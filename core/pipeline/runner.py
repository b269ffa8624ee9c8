"""The runner: works through the plan of one run, and writes its journal. Headless; it outlives who started it."""

import contextlib
import shutil
import tempfile
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
from core.hardware.disk import free_bytes, tree_bytes
from core.pipeline import manifest, shared
from core.pipeline.journal import Journal
from core.pipeline.os_errors import explained
from core.pipeline.plan import PlannedStage, from_stage, planned, up_to_date
from core.platform.files import move
from core.platform.sleep import awake
from core.process.command import Command
from core.process.stop import StopFile
from core.process.target import Running, Target
from core.stages.base import ChildFailedError, StageContext, file_stands
from core.stages.job import SHARED, Job
from core.tools import ollama

DISK_RESERVE = 200_000_000
"""Bytes that stay free beside a stage's forecast."""
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
        found = self._filled(item, error) if error.code == "disk_ran_full" else error
        shown = tuple(line[:TAIL_LINE] for line in tail)
        name = item.stage.name
        self._journal.append(StageFailed(stage=name, code=found.code, values=found.values, tail=shown, log=str(log)))

    def _filled(self, item: PlannedStage, error: StageError) -> StageError:
        """Which disk ran full, and what the stage needs there: a program's own words seldom name either."""
        job = self._run.job
        final = job.folder(item.stage.name)
        try:
            place = min((final, job.work, Path(tempfile.gettempdir())), key=free_bytes)
            free = _available(final) if place == final else free_bytes(place)
            needed = max(item.stage.forecast_bytes(job), tree_bytes(_part(final))) + DISK_RESERVE
        except (OSError, StageError):
            return error
        return StageError("disk_ran_full_at", path=str(place), needed=needed, free=free)

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
        self._check_disk(item, final)
        if name in SHARED:
            shared.refuse_if_used(job.work, name, final)
        else:
            if name in self._run.again:
                _forget(final)
            if not _only_adds(item, job):
                self._invalidate_dependents(name)
        folder = _prepare(final, item)
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

    def _invalidate_dependents(self, name: str) -> None:
        """What was built from the artifacts that are now made anew is not up to date any more, also for a later run."""
        plan = planned(self._run.job, push=True)
        for other in from_stage(plan, name) - {name}:
            folder = self._run.job.folder(other)
            (folder / manifest.MANIFEST).unlink(missing_ok=True)
            shutil.rmtree(_part(folder), ignore_errors=True)

    def _context(self, item: PlannedStage, folder: Path, log: Path) -> StageContext:
        name = item.stage.name

        def on_start(running: Running, command: Command) -> None:
            argv = tuple(str(token) for token in command.argv)
            self._journal.append(
                ChildStarted(
                    stage=name, pid=running.pid, group=running.group, create_time=running.create_time, argv=argv
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

    def _check_disk(self, item: PlannedStage, final: Path) -> None:
        needed, free = item.stage.forecast_bytes(self._run.job) + DISK_RESERVE, _available(final)
        if free < needed:
            raise StageError("disk_space", needed=needed, free=free, path=str(final))
        kept = item.stage.ollama_bytes(self._run.job)
        if kept and ollama.is_local():
            needed, models = kept + DISK_RESERVE, ollama.models_folder()
            if (free := free_bytes(models)) < needed:
                raise StageError("ollama_disk_space", needed=needed, free=free, path=str(models))


def _available(final: Path) -> int:
    """The space for a stage: what is free, and what an earlier try holds, which is gone on with or removed."""
    return free_bytes(final) + tree_bytes(final) + tree_bytes(_part(final))


def _only_adds(item: PlannedStage, job: Job) -> bool:
    """Whether all that the stage made before still stands: it will only add to it (another quantization type)."""
    folder = job.folder(item.stage.name)
    before = manifest.read(folder)
    if before is None or before.fingerprint != item.fingerprint:
        return False
    return all(file_stands(artifact) for artifact in before.placed(folder))


def _drop_damaged(folder: Path) -> None:
    """Remove the files of a resumable stage that are not as its manifest says: they would be gone on with."""
    before = manifest.read(folder)
    for artifact in before.placed(folder) if before else ():
        if not file_stands(artifact):
            Path(artifact.path).unlink(missing_ok=True)


def _forget(final: Path) -> None:
    """Remove what earlier runs made, so that a stage that could go on with it begins anew."""
    for folder in (final, _part(final)):
        if folder.exists():
            shutil.rmtree(folder)


def _part(final: Path) -> Path:
    return final.with_name(final.name + ".part")


def _prepare(final: Path, item: PlannedStage) -> Path:
    """The folder to write in: ``.part`` beside the final one, empty unless the stage goes on with what is there.

    A final folder without its manifest was built from something that is made anew now: nothing of it is kept.
    """
    if item.stage.name in SHARED:
        final.mkdir(parents=True, exist_ok=True)
        (final / manifest.MANIFEST).unlink(missing_ok=True)
        return final
    part = _part(final)
    if item.stage.resumable and manifest.read(final) and not part.exists():
        _drop_damaged(final)
        move(final, part)
    elif final.exists():
        shutil.rmtree(final)
    if part.exists() and not item.stage.resumable:
        shutil.rmtree(part)
    part.mkdir(parents=True, exist_ok=True)
    (part / manifest.MANIFEST).unlink(missing_ok=True)
    return part


def _acquire(lock: FileLock, stop: StopFile) -> None:
    while True:
        try:
            lock.acquire()
        except TimeoutError:
            if stop.requested():
                raise Stopped from None
        else:
            return
