"""Start: three ways in, recent projects, language and look."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from core.config.project import TuneProject
from core.config.settings import load_settings
from gui.app import Appearance
from gui.pages.start import StartPage, state_of
from gui.theme.colours import DARK, LIGHT
from gui.theme.style import colours
from gui.wizard.window import Window
from tests.gui.conftest import WAIT_MS, press


def page_of(window: Window) -> StartPage:
    assert isinstance(window.page, StartPage)
    return window.page


def test_open_a_project(qtbot: QtBot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window.state.change(ollama={"name": "mine"})
    file = window.state.save(tmp_path / "项目.tunesmith")
    window.state.begin(TuneProject())
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    press(window, "Open a project…")
    assert window.state.file == file
    assert window.state.project.ollama.name == "mine"


def test_a_broken_project_is_said_here(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    file = tmp_path / "broken.tunesmith"
    file.write_text("[lora]\nlora_rank = 0\n", encoding="utf-8")
    page_of(window).open_file(file)
    assert window.flow.current == "start"
    shown = [label.text() for label in window.page.findChildren(QLabel) if label.property("role") == "error"]
    assert any("≥ 1" in words for words in shown)


def test_the_sample_is_written_and_opened(qtbot: QtBot, window: Window) -> None:
    press(window, "Try the sample")
    qtbot.waitUntil(lambda: window.state.file is not None, timeout=WAIT_MS)
    assert window.state.project.model.source == "sample"
    assert window.state.project.ollama.name == ""  # no Ollama answers here
    qtbot.waitUntil(lambda: window.state.is_checked, timeout=WAIT_MS)
    assert [problem for problem in window.state.found if problem.level == "error"] == []


def test_look_changes_at_once_and_is_kept(window: Window, qapp: QApplication) -> None:
    appearance = Appearance(qapp, window.state)
    press(window, "Dark")
    assert colours() == DARK
    assert load_settings().theme == "dark"
    press(window, "Light")
    assert colours() == LIGHT
    appearance.end()


def test_recent_projects_show_their_state(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    file = window.state.save(tmp_path / "it.tunesmith")
    window.state.begin(TuneProject())
    window.page.enter()
    qtbot.waitUntil(
        lambda: "not run yet" in [label.text() for label in window.page.findChildren(QLabel) if label.isVisible()],
        timeout=WAIT_MS,
    )
    press(window, "it")
    assert window.state.file == file


def test_state_of_a_file_that_is_gone(tmp_path: Path) -> None:
    assert state_of(tmp_path / "gone.tunesmith") == ""
