"""The chat: both models get the same question, answers come in pieces, Stop ends them, failures are sentences."""

import threading

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.events import StageError
from core.workers.chat_worker import ChatWorker
from gui.widgets.chat_view import ChatView
from gui.wizard.state import WizardState


class Told(ChatWorker):
    """Says two pieces, the second when it is let; or fails."""

    asked: list[tuple[str, str]]
    let: threading.Event

    def run(self) -> None:
        type(self).asked.append((self._model, self._prompt))
        if self._prompt == "fail":
            self.failed.emit(StageError("ollama_not_running", host="127.0.0.1:9"))
            return
        self.text_arrived.emit(f"I am {self._model}")
        while not self.let.wait(0.01):
            if self.isInterruptionRequested():
                self.done.emit()
                return
        self.text_arrived.emit(", hello")
        self.done.emit()


def make(qtbot: QtBot, state: WizardState) -> tuple[ChatView, threading.Event]:
    Told.asked, Told.let = [], threading.Event()

    def worker(model: str, prompt: str, parent: QWidget) -> ChatWorker:
        return Told(model, prompt, parent=parent)

    view = ChatView(state, "tuned", "base", worker)
    qtbot.addWidget(view)
    view.resize(700, 400)
    view.show()
    return view, Told.let


def test_both_get_the_question_and_answer_as_they_speak(qtbot: QtBot, state: WizardState) -> None:
    view, let = make(qtbot, state)
    assert not view.button.isEnabled()
    QTest.keyClicks(view.line, "Who are you?")
    QTest.keyClick(view.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [talk.answers for talk in view.talks] == [["I am base"], ["I am tuned"]])
    assert sorted(Told.asked) == [("base", "Who are you?"), ("tuned", "Who are you?")]
    assert view.button.text() == "Stop"
    let.set()
    qtbot.waitUntil(lambda: not view.is_busy)
    assert [talk.answers for talk in view.talks] == [["I am base, hello"], ["I am tuned, hello"]]
    assert view.button.text() == "Ask"


def test_stop_ends_both_and_keeps_what_was_said(qtbot: QtBot, state: WizardState) -> None:
    view, _ = make(qtbot, state)
    QTest.keyClicks(view.line, "Hello")
    QTest.mouseClick(view.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: all(talk.answers == [f"I am {talk.model}"] for talk in view.talks))
    QTest.mouseClick(view.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not view.is_busy)
    assert [talk.answers for talk in view.talks] == [["I am base"], ["I am tuned"]]


def test_a_failure_is_a_sentence_and_the_chat_goes_on(qtbot: QtBot, state: WizardState) -> None:
    view, let = make(qtbot, state)
    let.set()
    QTest.keyClicks(view.line, "fail")
    QTest.keyClick(view.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not view.is_busy)
    assert "127.0.0.1:9" in view.talks[0].answers[0]
    QTest.keyClicks(view.line, "again")
    QTest.keyClick(view.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not view.is_busy)
    assert view.talks[1].answers[1] == "I am tuned, hello"


def test_a_view_that_ends_leaves_no_thread(qtbot: QtBot, state: WizardState) -> None:
    view, _ = make(qtbot, state)
    QTest.keyClicks(view.line, "Hello")
    QTest.keyClick(view.line, Qt.Key.Key_Return)
    view.end()
    assert not view.is_busy
