"""The way through the steps: order, jumps, and what a change makes out of date. Without Qt."""

import subprocess
import sys

import pytest

from core.config.problem import Problem
from core.config.project import sections
from gui.wizard.flow import SECTIONS, STEPS, Flow, following, may_open, preceding, step_of

NO_MODEL = Problem("model.model", "model_empty")
NO_ROWS = Problem("dataset.files", "dataset_no_files")
MAYBE = Problem("model.model", "model_brings_code", {}, "warning")


def test_each_section_of_a_project_has_one_step() -> None:
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(sections())


def test_steps_follow_each_other() -> None:
    assert following("dataset") == "training"
    assert preceding("training") == "dataset"
    assert preceding(STEPS[0]) is None
    assert following(STEPS[-1]) is None


@pytest.mark.parametrize(
    ("field", "step"),
    [
        ("model.model", "model"),
        ("self_cognition.samples", "dataset"),
        ("hardware.device", "training"),
        ("", "environment"),
    ],
)
def test_step_of_a_problem(field: str, step: str) -> None:
    assert step_of(field) == step


def test_a_jump_goes_as_far_as_the_steps_before_are_sound() -> None:
    problems = [NO_MODEL, NO_ROWS]
    assert [step for step in STEPS if may_open(step, problems, has_run=False)] == ["start", "environment", "model"]
    assert may_open("dataset", [NO_ROWS], has_run=False)
    assert not may_open("training", [NO_ROWS], has_run=False)
    assert may_open("review", [MAYBE], has_run=False)


def test_the_pages_of_a_run_want_a_run() -> None:
    assert not may_open("run", [], has_run=False)
    assert may_open("result", [NO_MODEL], has_run=True)


def test_an_early_change_marks_what_was_built_on_it() -> None:
    flow = Flow()
    for step in ("environment", "model", "dataset", "training", "export"):
        flow = flow.opened(step)
    flow = flow.opened("model").changed(["model"])
    marks = {step: flow.mark(step, []) for step in STEPS}
    assert marks["model"] == "now"
    assert marks["dataset"] == "done"
    assert [step for step, mark in marks.items() if mark == "again"] == ["training", "export"]
    assert marks["ollama"] == "open"  # not seen yet, so nothing of it is out of date
    assert flow.opened("training").opened("model").mark("training", []) == "done"


def test_a_wrong_step_is_marked_where_it_was_seen() -> None:
    flow = Flow().opened("model").opened("environment")
    assert flow.mark("model", [NO_MODEL]) == "wrong"
    assert flow.mark("dataset", [NO_ROWS]) == "open"
    assert flow.mark("model", [MAYBE]) == "done"


def test_the_flow_knows_no_qt() -> None:
    code = "import sys, gui.wizard.flow, gui.wizard.state; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
