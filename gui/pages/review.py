"""Review: everything on one page, with the way to change it; then the run begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFileDialog, QGridLayout, QVBoxLayout, QWidget

from core.config.problem import Problem
from core.config.store import SUFFIX
from core.events import StageError
from core.messages import N_, size
from core.pipeline.launch import RunRequest
from core.pipeline.plan import make_job, planned, up_to_date
from core.pipeline.script import by_hand_folder, script
from core.pipeline.unverified import unverified
from core.platform import WINDOWS
from core.stages.base import Stage
from core.stages.job import Job
from core.tools.sources import Source
from gui.background import Background
from gui.pages.base import Page
from gui.theme.style import SPACE
from gui.widgets.parts import Role, button, line, row, set_role, text
from gui.wizard.sidebar import NAMES
from gui.wizard.state import WizardState

SHELL: Literal["bash", "powershell"] = "powershell" if WINDOWS else "bash"
ENDING = {"bash": ".sh", "powershell": ".ps1"}
CHOSEN = ("model", "dataset", "training", "export", "ollama")


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage of the plan: the disk space that it needs (None: not known yet), or that it is done already."""

    name: str
    needed: int | None
    is_done: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do, as a script too, and what it would use that nothing can check."""

    stages: tuple[StageRow, ...]
    script: str
    unverified: tuple[Source, ...]


class ReviewPage(Page):
    """What was chosen, what will be done, what it needs; the primary button saves and starts."""

    step: ClassVar[str] = "review"
    title: ClassVar[str] = N_("Ready?")
    subtitle: ClassVar[str] = N_("This is what will be done. You may close the window meanwhile; the run goes on.")
    help: ClassVar[str] = N_(
        "Stages that are up to date are not done again. If something stops the run, it goes on later where it was.\n\n"
        "The script does the same by hand, command by command."
    )

    def __init__(self, state: WizardState) -> None:
        super().__init__(state)
        self._planned: Planned | None = None
        self._plan = Background(self)
        self._plan.done.connect(self._on_plan)
        self._plan.failed.connect(self._on_no_plan)

    def build(self) -> None:
        """Choices at the left, stages at the right, below them warnings and the script."""
        say = self.state.say
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, SPACE, 0)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(self._choices())
        layout.addWidget(line())
        layout.addWidget(text(say(N_("What will be done")), "heading"))
        self._stages = QWidget()
        self._stage_grid = QGridLayout(self._stages)
        self._stage_grid.setContentsMargins(0, 0, 0, 0)
        self._stage_grid.setHorizontalSpacing(3 * SPACE)
        self._stage_grid.setVerticalSpacing(6)
        layout.addWidget(self._stages)
        layout.addWidget(line())
        self._warnings = text("", "warning", wrap=True)
        layout.addWidget(self._warnings)
        self.consent = QCheckBox()
        self.consent.clicked.connect(self._on_consent)
        layout.addLayout(row(self.consent, None))
        self._copy = button(say(N_("Copy as a script")), self.copy_script)
        self._save_script = button(say(N_("Save the script…")), self.save_script)
        layout.addLayout(row(self._copy, self._save_script, button(say(N_("Save project as…")), self.save_as), None))
        self._said = text("", "note", wrap=True)
        layout.addWidget(self._said)
        layout.addStretch(1)
        self._show()

    def _choices(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * SPACE)
        grid.setVerticalSpacing(SPACE)
        grid.setColumnStretch(1, 1)
        self._chosen = {step: text("", "", wrap=True) for step in CHOSEN}
        for place, step in enumerate(CHOSEN):
            name = self.state.say(NAMES[step])
            change = button(self.state.say(N_("Change")), self._on_change, "quiet")
            change.setAccessibleName(f"{change.text()}: {name}")
            change.setProperty("step", step)
            grid.addWidget(text(name, "heading"), place, 0)
            grid.addWidget(self._chosen[step], place, 1)
            grid.addWidget(change, place, 2)
        return grid

    def enter(self) -> None:
        """Plan the run, beside the window."""
        self._said.setText("")
        self.state_changed(frozenset({"settings"}))

    def state_changed(self, names: frozenset[str]) -> None:
        """Plan again where something changed."""
        if names != {"found"}:
            job = self.state.job()
            self._plan.ask(lambda: plan_of(job))
        self._show()

    def problems(self) -> list[Problem]:
        """All that is wrong anywhere keeps the run from starting."""
        return self.state.found

    def primary(self) -> str:
        """The run begins."""
        return N_("Start the run")

    def proceed(self) -> None:
        """Save the project and hand the run to its page."""
        state = self.state
        try:
            file = state.save()
        except OSError as error:
            self._say(state.sentence("os_error", {"path": str(state.target), "reason": error.strerror or ""}), "error")
            return
        state.request = RunRequest(
            file=file.resolve(), project=state.project, settings=state.settings, push=state.project.ollama.push
        )
        self.open_wanted.emit("run")

    def _show(self) -> None:
        for step, words in summaries(self.state).items():
            self._chosen[step].setText(words)
        warnings = [p for p in self.state.found if p.level == "warning"]
        said = [self.state.explain(problem.code, problem.values) for problem in warnings]
        self._warnings.setText("\n".join(said))
        self._warnings.setVisible(bool(said))
        self._show_plan()

    def _show_plan(self) -> None:
        say, done = self.state.say, self._planned
        while (item := self._stage_grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        for made in (self._copy, self._save_script):
            made.setEnabled(done is not None)
        things = done.unverified if done is not None else ()
        self.consent.setVisible(bool(things) or self.state.settings.allow_unverified)
        self.consent.setChecked(self.state.settings.allow_unverified)
        self.consent.setText(say(N_("Use also what nothing here can check")) + _named(things))
        if done is None:
            self._stage_grid.addWidget(text(say(N_("Planning…")), "muted"), 0, 0)
            return
        half = (len(done.stages) + 1) // 2
        for number, stage in enumerate(done.stages):
            place, column = number % half, 2 * (number // half)
            self._stage_grid.addWidget(text(self.state.sentence(f"stage_{stage.name}")), place, column)
            self._stage_grid.addWidget(text(self._room(stage), "note"), place, column + 1)
        self._stage_grid.setColumnStretch(1, 1)
        self._stage_grid.setColumnStretch(3, 1)

    def _room(self, stage: StageRow) -> str:
        if stage.is_done:
            return self.state.sentence("state_up_to_date")
        return self.state.say(N_("up to {size}"), size=size(stage.needed)) if stage.needed else ""

    @Slot()
    def _on_change(self) -> None:
        made = self.sender()
        if made is not None:
            self.open_wanted.emit(made.property("step"))

    @Slot()
    def _on_consent(self) -> None:
        self.state.change_settings(allow_unverified=self.consent.isChecked())

    @Slot()
    def copy_script(self) -> None:
        """The script into the clipboard."""
        if self._planned is not None:
            QGuiApplication.clipboard().setText(self._planned.script)
            self._say(self.state.say(N_("The script is in the clipboard.")))

    @Slot()
    def save_script(self) -> None:
        """The script into a file."""
        target = self.state.target.with_suffix(ENDING[SHELL])
        name, _ = QFileDialog.getSaveFileName(self, self._save_script.text(), str(target), f"*{ENDING[SHELL]}")
        if name and self._planned is not None:
            self._write(Path(name), self._planned.script)

    @Slot()
    def save_as(self) -> None:
        """The project under a name of the user's."""
        title = self.state.say(N_("Save project as…"))
        name, _ = QFileDialog.getSaveFileName(self, title, str(self.state.target), f"*{SUFFIX}")
        if name:
            path = Path(name)
            self.state.save(path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX))
            self._say(self.state.say(N_("Saved: {path}"), path=str(self.state.target)))
            self.changed.emit()

    def _write(self, path: Path, words: str) -> None:
        try:
            path.write_text(words, encoding="utf-8-sig" if SHELL == "powershell" else "utf-8", newline="\n")
        except OSError as error:
            self._say(self.state.sentence("os_error", {"path": str(path), "reason": error.strerror or ""}), "error")
        else:
            self._say(self.state.say(N_("Saved: {path}"), path=str(path)))

    @Slot(object)
    def _on_plan(self, found: Planned) -> None:
        self._planned = found
        self._show_plan()

    @Slot(object)
    def _on_no_plan(self, error: StageError) -> None:
        self._planned = None
        self._say(self.state.sentence(error.code, error.values), "error")

    def _say(self, words: str, role: Role = "note") -> None:
        self._said.setText(words)
        set_role(self._said, role)


