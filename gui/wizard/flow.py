"""The way through the ten steps: which one is next, which may be opened, and what a change makes out of date. No Qt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.config.problem import Problem

Mark = Literal["now", "wrong", "again", "done", "open"]

STEPS = ("start", "environment", "model", "dataset", "training", "export", "ollama", "review", "run", "result")
SECTIONS: dict[str, tuple[str, ...]] = {
    "model": ("model",),
    "dataset": ("dataset", "self_cognition"),
    "training": ("lora", "training", "hardware"),
    "export": ("export",),
    "ollama": ("ollama",),
}
"""The sections of a project that a step asks for."""
LOOKS_AT: dict[str, tuple[str, ...]] = {
    "dataset": (),
    "training": ("model", "dataset"),
    "export": ("model",),
    "ollama": ("model", "dataset"),
    "review": ("model", "dataset", "training", "export", "ollama"),
}
"""The earlier steps that a step builds on: where one of them changes, it should be looked at again."""
OF_A_RUN = ("run", "result")


def step_of(field: str) -> str:
    """The step that a problem's field belongs to; what belongs to no section is the computer's."""
    section = field.partition(".")[0]
    return next((step for step, sections in SECTIONS.items() if section in sections), "environment")


def following(step: str) -> str | None:
    """The step after this one; None after the last."""
    place = STEPS.index(step) + 1
    return STEPS[place] if place < len(STEPS) else None


def preceding(step: str) -> str | None:
    """The step before this one; None before the first."""
    place = STEPS.index(step)
    return STEPS[place - 1] if place else None


def unsound(problems: Sequence[Problem]) -> set[str]:
    """The steps with an error in them."""
    return {step_of(problem.field) for problem in problems if problem.level == "error"}


def may_open(step: str, problems: Sequence[Problem], *, has_run: bool) -> bool:
    """Whether a step can be gone to: all before it are sound, and the steps of a run want one."""
    if step in OF_A_RUN:
        return has_run
    wrong = unsound(problems)
    return not any(earlier in wrong for earlier in STEPS[: STEPS.index(step)])


@dataclass(frozen=True, slots=True)
class Flow:
    """Where the user is: the step that is open, those seen, and those to look at again since something changed."""

    current: str = "start"
    seen: frozenset[str] = frozenset({"start"})
    again: frozenset[str] = frozenset()

    def opened(self, step: str) -> "Flow":
        """Another step is open."""
        return Flow(step, self.seen | {step}, self.again - {step})

    def changed(self, sections: Iterable[str]) -> "Flow":
        """Sections of the project have changed: what was built on them wants another look."""
        touched = {step_of(section) for section in sections}
        later = {step for step, earlier in LOOKS_AT.items() if touched & set(earlier)}
        return replace(self, again=self.again | (later & self.seen) - {self.current})

    def mark(self, step: str, problems: Sequence[Problem]) -> Mark:
        """How the sidebar shows a step."""
        if step == self.current:
            return "now"
        if step not in self.seen:
            return "open"
        if step in unsound(problems):
            return "wrong"
        return "again" if step in self.again else "done"
