"""Start: a new project, one that exists, or the sample; language and look."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, get_args

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from core.config.problem import Problem
from core.config.sample import MODEL, sample_project, write_sample
from core.config.settings import Theme
from core.config.store import SUFFIX, ProjectInvalidError
from core.events import StageError
from core.messages import N_
from core.pipeline import launch
from core.tools import ollama
from gui.background import Background
from gui.pages.base import NEXT, Page
from gui.theme.style import SPACE
from gui.widgets.parts import Card, button, line, row, text
from gui.wizard.sidebar import LANGUAGES
from gui.wizard.state import WizardState, new_project

THEMES: dict[Theme, str] = {"system": N_("As the system"), "light": N_("Light"), "dark": N_("Dark")}
SHOWN = 5
"""Recent projects on the page."""


class StartPage(Page):
    """Three ways in, and the projects that were open before."""

    step: ClassVar[str] = "start"
    title: ClassVar[str] = N_("What do you want to make?")
    subtitle: ClassVar[str] = N_("Bring a base model and your own examples; at the end your model runs in Ollama.")
    help: ClassVar[str] = N_(
        "A project is one file that holds all you choose here. Nothing is downloaded, built or trained before the "
        "last page.\n\nNew to this? Try the sample: a tiny model learns its own name in about ten minutes, without a "
        "GPU, and you see each step once."
    )

    def __init__(self, state: WizardState) -> None:
        super().__init__(state)
        self._states, self._sample = Background(self), Background(self)
        self._states.done.connect(self._on_states)
        self._sample.done.connect(self._on_sample)
        self._sample.failed.connect(self._on_failed)

    def build(self) -> None:
        """Cards, recent projects, language and look."""
        say = self.state.say
        cards = QGridLayout()
        cards.setSpacing(2 * SPACE)
        for place, (title, note, pressed) in enumerate(
            (
                (N_("New project"), N_("From a model folder or a hub, and your own rows"), self.begin_new),
                (N_("Open a project…"), N_("Go on with a .tunesmith file"), self.choose_file),
                (N_("Try the sample"), N_("The whole way on a tiny model, in about 10 minutes"), self.begin_sample),
            )
        ):
            cards.addWidget(Card(say(title), say(note), pressed), 0, place)
        self._wrong = text("", "error", wrap=True)
        self._wrong.setVisible(False)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, SPACE, 0)
        layout.setSpacing(3 * SPACE)
        layout.addLayout(cards)
        layout.addWidget(self._wrong)
        layout.addLayout(self._recent)
        layout.addStretch(1)
        layout.addWidget(line())
        layout.addLayout(self._choices())
        self._show_recent({})

    def _choices(self) -> QGridLayout:
        """Language and look, as rows of buttons."""
        say, grid = self.state.say, QGridLayout()
        grid.setHorizontalSpacing(3 * SPACE)
        grid.setVerticalSpacing(SPACE)
        looks = [(name, say(words)) for name, words in THEMES.items()]
        rows: tuple[tuple[str, Sequence[tuple[str, str]], str], ...] = (
            (N_("Language"), list(LANGUAGES.items()), self.state.language),
            (N_("Appearance"), looks, self.state.settings.theme),
        )
        for place, (title, choices, now) in enumerate(rows):
            group = QButtonGroup(self.content)
            made: list[QWidget] = []
            for name, words in choices:
                choice = button(words, self._on_choice, "choice")
                choice.setCheckable(True)
                choice.setChecked(name == now)
                choice.setObjectName(name)
                group.addButton(choice)
                made.append(choice)
            grid.addWidget(text(say(title), "muted"), place, 0)
            grid.addLayout(row(*made, None), place, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def enter(self) -> None:
        """Look up how the recent projects are."""
        files = [Path(name) for name in self.state.settings.recent[:SHOWN]]
        self._states.ask(lambda: {file: state_of(file) for file in files})

    def leave(self) -> None:
        """Nobody waits for the states any more."""
        self._wrong.setVisible(False)

    def problems(self) -> list[Problem]:
        """Nothing can be wrong here."""
        return []

    def primary(self) -> str:
        """A new project, or on with the one that is open."""
        fresh = self.state.file is None and not self.state.is_changed
        return N_("New project") if fresh else NEXT["environment"]

    @Slot()
    def begin_new(self) -> None:
        """Begin with the defaults."""
        self.state.begin(new_project())
        self.open_wanted.emit("environment")

    @Slot()
    def choose_file(self) -> None:
        """Ask for a project file."""
        folder = str(self.state.target.parent)
        name, _ = QFileDialog.getOpenFileName(self, self.state.say(N_("Open a project")), folder, f"*{SUFFIX}")
        if name:
            self.open_file(Path(name))

    def open_file(self, file: Path) -> None:
        """Open a project file; what is wrong with it is said here."""
        try:
            self.state.open(file)
        except ProjectInvalidError as error:
            self.show_problems(error.problems)
        else:
            self.open_wanted.emit("run" if state_of(file) == "running" else "environment")

    @Slot()
    def begin_sample(self) -> None:
        """Write the sample beside the other projects and open it; in Ollama only where one answers."""
        folder = self.state.settings.work_folder / "sample"
        self._sample.ask(lambda: write_sample(folder, sample_project(MODEL if _ollama_answers() else "")))

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Say what is wrong, and the cure."""
        self._wrong.setText("\n".join(self.state.explain(problem.code, problem.values) for problem in problems))
        self._wrong.setVisible(True)

    @Slot(object)
    def _on_sample(self, file: Path) -> None:
        self.open_file(file)

    @Slot(object)
    def _on_failed(self, error: StageError) -> None:
        self.show_problems([Problem("", error.code, error.values)])

    @Slot(object)
    def _on_states(self, states: dict[Path, str]) -> None:
        self._show_recent(states)

    def _show_recent(self, states: dict[Path, str]) -> None:
        """The projects that were open before; those that are gone are left out once that is known."""
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        names = [Path(name) for name in self.state.settings.recent[:SHOWN]]
        known = [file for file in names if states.get(file, "?")]
        if known:
            heading = text(self.state.say(N_("Recent projects")), "heading")
            heading.setContentsMargins(0, 0, 0, SPACE)
            self._recent.addWidget(heading)
        for file in known:
            self._recent.addWidget(self._recent_row(file, states.get(file, "")))

    def _recent_row(self, file: Path, state: str) -> QWidget:
        opened = button(file.stem, self._on_recent, "quiet")
        opened.setProperty("file", str(file))
        where = text(str(file.parent), "note")
        where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        words = self.state.say(N_("not run yet")) if state == "new" else self.state.sentence(f"state_{state}")
        made = QWidget()
        layout = row(opened, where, text(words if state else "", "note"), space=2 * SPACE)
        layout.setStretch(1, 1)
        made.setLayout(layout)
        return made

    @Slot()
    def _on_recent(self) -> None:
        made = self.sender()
        if made is not None:
            self.open_file(Path(made.property("file")))

    @Slot()
    def _on_choice(self) -> None:
        made = self.sender()
        if made is not None:
            name = made.objectName()
            self.state.change_settings(**{"theme" if name in get_args(Theme) else "language": name})


def state_of(file: Path) -> str:
    """How a project's last run ended; "new" where it has none, "" where the file is gone."""
    if not file.is_file():
        return ""
    run = launch.latest(file.with_name(f"{file.stem}.runs"))
    return "new" if run is None else launch.status(run) or "running"


def _ollama_answers() -> bool:
    try:
        return ollama.version(ollama.host()) is not None
    except StageError:
        return False
