"""What the pages share: the project, its file, the settings, the language, and the last check. No Qt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.config.problem import Problem
from core.config.project import TuneProject, sections
from core.config.settings import Settings, save_settings
from core.config.store import SUFFIX, load, save, with_values
from core.events import Plain, Value
from core.messages import Language, choose_language, cure, label, sentence
from core.messages.show import fill
from core.models.presets import DEFAULT, Fit, Machine, Preset, fit, presets
from core.pipeline import launch
from core.pipeline.launch import RunRequest
from core.stages.job import Job
from gui.wizard.flow import step_of
from gui.wizard.look import Look, look

Changed = Callable[[frozenset[str]], None]
"""Told which sections changed; "settings" and "found" are names of their own."""


def new_project() -> TuneProject:
    """What the window begins with: the defaults; that the model learns its own name is asked for on its page."""
    return with_values(TuneProject(), self_cognition={"samples": 0})


class WizardState:
    """The one value that all pages look at. Who changes it does so here, and all who look are told."""

    def __init__(self, settings: Settings, project: TuneProject | None = None, file: Path | None = None) -> None:
        self.settings = settings
        self.project = project or new_project()
        self.saved = self.project
        self.file = file
        self.request: RunRequest | None = None
        """The run that Review asks for; the run page starts it."""
        self.system_language = ""
        self.seen: Look | None = None
        self.preset = DEFAULT
        """The preset that is on; "" once a setting was changed by hand."""
        self.is_checked = False
        self._subscribers: list[Changed] = []

    def subscribe(self, changed: Changed) -> Callable[[], None]:
        """Tell ``changed`` of each change; call the answer to end it."""
        self._subscribers.append(changed)
        return lambda: self._subscribers.remove(changed)

    def change(self, **changes: dict[str, Any]) -> None:
        """Change settings of the project. Raises ProjectInvalidError where a value cannot be, and changes nothing."""
        changed = with_values(self.project, **changes)
        if (changed.lora, changed.training) != (self.project.lora, self.project.training):
            self.preset = ""
        self._take(changed)

    def open(self, file: Path) -> None:
        """Open a project file. Raises ProjectInvalidError."""
        self.begin(load(file), file)

    def begin(self, project: TuneProject, file: Path | None = None) -> None:
        """Go on with another project; without a file it is a new one, saved when it is first run."""
        self.file, self.request = file, None
        self._take(project, all_of_it=True)
        self.saved = self.project
        self.preset = DEFAULT if file is None else ""
        if file is not None:
            self.change_settings(recent=self.settings.with_recent(file).recent)

    def save(self, file: Path | None = None) -> Path:
        """Write the project; returns its file. Raises OSError."""
        target = file or self.target
        target.parent.mkdir(parents=True, exist_ok=True)
        save(self.project, target, translate=self.say)
        self.file, self.saved = target, self.project
        self.change_settings(recent=self.settings.with_recent(target).recent)
        return target

    def change_settings(self, **changes: Any) -> None:  # noqa: ANN401 - the settings' own types
        """Change and keep settings of this computer."""
        self.settings = Settings.model_validate(self.settings.model_dump() | changes)
        save_settings(self.settings)
        self._tell(frozenset({"settings"}))

    @property
    def target(self) -> Path:
        """The project's file; of a new one: the file that it will have."""
        if self.file is not None:
            return self.file
        folder, number = self.settings.work_folder / "projects", 1
        while any((folder / f"project-{number}{end}").exists() for end in (SUFFIX, ".runs", ".artifacts")):
            number += 1
        return folder / f"project-{number}{SUFFIX}"

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.project != self.saved

    def job(self) -> Job:
        """The project on this computer, as it is now."""
        return Job(self.project, self.settings, self.target.resolve())

    def last_run(self) -> Path | None:
        """The folder of the project's newest run; None where it has none."""
        return launch.latest(self.job().runs) if self.file is not None else None

    def looking(self) -> Callable[[], Look]:
        """A look at the project as it is now; it reads files and asks tools, so it works beside the window."""
        job, before = self.job(), self.seen
        return lambda: look(job, before)

    def take_look(self, seen: Look) -> None:
        """What was seen; the preset fits itself to it."""
        self.seen, self.is_checked = seen, True
        untouched = not self.is_changed
        if self.preset:
            self.choose_preset(self.preset)
        if untouched:  # what a preset does by itself is nothing to ask about
            self.saved = self.project
        self._tell(frozenset({"found"}))

    @property
    def found(self) -> list[Problem]:
        """What is wrong with the project, by the last look."""
        return self.seen.found if self.seen is not None else []

    def choose_preset(self, name: str) -> None:
        """Take a preset's settings, as they fit the model and the card; it stays until a setting of it is changed."""
        self.preset = name
        self._take(with_values(self.project, **self.fit(presets()[name]).changes))

    def fit(self, preset: Preset) -> Fit:
        """A preset as it would be on this computer."""
        seen = self.seen
        machine = seen.machine if seen is not None else Machine(0, "bfloat16", is_gpu=False)
        return fit(preset, self.project, seen.model if seen is not None else None, machine)

    def problems(self, step: str) -> list[Problem]:
        """The problems of a step, as the last check found them."""
        return [problem for problem in self.found if step_of(problem.field) == step]

    @property
    def language(self) -> Language:
        """The language of the window."""
        return choose_language(self.settings.language or None, self.system_language or None)

    def say(self, msgid: str, **values: Plain) -> str:
        """A text of the window in its language."""
        return fill(label(msgid, self.language), values) if values else label(msgid, self.language)

    def sentence(self, code: str, values: dict[str, Value] | None = None) -> str:
        """What a code says."""
        return sentence(code, values or {}, self.language)

    def cure(self, code: str, values: dict[str, Value] | None = None) -> str:
        """What to do about it."""
        return cure(code, values or {}, self.language)

    def explain(self, code: str, values: dict[str, Value] | None = None) -> str:
        """What a code says, and what to do about it."""
        between = "" if self.language == "zh" else " "
        return between.join(filter(None, (self.sentence(code, values), self.cure(code, values))))

    def _take(self, project: TuneProject, *, all_of_it: bool = False) -> None:
        before, self.project = self.project, project
        names = [name for name in sections() if all_of_it or getattr(before, name) != getattr(project, name)]
        if names:
            self.is_checked = False
            self._tell(frozenset(names))

    def _tell(self, names: frozenset[str]) -> None:
        for subscriber in list(self._subscribers):
            subscriber(names)
