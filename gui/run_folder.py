"""What a run told and made, read beside the window: its story, its examples, its products. No Qt."""

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.events import StageError
from core.models.forecast import vram_forecast
from core.pipeline import journal
from core.stages.evaluate import ANSWERS
from core.stages.job import Job
from gui.run_state import RunState

ASKING = frozenset({"evaluate", "smoke_test"})
"""The stages that ask the model."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the expected answer ("" where none is known), and what the base and the tuned model say."""

    question: str
    expected: str
    before: str
    after: str
    held_out: bool = False
    """Whether it is a row of the dataset, not one of the test prompts."""


@dataclass(frozen=True, slots=True)
class Product:
    """A file or model that the run made."""

    name: str
    size: int
    path: str

    @property
    def kind(self) -> str:
        """Of a GGUF: its number format."""
        return self.name.removeprefix("model-").removesuffix(".gguf")


@dataclass(frozen=True, slots=True)
class Result:
    """All that the result page shows."""

    folder: Path
    run: RunState = field(default_factory=RunState)
    tuned: str = ""
    base: str = ""
    products: tuple[Product, ...] = ()
    examples: tuple[Example, ...] = ()


def read_run(folder: Path) -> RunState:
    """A run as its journal tells it. Raises JournalTooNewError."""
    run = RunState()
    for event in journal.read(folder):
        run.feed(event)
    return run


def read_result(job: Job, folder: Path) -> Result:
    """The products of a project's run. Raises JournalTooNewError."""
    run = read_run(folder)
    _recall(run, folder)
    models = {
        stage: next((made.name for made in run.artifacts(stage) if not made.mtime_ns), "")
        for stage in ("create_ollama", "create_base")
    }
    return Result(
        folder=job.artifacts,
        run=run,
        tuned=models["create_ollama"],
        base=models["create_base"],
        products=tuple(
            Product(made.name, made.size, made.path)
            for stage in ("quantize", "convert")
            for made in run.artifacts(stage)
            if made.name.endswith(".gguf")
        ),
        examples=tuple(_examples(job, run, models["create_ollama"])),
    )


def _recall(run: RunState, folder: Path) -> None:
    """What is up to date was told by an earlier run: its figures and answers are this run's too."""
    for earlier in reversed(journal.runs(folder.parent)):
        if run.series and {answer.stage for answer in run.answers} >= ASKING & set(run.stages):
            return
        if earlier >= folder:
            continue
        told = read_run(earlier)
        run.series = run.series or told.series
        known = {answer.stage for answer in run.answers}
        run.answers += [answer for answer in told.answers if answer.stage not in known]


def _examples(job: Job, run: RunState, tuned: str) -> list[Example]:
    """What evaluate asked; of the test prompts the base's answers are known too, from the finished models."""
    asked = [answer for answer in run.answers if answer.stage == "smoke_test"]
    before = {answer.prompt: answer.text for answer in asked if answer.model != tuned}
    after = {answer.prompt: answer.text for answer in asked if answer.model == tuned}
    expected = _expected(job, run)
    prompts = set(job.project.ollama.test_prompts) | set(after)
    found = [
        Example(answer.prompt, expected.get(answer.prompt, ""), before.get(answer.prompt, ""), answer.text, held_out)
        for answer in run.answers
        if answer.stage == "evaluate" and ((held_out := answer.prompt not in prompts) or answer.prompt not in after)
    ]
    return found + [Example(prompt, "", before.get(prompt, ""), text) for prompt, text in after.items()]


def _expected(job: Job, run: RunState) -> dict[str, str]:
    """The answers that the held-out rows give themselves, by the last question of each."""
    made = next((made.path for made in run.artifacts("evaluate") if made.name == ANSWERS), "")
    if not made:
        return {}
    path = Path(made)
    here = job.artifacts / "evaluate" / path.parent.name / path.name  # the project may have been moved since
    found: dict[str, str] = {}
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for line in (here if here.exists() else path).read_text(encoding="utf-8").split("\n"):
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                row: dict[str, Any] = json.loads(line)
                asked = [said["content"] for said in row["messages"] if said["role"] == "user"]
                found[asked[-1]] = str(row.get("labels") or "")
    return found


def memory_forecast(job: Job) -> int:
    """The GPU memory in bytes that the training was expected to need; 0 where it needs none, or nobody knows."""
    project = job.project
    try:
        if job.device != "cuda":
            return 0
        return vram_forecast(
            job.model,
            lora_rank=project.lora.lora_rank,
            batch=project.training.per_device_train_batch_size,
            length=project.dataset.max_length,
            gradient_checkpointing=project.training.gradient_checkpointing,
            quant_bits=project.lora.quant_bits,
            dtype=job.torch_dtype,
        ).total
    except (StageError, KeyError, OSError):  # the model is not there yet
        return 0
