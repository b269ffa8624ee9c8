"""What a run says about itself: frozen events of codes and values, never sentences.

A run's journal (``events.jsonl``) is a sequence of these, one JSON object a line. They are the only truth of a run: the
command line and the window both read them, and :mod:`core.messages` turns codes into sentences.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

SCHEMA = 1
"""Version of the journal's lines; a reader refuses a newer one."""

Plain = str | int | float | bool | None


class NamedRow(BaseModel):
    """A row of a dataset inside a message: where it stands, and what there is to say about it.

    ``code`` and ``values`` are a sentence of :mod:`core.messages`. ``file`` is "" for a row about the model itself: it
    stands in no file of the user's.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    file: str
    line: int
    code: str
    values: dict[str, Plain] = {}


Value = Plain | tuple[NamedRow, ...]
"""What a message may carry for its sentence's placeholders: plain values, or rows that it names one below the other."""

Unit = Literal["step", "byte", "file", "row", "tensor", "package", "prompt", "percent"]
Level = Literal["info", "warning", "error"]
RunStatus = Literal["done", "failed", "stopped", "interrupted"]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # a newer minor version may add fields
    time: float = Field(default=0.0, description="Unix time in seconds, set by the journal")


class Artifact(BaseModel):
    """One file or external object that a stage made.

    ``path`` is absolute for a file; for an Ollama model it is the model's name and ``sha256`` its manifest's digest.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str
    path: str
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""


class RunStarted(_Event):
    """The runner lives: the first line of each journal."""

    type: Literal["run_started"] = "run_started"
    schema_version: int = SCHEMA
    run_id: str
    project: str
    stages: tuple[str, ...]
    pid: int
    create_time: float
    version: str


class StageStarted(_Event):
    """A stage begins its work."""

    type: Literal["stage_started"] = "stage_started"
    stage: str
    fingerprint: str


class StageSkipped(_Event):
    """A stage has nothing to do: its fingerprint is unchanged and its artifacts are whole."""

    type: Literal["stage_skipped"] = "stage_skipped"
    stage: str
    fingerprint: str
    seconds: float = 0.0
    artifacts: tuple[Artifact, ...] = ()


class ChildStarted(_Event):
    """A process was started; enough to find and end it after a crash of the runner, also in a container or WSL."""

    type: Literal["child_started"] = "child_started"
    stage: str
    pid: int
    group: int
    create_time: float
    argv: tuple[str, ...]
    target: str = "local"


class ChildEnded(_Event):
    """A process and all of its descendants are gone."""

    type: Literal["child_ended"] = "child_ended"
    stage: str
    pid: int
    code: int


class Progress(_Event):
    """How far a stage is: ``completed`` of ``total`` ``unit``s (``total`` None: not known), with the time left."""

    type: Literal["progress"] = "progress"
    stage: str
    completed: float
    total: float | None = None
    unit: Unit = "step"
    eta_seconds: float | None = None
    speed: float | None = Field(default=None, description="units a second, where a program tells it")
    detail: str = ""


class Metrics(_Event):
    """Live figures of a training step.

    Keys are ms-swift's: ``loss``, ``token_acc``, ``learning_rate``, ``grad_norm``, ``eval_loss``, ``eval_token_acc``,
    ``epoch``, ``memory`` (GiB reserved on the GPU), ``seconds_per_step``.
    """

    type: Literal["metrics"] = "metrics"
    stage: str
    step: int
    max_steps: int | None = None
    values: dict[str, float]


class Message(_Event):
    """Something that the user should know; worded by :func:`core.messages.sentence`."""

    type: Literal["message"] = "message"
    stage: str
    level: Level = "info"
    code: str
    values: dict[str, Value] = {}


class Answer(_Event):
    """A model's answer to a prompt, from evaluate and smoke_test."""

    type: Literal["answer"] = "answer"
    stage: str
    model: str
    prompt: str
    text: str


class StageFinished(_Event):
    """A stage did its work; its artifacts are under their final names."""

    type: Literal["stage_finished"] = "stage_finished"
    stage: str
    fingerprint: str
    seconds: float
    artifacts: tuple[Artifact, ...] = ()


class StageFailed(_Event):
    """A stage failed: why (code, values), the tool's last lines, and where the whole log lies."""

    type: Literal["stage_failed"] = "stage_failed"
    stage: str
    code: str
    values: dict[str, Value] = {}
    tail: tuple[str, ...] = ()
    log: str = ""


class StageStopped(_Event):
    """A stage ended early because the user asked; what it had is kept."""

    type: Literal["stage_stopped"] = "stage_stopped"
    stage: str


class RunFinished(_Event):
    """The last line of a journal."""

    type: Literal["run_finished"] = "run_finished"
    status: RunStatus
    seconds: float


Event = Annotated[
    RunStarted
    | StageStarted
    | StageSkipped
    | ChildStarted
    | ChildEnded
    | Progress
    | Metrics
    | Message
    | Answer
    | StageFinished
    | StageFailed
    | StageStopped
    | RunFinished,
    Field(discriminator="type"),
]

ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads one journal line: ``ADAPTER.validate_json(line)``."""


class StageError(Exception):
    """A failure that is understood: a code of :mod:`core.messages` and the values for its sentence."""

    def __init__(self, code: str, /, **values: Value) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


class Stopped(Exception):  # noqa: N818 - not an error
    """The user asked to stop; raised through a stage by whatever waits."""
