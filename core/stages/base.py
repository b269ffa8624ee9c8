"""What a stage is: its name, its inputs, its commands, and how it makes its artifacts."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from core.events import Artifact, Event, Level, Message, Progress, StageError, Stopped, Unit, Value
from core.parsers.failures import diagnose, diagnose_exit
from core.parsers.parser import Parser
from core.process.command import Command
from core.process.run import NotStartedError, Outcome, Watch, run_command
from core.process.stop import StopFile
from core.process.tail import Followed
from core.process.target import LocalTarget, Running, Target
from core.stages.job import Job


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """A step of the script that ``plan`` prints: a command, a file to write, or a stage that only Tunesmith can do.

    ``folder`` is made first. ``file`` is a path and its text.
    """

    command: Command | None = None
    file: tuple[Path, str] | None = None
    stage: str = ""
    folder: Path | None = None


class Stage(ABC):
    """One step of the job. Adding one = one file with a subclass + one line in STAGES.

    Artifacts lie in NAME.artifacts/<stage>/<fingerprint>, written under ``.part`` and renamed. Those of a SHARED stage
    (runtime, llama.cpp) lie in the work folder and are made in place; the manifest, written last, says that they are
    whole. ``resumable``: an unfinished folder is gone on with instead of deleted.

    ``needs``: the stages whose artifacts this one is made from; their fingerprints are part of its own. ``after``:
    those that only bring its tools; ``inputs`` says what of them changes the result (``job.versions``, most often).
    """

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    after: ClassVar[tuple[str, ...]] = ()
    resumable: ClassVar[bool] = False
    grace: ClassVar[float] = 0.0
    """Seconds that the stage's command gets to end by itself after a stop request."""

    def wanted(self, job: Job) -> bool:
        """Whether the project asks for this stage."""
        return True

    @abstractmethod
    def inputs(self, job: Job) -> Mapping[str, object]:
        """Everything beside the needed stages that the result depends on (JSON values): the fingerprint's content."""

    @abstractmethod
    def run(self, ctx: "StageContext") -> None:
        """Make the artifacts in ``ctx.folder``. Raises StageError, or Stopped when the user asked."""

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """The commands that a person would run by hand for this stage."""
        return (ScriptLine(stage=self.name, folder=job.folder(self.name)),)

    def forecast_bytes(self, job: Job) -> int:
        """The disk space that the stage will need at most."""
        return 50_000_000

    def ollama_bytes(self, job: Job) -> int:
        """What Ollama will keep of the stage's work, on the disk of its models."""
        return 0

    def stands(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether what an earlier run made is as it was: files by size and time."""
        return all(file_stands(artifact) for artifact in artifacts)

    def is_whole(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether what an earlier run made still stands, and is all that is wanted now."""
        return self.stands(job, artifacts)

    def artifacts(self, ctx: "StageContext") -> Iterable[Path]:
        """The files below ``ctx.folder`` that others use; by default all."""
        return sorted(path for path in ctx.folder.rglob("*") if path.is_file())


def fingerprint(stage: Stage, job: Job, needed: Mapping[str, str]) -> str:
    """12 hex digits over the stage's name, its inputs, and the fingerprints of the stages that it needs."""
    content = {"stage": stage.name, "inputs": stage.inputs(job), "needs": dict(needed)}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def file_stands(artifact: Artifact) -> bool:
    """Whether a file is as it was when it was made, by size and time."""
    try:
        stat = Path(artifact.path).stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (artifact.size, artifact.mtime_ns)


@dataclass(frozen=True)
class StageContext:
    """What a running stage works with."""

    job: Job
    stage: Stage
    folder: Path
    emit: Callable[[Event], None]
    target: Target
    stop: StopFile
    log: Path
    run_id: str
    on_start: Callable[[Running, Command], None]
    on_end: Callable[[Running, int], None]
    facts: dict[str, Value] = field(default_factory=dict)
    """Figures that end up in the artifact's manifest."""
    made: list[Artifact] = field(default_factory=list)
    """What was made outside the folder: models in Ollama."""
    known_sha256: Callable[[Path], str] = lambda _: ""
    """The sha256 that was taken of an earlier stage's file when it was made, "" where none was."""

    def run(
        self,
        command: Command,
        parser: Parser | None = None,
        *,
        follow: Sequence[Followed] = (),
        check: bool = True,
        lines: Callable[[str], None] | None = None,
        limit: float | None = None,
    ) -> Outcome:
        """Run a command: its lines go to the log and the parser. Raises Stopped, or StageError with the diagnosis.

        The training runtime's own commands run where the project says, all others here. ``check`` False leaves the exit
        code to the caller; ``lines`` also gets each whole line. ``limit``: seconds that it may take.
        """
        self.check_stop()

        def on_line(text: str, *, transient: bool) -> None:
            if parser is not None:
                for event in parser.feed(text):
                    self.emit(event)
            if lines is not None and not transient:
                lines(text)

        watch = Watch(
            log=self.log,
            stop=self.stop,
            on_line=lambda line: on_line(line.text, transient=line.transient),
            on_start=lambda running: self.on_start(running, command),
            on_end=self.on_end,
            follow=follow,
            grace=self.stage.grace,
            limit=limit,
        )
        target = self.target if command.argv[0] == self.job.python else LocalTarget()
        if isinstance(target, LocalTarget):
            command = replace(command, env={**self.job.cache_environment, **command.env})
        try:
            outcome = run_command(command, target, watch, mark=self.run_id, cwd=self.folder)
        except NotStartedError as error:
            program = str(command.argv[0])
            raise StageError("program_not_started", program=program, reason=error.strerror or str(error)) from error
        if check:
            self._judge(outcome)
        return outcome

    def _judge(self, outcome: Outcome) -> None:
        if outcome.stopped:
            raise Stopped
        if outcome.late:
            raise ChildFailedError("program_hangs", {}, outcome.tail)
        if outcome.code == 0:
            return
        found = diagnose(outcome.tail, self.stage.name) or diagnose_exit(outcome.code)
        code, values = found or ("child_failed", {"exit": outcome.code})
        raise ChildFailedError(code, values, outcome.tail)

    def check_stop(self) -> None:
        """Raise Stopped where the user asked to stop."""
        if self.stop.requested():
            raise Stopped

    def progress(self, completed: float, total: float | None, unit: Unit, detail: str = "") -> None:
        """Tell how far the stage is, and obey a stop request."""
        self.check_stop()
        self.emit(Progress(stage=self.stage.name, completed=completed, total=total, unit=unit, detail=detail))

    def message(self, code: str, level: Level = "info", /, **values: Value) -> None:
        """Tell the user something."""
        self.emit(Message(stage=self.stage.name, level=level, code=code, values=values))


class ChildFailedError(StageError):
    """A tool failed; carries its last lines."""

    def __init__(self, code: str, values: Mapping[str, Value], tail: Sequence[str]) -> None:
        super().__init__(code, **values)
        self.tail = tuple(tail[-30:])
