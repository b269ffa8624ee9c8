"""Training as ms-swift's ``logging.jsonl`` and our callback's event file tell it."""

import json
import re
from collections.abc import Iterator, Mapping

from core.events import Event, Message, Metrics, Progress
from core.parsers.parser import LEAST_UNITS, Pace, finite

_KEYS = {"memory(GiB)": "memory", "train_speed(s/it)": "seconds_per_step"}
_KNOWN = frozenset(
    {"loss", "token_acc", "learning_rate", "grad_norm", "eval_loss", "eval_token_acc", "epoch"} | set(_KEYS.values())
)
_STEPS = re.compile(r"(\d{1,12})/(\d{1,12})")
_CHECKPOINT = re.compile(r"checkpoint-(\d{1,12})")


class LoggingJsonl:
    """Lines of ``logging.jsonl``: training and evaluation logs; the closing summaries say nothing new."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._first: int | None = None
        self._figures = _Figures(stage)

    def feed(self, line: str) -> Iterator[Event]:
        """Progress and metrics of a training log, metrics of an evaluation."""
        row = _object(line)
        steps = _STEPS.fullmatch(str(row.get("global_step/max_steps")))
        if steps is None or not row.keys() & {"loss", "eval_loss"}:
            return
        step, total = int(steps[1]), int(steps[2])
        if "loss" in row:
            yield Progress(stage=self._stage, completed=step, total=total, eta_seconds=self._eta(step, total, row))
        yield from self._figures.read(row, step, total)

    def _eta(self, step: int, total: int, row: Mapping[str, object]) -> float | None:
        """ms-swift's own seconds per step count from where this session began."""
        if self._first is None:
            self._first = step
        speed = finite(row.get("train_speed(s/it)"))
        if speed is None or step - self._first < LEAST_UNITS:
            return None
        return max(0.0, (total - step) * speed)


class TrainingEvents:
    """Lines of our training callback: each step, each log, each saved checkpoint, as they happen."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._pace = Pace()
        self._total: int | None = None
        self._figures = _Figures(stage)

    def feed(self, line: str) -> Iterator[Event]:
        """The events of one line."""
        row = _object(line)
        step = _whole(row.get("step"))
        self._total = _whole(row.get("max_steps")) or self._total
        match row.get("ev"):
            case "begin":
                yield from self._begin(step or 0)
            case "step" if step is not None:
                eta = self._pace.eta(step, self._total, finite(row.get("elapsed")) or 0.0)
                yield Progress(stage=self._stage, completed=step, total=self._total, eta_seconds=eta)
            case "log" if step is not None:
                yield from self._figures.read(row, step, self._total)
            case "save":
                yield from self._save(row, step)
            case "end" if step is not None:
                yield Progress(stage=self._stage, completed=step, total=self._total)
            case _:
                return

    def _begin(self, step: int) -> Iterator[Event]:
        self._pace = Pace()
        self._pace.eta(step, None, 0.0)
        yield Progress(stage=self._stage, completed=step, total=self._total)
        if step:
            yield Message(stage=self._stage, code="training_resumed", values={"step": step})

    def _save(self, row: Mapping[str, object], step: int | None) -> Iterator[Event]:
        path = str(row.get("path", ""))
        if step is None and (named := _CHECKPOINT.search(path)):
            step = int(named[1])
        yield Message(stage=self._stage, code="checkpoint_saved", values={"path": path, "step": step})


class _Figures:
    """Makes metrics of a log; says once when the loss is no number any more."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._warned = False

    def read(self, row: Mapping[str, object], step: int, total: int | None) -> Iterator[Event]:
        numbers = {_KEYS.get(key, key): finite(value) for key, value in row.items()}
        values = {key: number for key, number in numbers.items() if key in _KNOWN and number is not None}
        if values.keys() - {"epoch"}:
            yield Metrics(stage=self._stage, step=step, max_steps=total, values=values)
        if "loss" in row and "loss" not in values and not self._warned:
            self._warned = True
            yield Message(stage=self._stage, level="warning", code="loss_not_finite", values={"step": step})


def _object(line: str) -> dict[str, object]:
    """The JSON object of a line; an empty one for anything else."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _whole(value: object) -> int | None:
    number = finite(value)
    return None if number is None else int(number)
