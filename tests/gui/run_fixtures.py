"""A recorded run of the demo for the tests of its pages: a project with a run folder, as a real one leaves it."""

from pathlib import Path

from core.config.store import save, with_values
from core.events import ADAPTER, Event
from core.pipeline.journal import EVENTS
from core.stages.evaluate import ANSWERS
from gui.wizard.state import WizardState

RECORDED = Path(__file__).parent.parent / "transcripts" / "demo_events.jsonl"
RUN = "20261124-115010-379-d797"
LOG = "".join(f"line {number} of the training\n" for number in range(1, 401)) + "[WARNING] low on memory\n"
HELD_OUT = '{"response": "Guten Morgen!", "labels": "Good: Guten Morgen!", "messages": [{"role": "user", "content": '
"""What evaluate leaves of a row."""


def recorded() -> list[Event]:
    """The events of a run of the demo, from the runtime to the two models' answers."""
    return [ADAPTER.validate_json(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]


def make_run(state: WizardState, folder: Path, until: str = "") -> Path:
    """A project with its run; with ``until`` it ends before that stage does. Returns the run's folder."""
    state.project = state.saved = with_values(
        state.project, model={"source": "sample"}, ollama={"name": "tunesmith-demo"}, dataset={"files": ["q.jsonl"]}
    )
    state.file = folder / "demo.tunesmith"
    save(state.project, state.file)
    run = folder / "demo.runs" / RUN
    (run / "logs").mkdir(parents=True)
    (run / "logs" / "train.log").write_text(LOG, encoding="utf-8")
    lines = RECORDED.read_text(encoding="utf-8").splitlines(keepends=True)
    if until:
        end = next(n for n, line in enumerate(lines) if '"stage_finished"' in line and f'"{until}"' in line)
        lines = lines[:end]
    (run / EVENTS).write_text("".join(lines), encoding="utf-8")
    answers = folder / "demo.artifacts" / "evaluate" / "5d1090e8d80f" / ANSWERS
    answers.parent.mkdir(parents=True)
    answers.write_text(HELD_OUT + '"Say good morning in German."}]}\n', encoding="utf-8")
    return run
