"""The window: the frame around the pages, and the way between them."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMessageBox, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from core.config.problem import Problem
from core.events import StageError
from core.hardware.gpu import Gpu, gpus
from core.messages import N_
from core.workers.gpu_monitor_worker import GpuMonitorWorker
from gui.background import Background
from gui.pages import PAGES, make_page
from gui.pages.base import Page
from gui.theme.style import MARGIN, NO_HELP_BELOW, SMALLEST, SPACE
from gui.widgets.parts import text
from gui.wizard.flow import OF_A_RUN, STEPS, Flow, may_open, preceding
from gui.wizard.footer import Footer
from gui.wizard.help_column import HelpColumn
from gui.wizard.look import Look, failed_look
from gui.wizard.sidebar import Sidebar
from gui.wizard.state import WizardState

CHECK_AFTER_MS = 150
"""So long nothing more is typed before the project is checked."""


class Window(QMainWindow):
    """Frame, pages and check; what is shown comes from the state, the flow and the page that is open."""

    def __init__(self, state: WizardState) -> None:
        super().__init__()
        self.state = state
        self.flow = Flow()
        self.pages: dict[str, Page] = {}
        self._scrolls: dict[str, QScrollArea] = {}
        self._run_of: Path | None = None
        self._make_frame()
        self._check = Background(self)
        self._check.done.connect(self._on_checked)
        self._check.failed.connect(self._on_not_checked)
        self._check_soon = QTimer(self, singleShot=True, interval=CHECK_AFTER_MS)
        self._check_soon.timeout.connect(self._on_check_due)
        self._cards = Background(self)
        self._cards.done.connect(self._on_cards)
        self._cards.ask(gpus)
        self._monitor = GpuMonitorWorker(self)
        self._monitor.sampled.connect(self.sidebar.show_sample)
        self._monitor.start()
        self._unsubscribe = state.subscribe(self._on_changed)
        self.retranslate()
        self.open_step("start")
        self._check_soon.start()

    def _make_frame(self) -> None:
        self.setMinimumSize(*SMALLEST)
        self.sidebar, self.footer, self.help = Sidebar(self.state), Footer(), HelpColumn()
        self._title, self._subtitle = text("", "title", wrap=True), text("", "muted", wrap=True)
        self.stack = QStackedWidget()
        page = QVBoxLayout()
        page.setSpacing(4)
        page.addWidget(self._title)
        page.addWidget(self._subtitle)
        page.addSpacing(3 * SPACE - 4)
        page.addWidget(self.stack, 1)
        body = QHBoxLayout()
        body.setContentsMargins(MARGIN, 28, MARGIN, 0)
        body.setSpacing(MARGIN)
        body.addLayout(page, 1)
        body.addWidget(self.help)
        main = QVBoxLayout()
        main.setSpacing(0)
        main.addLayout(body, 1)
        main.addWidget(self.footer)
        centre = QWidget()
        whole = QHBoxLayout(centre)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.sidebar)
        whole.addLayout(main, 1)
        self.setCentralWidget(centre)
        self.sidebar.step_chosen.connect(self.open_step)
        self.sidebar.language_chosen.connect(self.choose_language)
        self.footer.back.connect(self._on_back)
        self.footer.proceed.connect(self._on_proceed)
        self.footer.otherwise.connect(self._on_otherwise)

    @property
    def page(self) -> Page:
        """The page that is open."""
        return self.pages[self.flow.current]

    @Slot(str)
    def open_step(self, step: str) -> None:
        """Show a step's page; where it may not be opened nothing happens."""
        if step in OF_A_RUN and (self.state.request is not None or self.state.last_run() is not None):
            self._run_of = self.state.target
        if not self._may_open(step):
            return
        if self.flow.current in self.pages:
            self.page.leave()
        if step not in self.pages:
            self._add_page(step)
        self.flow = self.flow.opened(step)
        self.stack.setCurrentWidget(self._scrolls[step])
        self.page.enter()
        self._show_page()
        self.footer.primary_button.setFocus()

    def _add_page(self, step: str) -> None:
        page = self.pages[step] = make_page(step, self.state)
        page.setContentsMargins(0, 0, 0, 2 * SPACE)
        scroll = QScrollArea(widgetResizable=True)  # one each, else the longest page makes all of them scroll
        scroll.setWidget(page)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scrolls[step] = scroll
        self.stack.addWidget(scroll)
        page.changed.connect(self.refresh)
        page.help_wanted.connect(self.help.show_text)
        page.open_wanted.connect(self.open_step)

    def _may_open(self, step: str) -> bool:
        seen = self.state.seen
        has_run = self._run_of == self.state.target or (seen is not None and seen.has_run)
        return step in PAGES and may_open(step, self.state.found, has_run=has_run)

    def _show_page(self) -> None:
        page, say = self.page, self.state.say
        self._title.setText(say(page.title))
        self._subtitle.setText(say(page.subtitle))
        self._subtitle.setVisible(bool(page.subtitle))
        self.help.show_text(say(N_("About this page")) if page.help else "", say(page.help))
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Marks, title, buttons and the reason why Next is off, as things are now."""
        state, say, page = self.state, self.state.say, self.page
        name = state.target.stem if state.file is not None else say(N_("New project"))
        self.setWindowTitle(f"{name}{'*' if state.is_changed else ''} — Tunesmith")
        marks = {step: self.flow.mark(step, state.found) for step in STEPS}
        self.sidebar.show_marks(marks, {step: self._may_open(step) for step in STEPS})
        can_go_back = preceding(page.step) is not None
        self.footer.show_buttons(say(N_("Back")) if can_go_back else "", say(page.secondary()), say(page.primary()))
        wrong = next((problem for problem in page.problems() if problem.level == "error"), None)
        if wrong is not None:
            self.footer.show_reason(self._reason(wrong), may_go_on=False, role="error")
        elif not state.is_checked:
            self.footer.show_reason(say(N_("Checking…")), may_go_on=page.step == "start")
        else:
            self.footer.show_reason("", may_go_on=True)

    def _reason(self, problem: Problem) -> str:
        """What is wrong, in one line."""
        return self.state.sentence(problem.code, problem.values).splitlines()[0]

    def retranslate(self) -> None:
        """Say everything in the language that is on now, in today's colours."""
        self._spoken = (self.state.language, self.state.settings.theme)
        self.sidebar.retranslate()
        for page in self.pages.values():
            page.retranslate()
        if self.flow.current in self.pages:
            self.page.enter()
            self._show_page()

    @Slot(str)
    def choose_language(self, language: str) -> None:
        """Speak another language, at once."""
        self.state.change_settings(language=language)

    def _on_changed(self, names: frozenset[str]) -> None:
        """The state has changed; ``settings`` and ``found`` are no sections."""
        if self._spoken != (self.state.language, self.state.settings.theme):
            self.retranslate()
        if "found" not in names:
            self.state.is_checked = False
            self.flow = self.flow.changed(names - {"settings"})
            self._check_soon.start()
        if self.flow.current in self.pages:
            self.refresh()

    @Slot()
    def _on_check_due(self) -> None:
        self._check.ask(self.state.looking())

    @Slot(object)
    def _on_checked(self, seen: Look) -> None:
        if not self._check_soon.isActive():  # else something was typed meanwhile, and the next look is due
            self.state.take_look(seen)

    @Slot(object)
    def _on_not_checked(self, error: StageError) -> None:
        self._on_checked(failed_look(error))

    @Slot(object)
    def _on_cards(self, cards: Sequence[Gpu]) -> None:
        for card in cards[:1]:
            self.sidebar.show_card(card.name, card.total_bytes or 0)

    @Slot()
    def _on_back(self) -> None:
        if (step := preceding(self.flow.current)) is not None:
            self.open_step(step)

    @Slot()
    def _on_proceed(self) -> None:
        self.page.proceed()

    @Slot()
    def _on_otherwise(self) -> None:
        self.page.proceed_otherwise()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's own
        """Narrow windows have no room for the help column."""
        self.help.setVisible(event.size().width() >= NO_HELP_BELOW)
        super().resizeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's own
        """Ask for what is not saved, then leave no thread behind."""
        if self.state.is_changed and not self._saved_or_dropped():
            event.ignore()
            return
        self._unsubscribe()
        self.page.leave()
        self._check_soon.stop()
        self._monitor.requestInterruption()
        for work in self.findChildren(Background):
            work.end()
        self._monitor.wait()
        event.accept()

    def _saved_or_dropped(self) -> bool:
        say, kind = self.state.say, QMessageBox.StandardButton
        question = say(N_("Save the changes to the project?"))
        answer = QMessageBox.question(self, "Tunesmith", question, kind.Save | kind.Discard | kind.Cancel, kind.Save)
        if answer == kind.Save:
            self.state.save()
        return answer != kind.Cancel
