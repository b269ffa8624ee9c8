"""Result: talk to both models, see the examples, take the model elsewhere, keep a report, begin the next project."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
)

from core.config.problem import Problem
from core.config.store import with_values
from core.events import Event, Progress, StageError
from core.messages import N_, size
from core.pipeline.launch import RunRequest
from core.pipeline.os_errors import explained
from core.stages.job import Job
from core.tools import ollama_names
from core.workers.run_worker import RunWorker
from gui.background import Background
from gui.pages.base import Page
from gui.report import write_report
from gui.run_folder import Result, read_result
from gui.run_state import RunState
from gui.run_words import progress_words
from gui.theme.style import SPACE
from gui.widgets.chat_view import ChatView, MakeWorker, ask_ollama
from gui.widgets.examples_view import ExamplesView
from gui.wizard.state import WizardState

FACTS_WIDTH = 200
PUSH = "push_ollama"


class ResultPage(Page):
    """Shows what the newest run of the project made."""

    step = "result"
    title = N_("Your model is ready. Say hello.")
    subtitle = N_("The same question goes to both. Left: before. Right: yours.")
    help = N_(
        "Both models answer with the likeliest words, so that the difference is the training's and not chance. The "
        "examples are rows that the training never saw, and your test prompts."
    )

    def __init__(self, state: WizardState, make_worker: MakeWorker = ask_ollama) -> None:
        super().__init__(state)
        self.result = Result(Path())
        self.chat: ChatView | None = None
        self.pusher: RunWorker | None = None
        self._make_worker = make_worker
        self._pushed = RunState()
        self._reading, self._writing = Background(self), Background(self)
        self._reading.done.connect(self._on_read)
        self._reading.failed.connect(self._say_failure)
        self._writing.done.connect(self._on_written)
        self._writing.failed.connect(self._say_failure)
        QApplication.instance().aboutToQuit.connect(self.end)  # type: ignore[union-attr]

    # what it is made of

    def build(self) -> None:
        """Chat and examples at the left, facts at the right."""
        self.tabs, self.examples = QStackedWidget(), ExamplesView(self.state)
        self.no_chat = QLabel()
        self.no_chat.setProperty("role", "muted")
        self.no_chat.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.no_chat.setWordWrap(True)
        self.tabs.addWidget(self.no_chat)
        self.tabs.addWidget(self.examples)
        self.choices = QButtonGroup(self)
        choices = QHBoxLayout()
        choices.setSpacing(SPACE)
        for place in range(self.tabs.count()):
            button = QPushButton()
            button.setProperty("kind", "choice")
            button.setCheckable(True)
            button.setChecked(place == 0)
            self.choices.addButton(button, place)
            choices.addWidget(button)
        choices.addStretch(1)
        self.choices.idClicked.connect(self.show_part)
        main = QVBoxLayout()
        main.setSpacing(2 * SPACE)
        main.addLayout(choices)
        main.addWidget(self.tabs, 1)
        layout = QHBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 3 * SPACE)
        layout.setSpacing(3 * SPACE)
        layout.addLayout(main, 1)
        layout.addLayout(self._make_facts())
        self._say()

    def _make_facts(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(SPACE)
        self._headings = [QLabel() for _ in range(3)]
        for heading, role in zip(self._headings, ("heading", "note", "note"), strict=True):
            heading.setProperty("role", role)
            heading.setFixedWidth(FACTS_WIDTH)
        self.sizes, self.command, self.told = QLabel(), QLineEdit(), QLabel()
        self.command.setReadOnly(True)
        self.told.setProperty("role", "note")
        for text in (self.sizes, self.told):
            text.setWordWrap(True)
            text.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        self.copy_button, self.open_button, self.report_button = QPushButton(), QPushButton(), QPushButton()
        self.copy_button.clicked.connect(self._copy)
        self.open_button.clicked.connect(self._open_folder)
        self.report_button.clicked.connect(self._ask_for_report)
        widgets = (self._headings[0], self._headings[1], self.sizes, self._headings[2], self.command, self.copy_button)
        for widget in (*widgets, self.open_button, self.report_button, self.told):
            column.addWidget(widget)
        column.addStretch(1)
        return column

    def retranslate(self) -> None:
        """Say everything in the language that is on now; what was said in the chat stays."""
        self.examples.retranslate()
        if self.chat is not None:
            self.chat.retranslate()
        self._say()

    def _say(self) -> None:
        say = self.state.say
        for place, text in enumerate((N_("Chat"), N_("Examples"))):
            self.choices.button(place).setText(say(text))
        texts = (N_("Your model"), N_("Size"), N_("Run it anywhere"))
        for heading, text in zip(self._headings, texts, strict=True):
            heading.setText(say(text))
        self.no_chat.setText(say(N_("There is no model in Ollama to talk to: the run ended with the GGUF files.")))
        self.copy_button.setText(say(N_("Copy")))
        self.command.setAccessibleName(say(N_("Run it anywhere")))
        self.open_button.setText(say(N_("Open folder")))
        self.report_button.setText(say(N_("Save a report")))

    @Slot(int)
    def show_part(self, part: int) -> None:
        """The chat (0) or the examples (1)."""
        self.choices.button(part).setChecked(True)
        self.tabs.setCurrentWidget(self.examples if part else self.chat or self.no_chat)

    # what the frame asks

    def primary(self) -> str:
        """Pushing is the next thing, where there is a model in Ollama."""
        return N_("Push to ollama.com") if self.result.tuned and self.pusher is None else ""

    def problems(self) -> list[Problem]:
        """What keeps the model from being pushed."""
        return ollama_names.problems(self.result.tuned, push=True) if self.result.tuned else []

    def proceed(self) -> None:
        """Push: a run that finds everything else up to date."""
        job = self.state.job()
        request = RunRequest(file=job.file, project=job.project, settings=job.settings, push=True)
        self.push(RunWorker(request, job.runs, parent=self))

    def secondary(self) -> str:
        """Begin the next project with what this one has."""
        return N_("New project from this")

    def proceed_otherwise(self) -> None:
        """A new project with the same settings, and with paths that hold from anywhere."""
        job = self.state.job()
        model = job.project.model
        changes: dict[str, dict[str, Any]] = {
            "dataset": {name: [_anywhere(job, text) for text in getattr(job.project.dataset, name)] for name in _FILES},
            "model": {"model": str(job.path(model.model)) if model.source == "local" and model.model else model.model},
        }
        self.state.begin(with_values(job.project, **changes))
        self.open_wanted.emit("model")

    def enter(self) -> None:
        """Read what the newest run made."""
        self.window().removeEventFilter(self)
        self.window().installEventFilter(self)
        self._reading.ask(self._read())

    def leave(self) -> None:
        """The models need not finish their answers for nobody."""
        if self.chat is not None:
            self.chat.stop()

    def _read(self) -> Callable[[], object]:
        find, job = self.state.last_run, self.state.job()

        def read() -> Result | None:
            folder = find()
            return read_result(job, folder) if folder is not None else None

        return read

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The window goes."""
        if watched is self.window() and event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.end()
        return super().eventFilter(watched, event)

    @Slot()
    def end(self) -> None:
        """End all threads of the page."""
        if self.chat is not None:
            self.chat.end()
        if self.pusher is not None:
            self.pusher.requestInterruption()
            self.pusher.wait()
            self.pusher = None
        self._reading.end()
        self._writing.end()

    # what is shown

    @Slot(object)
    def _on_read(self, result: object) -> None:
        if not isinstance(result, Result):
            return
        if self.chat is None or (result.tuned, result.base) != (self.result.tuned, self.result.base):
            self._put_chat(result)
        self.result = result
        self.examples.show_examples(result.examples)
        shown = [
            f"{size(made.size)} · {made.name.removeprefix('model-').removesuffix('.gguf')}" for made in result.products
        ]
        self.sizes.setText("\n".join(shown))
        self.command.setText(f"ollama run {result.tuned}" if result.tuned else "")
        for widget in (self.command, self.copy_button, self._headings[2]):
            widget.setVisible(bool(result.tuned))
        self.command.setCursorPosition(0)
        self._headings[1].setVisible(bool(result.products))
        self.sizes.setVisible(bool(result.products))
        self.changed.emit()

    def _put_chat(self, result: Result) -> None:
        if self.chat is not None:
            self.chat.end()
            self.tabs.removeWidget(self.chat)
            self.chat.deleteLater()
        self.chat = ChatView(self.state, result.tuned, result.base, self._make_worker) if result.tuned else None
        if self.chat is not None:
            self.tabs.addWidget(self.chat)
        self.show_part(0)
        if self.chat is not None:
            for found in result.examples:
                for talk in self.chat.talks:
                    answer = found.after if talk.model == result.tuned else found.before
                    if answer and not found.held_out:
                        talk.say_before(found.question, answer)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command.text())
        self._tell(self.state.say(N_("Copied.")))

    @Slot()
    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.result.folder)))

    def _tell(self, text: str, role: str = "note") -> None:
        self.told.setProperty("role", role)
        self.told.style().polish(self.told)
        self.told.setText(text)

    @Slot(object)
    def _say_failure(self, error: StageError) -> None:
        values = dict(error.values)
        self._tell(f"{self.state.sentence(error.code, values)} {self.state.cure(error.code, values)}".strip(), "error")

    # the report

    @Slot()
    def _ask_for_report(self) -> None:
        dialog = QFileDialog(self, self.state.say(N_("Save a report")))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("html")
        dialog.setNameFilter("*.html")
        dialog.selectFile(f"{self.state.job().name}.html")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._on_report_named)
        dialog.open()

    @Slot(str)
    def _on_report_named(self, name: str) -> None:
        self.save_report(Path(name))

    def save_report(self, path: Path) -> None:
        """Write the report, beside the window."""
        job, result, state = self.state.job(), self.result, self.state

        def write() -> Path:
            try:
                write_report(path, result, job.project, job.name, state)
            except OSError as error:
                raise explained(error) from error
            return path

        self._writing.ask(write)

    @Slot(object)
    def _on_written(self, path: object) -> None:
        self._tell(self.state.say(N_("Saved: {path}"), path=str(path)))

    # pushing

    def push(self, worker: RunWorker) -> None:
        """Watch the run that pushes."""
        self._pushed = RunState()
        self.pusher = worker
        worker.events_arrived.connect(self._on_push_events)
        worker.ended.connect(self._on_push_ended)
        worker.failed.connect(self._on_push_failed)
        worker.finished.connect(self._on_pusher_gone)
        worker.start()
        self._tell(self.state.say(N_("Pushing…")))
        self.changed.emit()

    @Slot(list)
    def _on_push_events(self, events: list[Event]) -> None:
        for event in events:
            self._pushed.feed(event)
            if isinstance(event, Progress) and event.stage == PUSH:
                self._tell(f"{self.state.say(N_('Pushing…'))} {progress_words(event, self.state)}")

    @Slot(str)
    def _on_push_ended(self, status: str) -> None:
        if status == "done":
            self._tell(self.state.say(N_("Pushed: {name}"), name=self.result.tuned), "good")
        elif self._pushed.failed is not None:
            self._say_failure(StageError(self._pushed.failed.code, **self._pushed.failed.values))
        else:
            self._tell(self.state.sentence(f"state_{status}"), "error")

    @Slot(object)
    def _on_push_failed(self, error: StageError) -> None:
        self._say_failure(error)

    @Slot()
    def _on_pusher_gone(self) -> None:
        worker, self.pusher = self.pusher, None
        if worker is not None:
            worker.wait()
            worker.deleteLater()
        self.changed.emit()


_FILES = ("files", "val_files")


def _anywhere(job: Job, text: str) -> str:
    """A file of the project under its whole path; a hub's dataset as it is."""
    return text if job.hub_entry(text) is not None else str(job.path(text))
