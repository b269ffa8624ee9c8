"""Environment: what this computer has, one folder for all that is big, and how to mend what is missing."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFileDialog, QGridLayout, QProgressBar, QVBoxLayout, QWidget

from core.config.settings import Settings
from core.doctor import Row, look_for
from core.events import Event, Progress, StageError
from core.messages import N_
from core.pipeline import launch
from core.pipeline.launch import RunRequest
from core.platform.detached import start_detached
from core.stages.job import Job
from core.tools import ollama
from core.tools.ollama_server import is_installed, start_installed
from core.workers.run_worker import RunWorker
from gui.background import Background
from gui.pages.base import Page
from gui.theme.style import SPACE
from gui.widgets.parts import Role, button, line, row, set_role, text
from gui.wizard.state import WizardState, new_project

RUNTIME = "runtime_missing"
OLLAMA = "ollama_not_running"
AS_THEY_ARE = ("llama.cpp", "uv")
"""Names that begin with a small letter at the head of a row too."""


class EnvironmentPage(Page):
    """A row for each thing with its state and what mends it; nothing here holds the user up."""

    step: ClassVar[str] = "environment"
    title: ClassVar[str] = N_("What this computer has")
    subtitle: ClassVar[str] = N_("What is missing holds nothing up: the run installs it first.")
    help: ClassVar[str] = N_(
        "All that is big lies in one folder: training runtime, models, llama.cpp and caches. Choose a drive with 30 GB "
        "or more to spare, an SSD if there is one.\n\nThe training runtime is a Python environment of its own. Ollama "
        "comes from ollama.com and is only needed at the end."
    )

    def __init__(self, state: WizardState) -> None:
        super().__init__(state)
        self._rows: Sequence[Row] | None = None
        self._doctor, self._ollama = Background(self), Background(self)
        self._doctor.done.connect(self._on_rows)
        self._ollama.done.connect(self._on_mended)
        self._ollama.failed.connect(self._on_failed)
        self._install: RunWorker | None = None

    def build(self) -> None:
        """The work folder, then the rows."""
        say = self.state.say
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, SPACE, 0)
        layout.setSpacing(2 * SPACE)
        self._folder = text("", "", selectable=True)
        choose = button(say(N_("Choose a folder…")), self.choose_folder)
        layout.addLayout(row(text(say(N_("Work folder")), "heading"), self._folder, None, choose, space=2 * SPACE))
        layout.addWidget(line())
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(3 * SPACE)
        self._grid.setVerticalSpacing(12)
        self._grid.setColumnStretch(2, 1)
        layout.addWidget(self._table)
        self._said, self._bar = text("", "note", wrap=True), QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setVisible(self._install is not None)
        layout.addWidget(self._said)
        layout.addWidget(self._bar)
        layout.addStretch(1)
        layout.addLayout(row(button(say(N_("Look again")), self.look_again), None))
        self._show()

    def enter(self) -> None:
        """Look what is there."""
        self.look_again()

    @Slot()
    def look_again(self) -> None:
        """Look for everything, beside the window."""
        job = runtime_job(self.state.settings)
        self._doctor.ask(lambda: list(look_for(job)))
        self._show()

    def _show(self) -> None:
        """The rows as they were last seen; before that what is being done."""
        self._folder.setText(str(self.state.settings.work_folder))
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        if self._rows is None:
            self._grid.addWidget(text(self.state.say(N_("Looking…")), "muted"), 0, 0)
            return
        for place, found in enumerate(self._rows):
            self._show_row(place, found)

    def _show_row(self, place: int, found: Row) -> None:
        say, values = self.state.say, dict(found.values)
        state: Role = "warning" if found.code else "good"
        self._grid.addWidget(text("!" if found.code else "✓", state), place, 0)
        what = say(found.what)
        name = text(what if what in AS_THEY_ARE else what[:1].upper() + what[1:], "heading")
        self._grid.addWidget(name, place, 1)
        words = found.found
        if found.code:
            words = self.state.explain(found.code, values)
        said = text(words, "note" if found.code else "", wrap=True, selectable=True)
        self._grid.addWidget(said, place, 2)
        mend = {RUNTIME: (N_("Install now"), self.install_runtime), OLLAMA: (N_("Start Ollama"), self.start_ollama)}
        if found.code in mend and (found.code != OLLAMA or is_installed(self.state.settings.work_folder)):
            words, pressed = mend[found.code]
            made = button(say(words), pressed)
            made.setEnabled(self._install is None)
            self._grid.addWidget(made, place, 3)

    @Slot()
    def choose_folder(self) -> None:
        """Ask for the one folder of all that is big."""
        say = self.state.say
        name = QFileDialog.getExistingDirectory(self, say(N_("Work folder")), str(self.state.settings.work_folder))
        if name:
            self.state.change_settings(work_dir=str(Path(name)))
            self.look_again()

    @Slot()
    def install_runtime(self) -> None:
        """Make the training runtime: a run of its first stage alone, which outlives the window."""
        if self._install is not None:
            return
        job = runtime_job(self.state.settings)
        job.file.parent.mkdir(parents=True, exist_ok=True)
        request = RunRequest(file=job.file, project=job.project, settings=job.settings, until_stage="install_runtime")
        running = launch.latest(job.runs)
        attach = running if running is not None and launch.alive(running) else None
        self._install = RunWorker(None if attach else request, job.runs, attach, self)
        self._install.events_arrived.connect(self._on_events)
        self._install.ended.connect(self._on_ended)
        self._install.start()
        self._bar.setRange(0, 0)
        self._bar.setVisible(True)
        self._say(self.state.say(N_("Installing the training runtime; this takes some minutes.")))
        self._show()

    @Slot()
    def start_ollama(self) -> None:
        """Start the user's Ollama for good."""
        work = self.state.settings.work_folder
        self._say(self.state.say(N_("Starting Ollama…")))
        self._ollama.ask(lambda: start_installed(work, ollama.host(), start_detached))

    def leave(self) -> None:
        """What installs goes on; the page looks again when it is shown."""

    @Slot(object)
    def _on_rows(self, rows: list[Row]) -> None:
        self._rows = rows
        self._show()

    @Slot(list)
    def _on_events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Progress):
                self._bar.setRange(0, round(event.total or 0))
                self._bar.setValue(round(event.completed))

    @Slot(str)
    def _on_ended(self, status: str) -> None:
        worker, self._install = self._install, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
        self._bar.setVisible(False)
        words = self.state.say(N_("Training runtime: {state}"), state=self.state.sentence(f"state_{status}"))
        self._say(words, "good" if status == "done" else "error")
        self.look_again()

    @Slot(object)
    def _on_mended(self, _result: object) -> None:
        self._say("")
        self.look_again()

    @Slot(object)
    def _on_failed(self, error: StageError) -> None:
        self._say(self.state.explain(error.code, error.values), "error")

    def _say(self, words: str, role: Role = "note") -> None:
        self._said.setText(words)
        set_role(self._said, role)


def runtime_job(settings: Settings) -> Job:
    """A job that belongs to no project: the one of `tunesmith runtime` and `tunesmith doctor`."""
    return Job(new_project(), settings, settings.work_folder / "runtime.tunesmith")
