"""Shows a run as it goes: progress bars on a live terminal, plain lines in a pipe, the events themselves as JSON."""

import sys
import time
from typing import Protocol

from rich.cells import cell_len
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from core.cli.console import Console
from core.events import (
    Answer,
    Event,
    Message,
    Metrics,
    RunFinished,
    StageFailed,
    StageFinished,
    StageSkipped,
    StageStarted,
    StageStopped,
)
from core.events import Progress as ProgressEvent
from core.messages import duration, size

PLAIN_INTERVAL = 5.0
"""Seconds between two progress lines in a pipe."""
FIGURES = ("loss", "token_acc", "eval_loss", "memory", "learning_rate", "grad_norm")
"""Shown beside a training's progress, the most telling first: a narrow terminal cuts off the rest."""
BAR_WIDTH = 24


class View(Protocol):
    """Somebody who is shown a run's events."""

    def show(self, event: Event) -> None:
        """One event."""

    def close(self) -> None:
        """The run is over."""


def make_view(console: Console) -> View:
    """The view that fits where the output goes."""
    if console.json:
        return JsonView()
    return LiveView(console) if console.live else PlainView(console)


class JsonView:
    """Each event as one JSON line."""

    def show(self, event: Event) -> None:
        """Print the event."""
        sys.stdout.write(event.model_dump_json() + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Nothing to end."""


class PlainView:
    """A line for each stage, and now and then one for its progress."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._figures: dict[str, float] = {}
        self._last_progress = 0.0

    def show(self, event: Event) -> None:
        """Print what the event says, if a person would want to know."""
        match event:
            case StageStarted():
                self._figures.clear()
                self._last_progress = time.monotonic()
                self._stage_line(event.stage, "running", "")
            case StageSkipped():
                self._stage_line(event.stage, "up_to_date", duration(event.seconds))
            case StageFinished():
                self._stage_line(event.stage, "done", duration(event.seconds))
            case StageStopped():
                self._stage_line(event.stage, "stopped", "")
            case ProgressEvent():
                self._progress(event)
            case Metrics():
                self._figures.update(event.values)
            case _:
                show_rest(self._console, event)

    def _stage_line(self, stage: str, state: str, rest: str) -> None:
        title = self._console.sentence(f"stage_{stage}", {})
        self._console.line(f"[{self._console.state(state)}] {title} ({stage}) {rest}".rstrip())

    def _progress(self, event: ProgressEvent) -> None:
        now = time.monotonic()
        if now - self._last_progress >= PLAIN_INTERVAL:
            self._last_progress = now
            figures = figures_text(self._console, self._figures)
            self._console.line(f"  {progress_text(self._console, event)} {figures}".rstrip())

    def close(self) -> None:
        """Nothing to end."""


class LiveView:
    """A progress bar for the stage that runs; what is finished stays above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._plain = PlainView(console)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=BAR_WIDTH),
            TextColumn("{task.fields[figures]}", markup=False),
        )
        self._bars = Progress(*columns, console=console.out, transient=True)
        self._bars.start()
        self._task: TaskID | None = None
        self._figures: dict[str, float] = {}

    def show(self, event: Event) -> None:
        """Move the bar, or print the line."""
        match event:
            case StageStarted():
                self._end_bar()
                title = self._console.sentence(f"stage_{event.stage}", {})
                self._task = self._bars.add_task(title, total=None, figures="")
                self._figures.clear()
            case ProgressEvent() if self._task is not None:
                figures = self._fitting(
                    f"{progress_text(self._console, event)}  {figures_text(self._console, self._figures)}"
                )
                self._bars.update(self._task, completed=event.completed, total=event.total, figures=figures)
            case Metrics():
                self._figures.update(event.values)
            case StageFinished() | StageSkipped() | StageStopped() | StageFailed() | RunFinished():
                self._end_bar()
                self._plain.show(event)
            case _:
                self._plain.show(event)

    def _fitting(self, figures: str) -> str:
        """As much of the figures as stands beside title and bar; rich would rather squeeze the bar away."""
        title = self._bars.tasks[0].description if self._bars.tasks else ""
        text = Text(figures)
        text.truncate(max(10, self._console.out.width - cell_len(title) - BAR_WIDTH - 4), overflow="ellipsis")
        return text.plain

    def _end_bar(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None

    def close(self) -> None:
        """Give the terminal back."""
        self._bars.stop()


def show_rest(console: Console, event: Event) -> None:
    """What both terminals show alike: messages, answers and failures."""
    match event:
        case Message(level="error"):
            console.error(event.code, event.values)
        case Message():
            console.message(event.code, event.values, style="yellow" if event.level == "warning" else "")
        case Answer():
            console.line(f"  {event.model}: {event.prompt} → {event.text}")
        case StageFailed():
            if "exit" in event.values:  # only its exit code was understood, if that
                for line in event.tail[-12:]:
                    console.line(f"  | {line}")
            values = {"stage": event.stage, "log": event.log, **event.values}
            console.error(event.code, values)
            if event.log:
                console.line(f"  {event.log}")
        case _:
            pass


def progress_text(console: Console, event: ProgressEvent) -> str:
    """``12/264 files``, ``1.2 GB/4.0 GB``, the speed where it is told, and the time left."""
    if event.unit == "byte":
        done = size(event.completed) + (f"/{size(event.total)}" if event.total else "")
    else:
        whole = f"/{event.total:.0f}" if event.total is not None else ""
        done = f"{event.completed:.0f}{whole} {console.sentence(f'unit_{event.unit}', {})}"
    left = f"  -{duration(event.eta_seconds)}" if event.eta_seconds is not None else ""
    speed = f"  {size(event.speed)}/s" if event.speed is not None else ""
    return f"{done}{speed}{left}  {event.detail}".rstrip()


def figures_text(console: Console, figures: dict[str, float]) -> str:
    """The newest figures of a training on one line."""
    shown = [(console.sentence(f"metric_{name}", {}), figures[name]) for name in FIGURES if name in figures]
    return "  ".join(f"{title} {value:.4g}" for title, value in shown)