def summaries(state: WizardState) -> dict[str, str]:
    """What was chosen, a line for each step."""
    project, say = state.project, state.say
    batch = project.training.per_device_train_batch_size * project.training.gradient_accumulation_steps
    names = [Path(entry).name for entry in project.dataset.files]
    if project.self_cognition.samples:
        names.append(say(N_("{rows} rows about itself"), rows=project.self_cognition.samples))
    learns = say(
        N_("{epochs} epochs, rank {rank}, rate {rate}, {batch} rows a step"),
        epochs=project.training.num_train_epochs,
        rank=project.lora.lora_rank,
        rate=project.training.learning_rate,
        batch=batch,
    )
    model = project.model
    return {
        "model": say(N_("Sample model")) if model.source == "sample" else model.model,
        "dataset": ", ".join(names),
        "training": learns + (f", QLoRA {project.lora.quant_bits}" if project.lora.quant_bits else ""),
        "export": ", ".join(project.export.quantizations) + (", AWQ" if project.export.awq else ""),
        "ollama": project.ollama.name or say(N_("not asked for: the work ends with the GGUF files")),
    }


def plan_of(job: Job) -> Planned:
    """The stages of a run with their room on the disk. Raises StageError where an input cannot be read."""
    whole = make_job(job.file, job.project, job.settings)
    push = job.project.ollama.push
    stages = tuple(
        StageRow(item.stage.name, _needed(item.stage, whole), up_to_date(whole, item) is not None)
        for item in planned(whole, push=push)
    )
    by_hand = make_job(job.file, job.project, job.settings, by_hand_folder(job))
    return Planned(stages, script(by_hand, SHELL), unverified(whole))


def _needed(stage: Stage, job: Job) -> int | None:
    try:
        return stage.forecast_bytes(job)
    except StageError:  # of a model that is not here yet
        return None


def _named(things: Sequence[Source]) -> str:
    names = ", ".join(thing.what for thing in things)
    return f": {names}" if names else ""
