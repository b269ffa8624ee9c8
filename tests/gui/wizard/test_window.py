"""The frame: steps, buttons, language, help; with real clicks."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from core.config.settings import load_settings
from core.pipeline import journal
from gui.theme.style import NO_HELP_BELOW, SMALLEST
from gui.wizard.flow import STEPS
from gui.wizard.state import WizardState, new_project
from gui.wizard.window import Window
from tests.gui.conftest import settled

LEFT = Qt.MouseButton.LeftButton


def test_opens_on_start(window: Window) -> None:
    assert window.flow.current == "start"
    assert window.footer.primary_button.text() == "New project"
    assert not window.footer.back_button.isVisible()
    assert [step for step in STEPS if window.sidebar.steps[step].mark == "now"] == ["start"]


def test_language_changes_at_once(qtbot: QtBot, window: Window) -> None:
    chinese = next(made for made in window.sidebar._languages.buttons() if made.text() == "中文")
    QTest.mouseClick(chinese, LEFT)
    assert window.state.language == "zh"
    assert window.footer.primary_button.text() != "New project"
    shown = [label.text() for label in window.page.findChildren(QLabel) if label.isVisibleTo(window)]
    assert shown
    assert not any(text.isascii() for text in shown if text)
    settled(qtbot, window)


def test_steps_that_are_not_sound_hold_the_later_ones(window: Window) -> None:
    assert not window.sidebar.steps["training"].isEnabled()
    window.open_step("training")
    assert window.flow.current == "start"


def test_help_folds_away_in_a_narrow_window(window: Window, qapp: QApplication) -> None:
    assert window.help.isVisible()
    window.resize(NO_HELP_BELOW - 1, 768)
    qapp.processEvents()
    assert not window.help.isVisible()
    window.resize(1, 1)
    qapp.processEvents()
    assert (window.width(), window.height()) == SMALLEST


def test_closing_asks_for_what_is_not_saved(window: Window) -> None:
    window.state.change(ollama={"name": "it"})
    assert window.windowTitle().endswith("* — Tunesmith")
    saved: list[bool] = []
    window._saved_or_dropped = lambda: bool(saved)  # type: ignore[method-assign]
    assert not window.close()
    saved.append(True)
    assert window.close()


def test_the_run_of_an_opened_project_can_be_looked_at(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    file = window.state.save(tmp_path / "it.tunesmith")
    settled(qtbot, window)
    assert not window.sidebar.steps["run"].isEnabled()
    run = tmp_path / "it.runs" / "20260101-000000-000-abcd"
    run.mkdir(parents=True)
    (run / journal.EVENTS).touch()
    window.state.begin(new_project())
    window.state.open(file)
    settled(qtbot, window)
    assert window.sidebar.steps["run"].isEnabled()
    assert not window.sidebar.steps["training"].isEnabled()  # a run that was is no reason to think that all is sound


def test_texts_of_a_second_start_are_in_the_language_that_was_chosen(state: WizardState) -> None:
    state.change_settings(language="zh")
    assert WizardState(load_settings()).language == "zh"


def test_a_look_that_fails_says_why(qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> None:
        raise OSError(5, "Input/output error", "E:/")

    monkeypatch.setattr("gui.wizard.look.check", gone)
    window.open_step("environment")
    window.state.change(ollama={"name": "it"})
    settled(qtbot, window)
    assert "Input/output error" in window.footer.reason.text()
    assert not window.footer.primary_button.isEnabled()
