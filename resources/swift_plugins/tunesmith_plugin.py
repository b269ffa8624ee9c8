"""Runs inside ms-swift: tells Tunesmith how the training goes, and ends it with a checkpoint when asked.

``swift sft --external_plugins THIS_FILE --callbacks tunesmith``, with two environment variables:

``TUNESMITH_EVENTS``
    a file that gets one JSON object a line: ``begin``, ``step``, ``log``, ``save``, ``end``
``TUNESMITH_STOP_FILE``
    when this file appears, the next step saves a checkpoint and the training ends with exit code 0 (a file, since
    Windows has no signals that a process could catch); an evaluation is broken off for it

A training that came to its end leaves its adapter in ``<output_dir>/adapter``; a stopped one leaves checkpoints only.
"""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed
from swift.callbacks import TrainerCallback, callbacks_map
from transformers import TrainerControl, TrainerState, TrainingArguments

SECONDS_BETWEEN_STEPS = 0.25
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", "additional_config.json")


class EvaluationLeft(Exception):  # noqa: N818 - not an error
    """The user asked to stop while the model was evaluated."""


class EventFile:
    """A jsonl file that is appended to line by line; without a path it swallows everything."""

    def __init__(self, path: str | None) -> None:
        self._file = open(path, "a", encoding="utf-8", newline="\n") if path else None  # noqa: SIM115, PTH123

    def write(self, ev: str, **values: object) -> None:
        """Append one event and hand it to the system at once."""
        if self._file:
            self._file.write(json.dumps({"ev": ev, **values}, ensure_ascii=False) + "\n")
            self._file.flush()


class TunesmithCallback(TrainerCallback):
    """Reports each step, and stops when the stop file appears."""

    def __init__(self, args: TrainingArguments, trainer: Any) -> None:
        super().__init__(args, trainer)
        self._events = EventFile(None)
        self._started = self._reported = 0.0
        self._saved_step = 0
        self._stopping = False
        self._log_evaluate_save = trainer._maybe_log_save_evaluate  # noqa: SLF001 - no callback comes between the three
        trainer._maybe_log_save_evaluate = self._log_evaluate_save_or_leave  # noqa: SLF001

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """The training begins, or goes on from a checkpoint."""
        self._started = self._reported = time.monotonic()
        self._saved_step = state.global_step
        if state.is_world_process_zero:
            self._events = EventFile(os.environ.get("TUNESMITH_EVENTS"))
            shutil.rmtree(Path(args.output_dir) / "adapter", ignore_errors=True)  # it stands for a finished training
        self._events.write(
            "begin", step=state.global_step, max_steps=state.max_steps, output_dir=str(Path(args.output_dir).absolute())
        )

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """The weights changed once."""
        last = state.global_step >= state.max_steps
        if not last and stop_asked(args.device):
            self._stop(state, control)
            control.should_evaluate = False  # an evaluation would only keep the user waiting
        now = time.monotonic()
        if last or self._stopping or now - self._reported >= SECONDS_BETWEEN_STEPS:
            self._reported = now
            elapsed = round(now - self._started, 3)
            self._events.write("step", step=state.global_step, max_steps=state.max_steps, elapsed=elapsed)
        return control

    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """One batch of several that are added up; it is done again when the training goes on."""
        if stop_asked(args.device):
            self._stop(state, control)
        return control

    def on_prediction_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """One batch of an evaluation, which may take an hour; the trainer saves the step's checkpoint only after it."""
        if stop_asked(args.device):
            self._stop(state, control)
            raise EvaluationLeft

    def _log_evaluate_save_or_leave(self, *args: Any, **options: Any) -> None:
        """The trainer's method of these three; where the evaluation was left, it is done again without it."""
        try:
            self._log_evaluate_save(*args, **options)
        except EvaluationLeft:
            self.trainer.control.should_evaluate = False
            self.trainer.model.train()  # else the last log would tell of half an evaluation
            self._log_evaluate_save(*args, **options)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Loss, learning rate and the like, under ms-swift's names."""
        numbers = {key: value for key, value in (logs or {}).items() if isinstance(value, int | float)}
        self._events.write("log", step=state.global_step, **numbers)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """A checkpoint is complete."""
        self._saved_step = state.global_step
        path = Path(args.output_dir).absolute() / f"checkpoint-{state.global_step}"
        self._events.write("save", step=state.global_step, path=str(path))

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """All steps are done, or early stop or the user ended the training."""
        if state.is_world_process_zero and not self._stopping:
            publish_adapter(args, state)
        self._events.write("end", step=state.global_step, finished=not self._stopping, stopped=self._stopping)

    def _stop(self, state: TrainerState, control: TrainerControl) -> None:
        self._stopping = True
        control.should_save = state.global_step > self._saved_step  # else that checkpoint exists, or nothing was learnt
        control.should_training_stop = True


def stop_asked(device: torch.device) -> bool:
    """Whether the stop file is there: the first process looks, so that all processes leave at the same step."""
    path = os.environ.get("TUNESMITH_STOP_FILE")
    asked = bool(path) and os.path.exists(path)  # noqa: PTH110 - called at each step
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return asked
    flag = torch.tensor([int(asked)], device=device)
    torch.distributed.broadcast(flag, src=0)
    return bool(flag.item())


def publish_adapter(args: TrainingArguments, state: TrainerState) -> None:
    """Copy the best (with early stop) or the newest checkpoint's adapter to ``<output_dir>/adapter``."""
    output_dir = Path(args.output_dir)
    checkpoint = chosen_checkpoint(output_dir, state, early_stop="early_stop" in getattr(args, "callbacks", ()))
    if checkpoint is None:
        return
    part = output_dir / "adapter.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name in ADAPTER_FILES:
        if (checkpoint / name).exists():
            shutil.copyfile(checkpoint / name, part / name)
    settings = json.loads((checkpoint / "args.json").read_text(encoding="utf-8"))
    settings["external_plugins"] = []  # else infer and export would look for this file
    (part / "args.json").write_text(json.dumps(settings, ensure_ascii=False, indent=2), encoding="utf-8")
    part.rename(output_dir / "adapter")


def chosen_checkpoint(output_dir: Path, state: TrainerState, *, early_stop: bool) -> Path | None:
    """The checkpoint whose adapter is the training's result; None where no adapter was trained."""
    saved = [path for path in output_dir.glob("checkpoint-*") if (path / "adapter_config.json").exists()]
    if early_stop and state.best_model_checkpoint:
        best = output_dir / Path(state.best_model_checkpoint).name
        if best in saved:
            return best
    return max(saved, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


callbacks_map["tunesmith"] = TunesmithCallback
