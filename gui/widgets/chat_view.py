"""Two models side by side: the same question goes to both, the answers come as they are said."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.events import StageError
from core.messages import N_
from core.workers.chat_worker import ChatWorker
from gui.theme.style import SPACE, colours
from gui.wizard.state import WizardState

LONGEST_ANSWER = 1024
"""Tokens; a model that knows no end must come to one."""

MakeWorker = Callable[[str, str, QWidget], ChatWorker]


def ask_ollama(model: str, prompt: str, parent: QWidget) -> ChatWorker:
    """The worker that asks a model of this computer's Ollama."""
    return ChatWorker(model, prompt, {"num_predict": LONGEST_ANSWER}, parent)


class Bubble(QLabel):
    """Something said: a question at the right, an answer at the left."""

    def __init__(self, text: str, *, asked: bool) -> None:
        super().__init__(text)
        self.asked, self.wrong = asked, False
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.dress()

    def fail(self, text: str) -> None:
        """It is no answer but the reason why there is none."""
        self.wrong = True
        self.setText(text)
        self.dress()

    def dress(self) -> None:
        """Take on the theme's colours."""
        colour = colours()
        ground = colour.accent_soft if self.asked else colour.background
        ink = colour.error if self.wrong else colour.text
        corner = "bottom-right" if self.asked else "bottom-left"
        sheet = (
            f"QLabel {{ background: {ground}; color: {ink}; border-radius: 10px; "
            f"border-{corner}-radius: 2px; padding: 8px 12px; }}"
        )
        if self.styleSheet() != sheet:
            self.setStyleSheet(sheet)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Take on the other theme's colours."""
        if event.type() == QEvent.Type.PaletteChange:
            self.dress()
        super().changeEvent(event)


class Talk(QFrame):
    """One model's side of the chat."""

    ended = Signal()

    def __init__(self, title: str, model: str, state: WizardState, make_worker: MakeWorker) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._title, self.model, self._state, self._make_worker = title, model, state, make_worker
        self._worker: ChatWorker | None = None
        self.heading, name = QLabel(), QLabel(model)
        self.heading.setProperty("role", "heading")
        name.setProperty("role", "note")
        name.setToolTip(model)
        name.setAlignment(Qt.AlignmentFlag.AlignRight)
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._text = ""
        head = QHBoxLayout()
        head.addWidget(self.heading)
        head.addWidget(name, 1)
        self._said = QVBoxLayout()
        self._said.setSpacing(SPACE)
        self._said.addStretch(1)
        self._inner = QWidget()
        self._inner.setLayout(self._said)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self._inner)
        self.area.verticalScrollBar().rangeChanged.connect(self._to_end)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.addLayout(head)
        layout.addWidget(self.area, 1)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that is on now."""
        self.heading.setText(self._state.say(self._title))
        self.area.setAccessibleName(f"{self._state.say(self._title)}: {self.model}")

    @property
    def is_busy(self) -> bool:
        """Whether the model still answers."""
        return self._worker is not None

    @property
    def answers(self) -> list[str]:
        """What the model said."""
        return [bubble.text() for bubble in self._bubbles() if not bubble.asked]

    def say_before(self, prompt: str, answer: str) -> None:
        """Show a question and its answer of earlier."""
        self._add(Bubble(prompt, asked=True))
        self._add(Bubble(answer, asked=False))

    def ask(self, prompt: str) -> None:
        """Ask the model."""
        self._add(Bubble(prompt, asked=True))
        self._add(Bubble("…", asked=False))
        self._text = ""
        worker = self._make_worker(self.model, prompt, self)
        self._worker = worker
        worker.text_arrived.connect(self._on_text)
        worker.failed.connect(self._on_failed)
        worker.finished.connect(self._on_finished)
        worker.start()

    def stop(self) -> None:
        """End the answer where it is."""
        if self._worker is not None:
            self._worker.requestInterruption()

    def end(self) -> None:
        """End the answer, and wait for its thread."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.requestInterruption()
            worker.wait()

    def _add(self, bubble: Bubble) -> None:
        """A question keeps a third free at its left, an answer a little at its right."""
        row = QHBoxLayout()
        if bubble.asked:
            row.addStretch(3)
        row.addWidget(bubble, 7 if bubble.asked else 8)
        if not bubble.asked:
            row.addStretch(1)
        self._said.insertLayout(self._said.count() - 1, row)

    def _bubbles(self) -> list[Bubble]:
        return self._inner.findChildren(Bubble)

    @Slot(str)
    def _on_text(self, piece: str) -> None:
        self._text += piece
        self._bubbles()[-1].setText(self._text.strip() or "…")

    @Slot(object)
    def _on_failed(self, error: StageError) -> None:
        values = dict(error.values)
        words = f"{self._state.sentence(error.code, values)} {self._state.cure(error.code, values)}".strip()
        self._bubbles()[-1].fail(words)

    @Slot()
    def _on_finished(self) -> None:
        worker = self.sender()
        if isinstance(worker, ChatWorker):
            worker.wait()
            worker.deleteLater()
        if worker is self._worker:
            self._worker = None
            self.ended.emit()

    @Slot()
    def _to_end(self) -> None:
        bar = self.area.verticalScrollBar()
        bar.setValue(bar.maximum())


