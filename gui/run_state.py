"""What a run has told so far: its stages, figures and products, from its events. No Qt."""

from dataclasses import dataclass, field

from core.events import (
    Answer,
    Artifact,
    Event,
    Message,
    Metrics,
    Progress,
    RunFinished,
    RunStarted,
    StageFailed,
    StageFinished,
    StageSkipped,
    StageStarted,
    StageStopped,
    Value,
)


@dataclass(slots=True)
class StageRow:
    """One stage: its state (``state_...`` of core.messages), how far it is, and how it ended."""

    name: str
    state: str = "waiting"
    progress: Progress | None = None
    unit: str = ""
    detail: str = ""
    seconds: float = 0.0
    artifacts: tuple[Artifact, ...] = ()
    code: str = ""
    values: dict[str, Value] = field(default_factory=dict)
    tail: tuple[str, ...] = ()

    @property
    def fraction(self) -> float | None:
        """How much of it is done, from 0 to 1; None where it does not tell."""
        if self.progress is None or not self.progress.total:
            return None
        return min(1.0, self.progress.completed / self.progress.total)


@dataclass(slots=True)
class RunState:
    """A run as its events have told it."""

    stages: dict[str, StageRow] = field(default_factory=dict)
    series: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Each figure of the training: step and value."""
    max_steps: int = 0
    answers: list[Answer] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0
    status: str = ""
    """How the run ended; "" while it works."""
    refusal: Message | None = None
    """Why it did not even begin."""

    def feed(self, event: Event) -> None:
        """Take one event."""
        match event:
            case RunStarted():
                self.started = event.time
                self.stages = {name: StageRow(name) for name in event.stages}
            case Progress():
                _progress(self._row(event.stage), event)
            case Metrics():
                self._metrics(event)
            case Answer():
                self.answers.append(event)
            case Message(stage="", level="error"):
                self.refusal = event
            case RunFinished():
                self.end(event.status, event.time)
            case StageStarted() | StageSkipped() | StageFinished() | StageFailed() | StageStopped():
                _turn(self._row(event.stage), event)
            case _:
                pass

    def end(self, status: str, time: float = 0.0) -> None:
        """The run is over; a stage that has no end of its own shares the run's."""
        self.status, self.ended = status, time
        for row in self.stages.values():
            if row.state == "running":
                row.state = "interrupted" if status == "done" else status

    @property
    def current(self) -> StageRow | None:
        """The stage that works now."""
        return next((row for row in self.stages.values() if row.state == "running"), None)

    @property
    def failed(self) -> StageRow | None:
        """The stage that failed."""
        return next((row for row in self.stages.values() if row.state == "failed"), None)

    def latest(self, name: str) -> float | None:
        """The newest value of a figure."""
        points = self.series.get(name)
        return points[-1][1] if points else None

    def artifacts(self, stage: str) -> tuple[Artifact, ...]:
        """What a stage made."""
        return self.stages[stage].artifacts if stage in self.stages else ()

    def _row(self, stage: str) -> StageRow:
        return self.stages.setdefault(stage, StageRow(stage))

    def _metrics(self, event: Metrics) -> None:
        self.max_steps = event.max_steps or self.max_steps
        for name, value in event.values.items():
            points = self.series.setdefault(name, [])
            while points and points[-1][0] >= event.step:  # a training that goes on from an earlier checkpoint
                points.pop()
            points.append((event.step, value))


def _progress(row: StageRow, event: Progress) -> None:
    """The unit that came first moves the bar; others (the bytes of one of many packages) only say what is done."""
    row.unit = row.unit or event.unit
    row.detail = event.detail
    if event.unit == row.unit:
        row.progress = event


def _turn(row: StageRow, event: StageStarted | StageSkipped | StageFinished | StageFailed | StageStopped) -> None:
    match event:
        case StageStarted():
            row.state, row.progress, row.unit, row.detail = "running", None, "", ""
        case StageSkipped() | StageFinished():
            row.state = "up_to_date" if isinstance(event, StageSkipped) else "done"
            row.seconds, row.artifacts = event.seconds, event.artifacts
        case StageFailed():
            row.state, row.code, row.values, row.tail = "failed", event.code, dict(event.values), event.tail
            row.values = {"stage": event.stage, "log": event.log, **event.values}
        case StageStopped():
            row.state = "stopped"
