"""The log: search, levels, stages, copying, and that it follows its end."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.events import Message, Progress
from gui.widgets.log_model import KEPT
from gui.widgets.log_view import LogView
from gui.wizard.state import WizardState
from tests.gui.run_fixtures import recorded


def shown(view: LogView) -> list[str]:
    return [view.model.text(row) for row in range(view.model.rowCount())]


def make(qtbot: QtBot, state: WizardState) -> LogView:
    view = LogView(state)
    qtbot.addWidget(view)
    view.resize(700, 300)
    view.show()
    return view


def settle(qtbot: QtBot, view: LogView) -> None:
    qtbot.waitUntil(lambda: not view.model.is_busy and not view._pause.isActive(), timeout=10_000)


def test_events_and_output_are_shown_in_their_order(qtbot: QtBot, state: WizardState) -> None:
    view = make(qtbot, state)
    view.feed(recorded()[:1])
    view.add_output("train", ["one", "two"])
    view.feed([Progress(stage="train", completed=1)])
    settle(qtbot, view)
    assert shown(view) == ["The run has begun.", "one", "two"]
    assert view.model.time(0) != ""
    assert view.model.time(1) == ""


def test_typing_searches_and_the_levels_filter(qtbot: QtBot, state: WizardState) -> None:
    view = make(qtbot, state)
    view.add_output("train", ["all is well", "WARNING: it is hot", "Error: it broke", "Allgemein"])
    view.add_output("merge", ["all merged"])
    QTest.keyClicks(view.search, "ALL")
    settle(qtbot, view)
    assert shown(view) == ["all is well", "Allgemein", "all merged"]
    view.set_stages(["train", "merge"])
    view.stages.setCurrentIndex(2)
    settle(qtbot, view)
    assert shown(view) == ["all merged"]
    view.search.clear()
    view.stages.setCurrentIndex(0)
    QTest.keyClick(view.levels, Qt.Key.Key_Down)
    QTest.keyClick(view.levels, Qt.Key.Key_Down)
    settle(qtbot, view)
    assert shown(view) == ["WARNING: it is hot", "Error: it broke"]


def test_the_log_follows_its_end_until_it_is_scrolled_up(qtbot: QtBot, state: WizardState) -> None:
    view = make(qtbot, state)
    view.add_output("train", [f"line {number}" for number in range(500)])
    settle(qtbot, view)
    bar = view.table.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(10)
    view.add_output("train", [f"more {number}" for number in range(500)])
    settle(qtbot, view)
    assert bar.value() == 10
    bar.setValue(bar.maximum())
    view.add_output("train", ["the last"] * 50)
    settle(qtbot, view)
    assert bar.value() == bar.maximum()


def test_rows_are_copied_by_key(qtbot: QtBot, state: WizardState) -> None:
    view = make(qtbot, state)
    view.add_output("train", ["one", "two", "three"])
    settle(qtbot, view)
    view.table.setFocus()
    view.table.selectRow(1)
    QTest.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "two"


def test_another_language_words_the_events_again(qtbot: QtBot, state: WizardState) -> None:
    view = make(qtbot, state)
    view.feed([Message(stage="", code="stop_requested")])
    settle(qtbot, view)
    assert shown(view) == ["Stopping: what is finished is kept."]
    state.settings = state.settings.model_copy(update={"language": "zh"})
    view.retranslate()
    assert "停止" in shown(view)[0]
    assert view.levels.itemText(0) == "全部"


def test_of_too_many_lines_the_oldest_go(qtbot: QtBot, state: WizardState) -> None:
    view = make(qtbot, state)
    view.model.append([])
    view.add_output("train", ["old"] * KEPT)
    view.add_output("train", ["new"])
    settle(qtbot, view)
    assert view.model.rowCount() == KEPT * 3 // 4 + 1
    assert view.model.text(view.model.rowCount() - 1) == "new"