class ChatView(QWidget):
    """The base model at the left, the tuned one at the right, one line to ask both."""

    def __init__(
        self,
        state: WizardState,
        tuned: str,
        base: str,
        make_worker: MakeWorker = ask_ollama,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        named = ((N_("Before"), base), (N_("Yours"), tuned))
        self.talks = [Talk(title, model, state, make_worker) for title, model in named if model]
        self.line, self.button = QLineEdit(), QPushButton()
        talks = QHBoxLayout()
        talks.setSpacing(2 * SPACE)
        for talk in self.talks:
            talks.addWidget(talk, 1)
            talk.ended.connect(self._on_ended)
        foot = QHBoxLayout()
        foot.setSpacing(SPACE)
        foot.addWidget(self.line, 1)
        foot.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(talks, 1)
        layout.addLayout(foot)
        self.line.returnPressed.connect(self.ask)
        self.line.textChanged.connect(self._show_button)
        self.button.clicked.connect(self._on_button)
        self.retranslate()

    @property
    def is_busy(self) -> bool:
        """Whether one of the models still answers."""
        return any(talk.is_busy for talk in self.talks)

    def retranslate(self) -> None:
        """Say everything in the language that is on now."""
        text = N_("Ask both…") if len(self.talks) > 1 else N_("Ask…")
        self.line.setPlaceholderText(self._state.say(text))
        self.line.setAccessibleName(self._state.say(text))
        for talk in self.talks:
            talk.retranslate()
        self._show_button()

    @Slot()
    def ask(self) -> None:
        """Send the question to both."""
        prompt = self.line.text().strip()
        if not prompt or self.is_busy:
            return
        self.line.clear()
        for talk in self.talks:
            talk.ask(prompt)
        self._show_button()

    @Slot()
    def stop(self) -> None:
        """End both answers."""
        for talk in self.talks:
            talk.stop()

    def end(self) -> None:
        """End both answers, and wait for their threads."""
        for talk in self.talks:
            talk.end()

    @Slot()
    def _on_button(self) -> None:
        if self.is_busy:
            self.stop()
        else:
            self.ask()

    @Slot()
    def _on_ended(self) -> None:
        self._show_button()
        if not self.is_busy:
            self.line.setFocus()

    @Slot()
    def _show_button(self) -> None:
        self.button.setText(self._state.say(N_("Stop") if self.is_busy else N_("Ask")))
        self.button.setEnabled(self.is_busy or bool(self.line.text().strip()))
