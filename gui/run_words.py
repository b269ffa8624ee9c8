"""A run in words: what stands under a stage, what its events say in the log, time as people say it. No Qt."""

from typing import Literal

from core.events import (
    Answer,
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
)
from core.messages import N_, size
from gui.run_state import StageRow
from gui.wizard.state import WizardState

LogLevel = Literal["output", "info", "warning", "error"]

FIGURES = ("loss", "eval_loss", "token_acc", "eval_token_acc", "learning_rate", "grad_norm")
"""What a line of the log says of a step."""


def time_words(seconds: float, state: WizardState) -> str:
    """Seconds as people say them: ``1 h 8 min``, ``12 min``, ``40 s``."""
    if seconds < 59.5:
        return state.say(N_("{seconds} s"), seconds=round(seconds))
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours:
        return state.say(N_("{hours} h {minutes} min"), hours=hours, minutes=minutes)
    return state.say(N_("{minutes} min"), minutes=minutes)


def stage_title(name: str, state: WizardState) -> str:
    """A stage's name."""
    return state.sentence(f"stage_{name}")


def stage_note(row: StageRow, state: WizardState) -> str:
    """What stands under a stage's name."""
    if row.state == "waiting":
        return ""
    if row.state == "running":
        return _running(row, state)
    word = state.sentence(f"state_{row.state}")
    total = sum(artifact.size for artifact in row.artifacts)
    parts = [word]
    if row.state == "done" and row.seconds >= 1:
        parts.append(time_words(row.seconds, state))
    if total >= 1_000_000:
        parts.append(size(total))
    return " · ".join(parts)


def _running(row: StageRow, state: WizardState) -> str:
    if row.progress is None:
        return state.sentence("state_running")
    parts = [progress_words(row.progress, state)]
    if row.progress.eta_seconds is not None:
        left = time_words(row.progress.eta_seconds, state)
        parts.append(state.say(N_("about {time} left"), time=left))
    elif row.detail:
        parts.append(row.detail)
    return " · ".join(parts)


def progress_words(event: Progress, state: WizardState) -> str:
    """How far: ``step 331 of 843``, ``1.2 of 4.0 GB``."""
    if event.unit == "byte":
        done, total = size(event.completed), size(event.total) if event.total else ""
    else:
        done, total = f"{event.completed:.0f}", f"{event.total:.0f}" if event.total else ""
    unit = "" if event.unit == "byte" else state.sentence(f"unit_{event.unit}")
    if not total:
        return f"{done} {unit}".rstrip()
    return state.say(N_("{done} of {total} {unit}"), done=done, total=total, unit=unit).rstrip()


def log_level(event: Event) -> LogLevel:
    """How loud an event is."""
    match event:
        case Message():
            return event.level
        case StageFailed() | RunFinished(status="failed"):
            return "error"
        case StageStopped() | RunFinished(status="stopped" | "interrupted"):
            return "warning"
        case _:
            return "info"


def in_log(event: Event) -> bool:
    """Whether the log shows an event: not how far things are, nor what was started."""
    return isinstance(
        event,
        RunStarted
        | Message
        | Metrics
        | Answer
        | StageStarted
        | StageSkipped
        | StageFinished
        | StageFailed
        | StageStopped
        | RunFinished,
    )


def log_words(event: Event, state: WizardState) -> str:
    """What an event says in the log, on one line."""
    match event:
        case Message():
            text = f"{state.sentence(event.code, event.values)} {state.cure(event.code, event.values)}"
        case Metrics():
            text = _figures(event, state)
        case Answer():
            text = f"{event.model}: {event.prompt} → {event.text}"
        case StageFailed():
            values = {"stage": event.stage, "log": event.log, **event.values}
            text = f"{stage_title(event.stage, state)}: {state.sentence(event.code, values)}"
            text = f"{text} {state.cure(event.code, values)}"
        case RunStarted():
            text = state.say(N_("The run has begun."))
        case RunFinished():
            text = state.say(N_("Run: {state}"), state=state.sentence(f"state_{event.status}"))
        case StageStarted() | StageSkipped() | StageFinished() | StageStopped():
            text = f"{stage_title(event.stage, state)}: {state.sentence(f'state_{_STATES[event.type]}')}"
        case _:
            text = ""
    return " ".join(text.split())


_STATES = {
    "stage_started": "running",
    "stage_skipped": "up_to_date",
    "stage_finished": "done",
    "stage_stopped": "stopped",
}


def _figures(event: Metrics, state: WizardState) -> str:
    shown = [f"{state.sentence(f'metric_{name}')} {event.values[name]:.4g}" for name in FIGURES if name in event.values]
    return " · ".join([state.say(N_("Step {step}"), step=event.step), *shown])
