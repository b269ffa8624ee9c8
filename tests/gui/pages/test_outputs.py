"""Environment, export, Ollama and review: what they show, what they change, and how the run begins."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from core.config.store import load
from gui.pages.base import FormPage
from gui.pages.environment import EnvironmentPage
from gui.pages.export import ExportPage
from gui.pages.review import ReviewPage
from gui.wizard.window import Window
from tests.gui.conftest import WAIT_MS, press, settled

Go = Callable[[str], None]


@pytest.fixture
def ready(qtbot: QtBot, window: Window, model_folder: Path, rows_file: Path) -> Window:
    window.state.change(model={"model": str(model_folder)}, dataset={"files": [str(rows_file)]})
    settled(qtbot, window)
    return window


@pytest.fixture
def not_started(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Runs that would have begun."""
    begun: list[object] = []
    monkeypatch.setattr("gui.pages.run.RunPage.enter", lambda page: begun.append(page.state.request))
    return begun


def shown(window: Window) -> list[str]:
    return [label.text() for label in window.page.findChildren(QLabel) if label.isVisible() and label.text()]


def test_what_is_missing_is_named_and_holds_nothing_up(qtbot: QtBot, window: Window, go_to: Go) -> None:
    go_to("environment")
    qtbot.waitUntil(lambda: "Ollama" in shown(window), timeout=WAIT_MS)
    words = shown(window)
    assert {"GPU", "RAM", "Disk", "Training runtime", "llama.cpp"} <= set(words)
    assert any("127.0.0.1:9" in word for word in words)
    assert window.footer.primary_button.isEnabled()


def test_another_work_folder_is_kept(
    qtbot: QtBot, window: Window, go_to: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to("environment")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "大 drive"))
    press(window, "Choose a folder…")
    assert window.state.settings.work_folder == tmp_path / "大 drive"
    assert str(tmp_path / "大 drive") in shown(window)
    settled(qtbot, window)


def test_the_runtime_is_installed_by_a_run_of_its_first_stage(
    qtbot: QtBot, window: Window, go_to: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def start(request: object, runs: Path) -> Path:
        asked.append(getattr(request, "until_stage", ""))
        return runs / "none"

    monkeypatch.setattr("core.pipeline.launch.start", start)
    monkeypatch.setattr("core.pipeline.launch.watch", lambda _: iter(()))
    monkeypatch.setattr("core.pipeline.launch.status", lambda _: "done")
    go_to("environment")
    page = window.page
    assert isinstance(page, EnvironmentPage)
    qtbot.waitUntil(lambda: "Training runtime" in shown(window), timeout=WAIT_MS)
    press(window, "Install now")
    qtbot.waitUntil(lambda: "Training runtime: done" in shown(window), timeout=WAIT_MS)
    assert asked == ["install_runtime"]


def test_types_are_ticked_and_one_stays(ready: Window, go_to: Go) -> None:
    go_to("export")
    page = ready.page
    assert isinstance(page, ExportPage)
    press(ready, "Q8_0")
    wanted = [ready.state.project.export.quantizations]
    press(ready, "Q4_K_M")
    press(ready, "Q8_0")
    wanted.append(ready.state.project.export.quantizations)
    assert wanted == [("Q4_K_M", "Q8_0"), ("Q8_0",)]
    assert page.types["Q8_0"].isChecked()


def test_a_type_that_is_none_is_said_at_once(qtbot: QtBot, ready: Window, go_to: Go) -> None:
    go_to("export")
    ready.state.change(export={"quantizations": ["Q4_K_M", "Q9"]})
    settled(qtbot, ready)
    assert [problem.code for problem in ready.page.problems()] == ["quantization_unknown"]
    assert not ready.footer.primary_button.isEnabled()


def test_a_name_is_checked_as_it_is_typed(ready: Window, go_to: Go, qtbot: QtBot) -> None:
    go_to("ollama")
    page = ready.page
    assert isinstance(page, FormPage)
    editor = page.field("ollama.name").editor
    assert isinstance(editor, QLineEdit)
    QTest.keyClicks(editor, "my model")
    assert not ready.footer.primary_button.isEnabled()
    settled(qtbot, ready)
    editor.selectAll()
    QTest.keyClicks(editor, "you/my-model:q4")
    settled(qtbot, ready)
    assert ready.footer.primary_button.isEnabled()
    assert any(word.startswith("<|im_start|>system") and "你是谁？" in word for word in shown(ready))


def test_review_shows_all_and_leads_to_each_step(qtbot: QtBot, ready: Window, go_to: Go) -> None:
    go_to("review")
    qtbot.waitUntil(lambda: "Train" in shown(ready), timeout=WAIT_MS)
    words = shown(ready)
    assert any(word.endswith("rows.jsonl") for word in words)
    assert any("epochs" in word for word in words)
    assert "Quantize" in words
    press(ready, "Change: Training")
    assert ready.flow.current == "training"


def test_the_script_is_copied(qtbot: QtBot, ready: Window, go_to: Go) -> None:
    go_to("review")
    page = ready.page
    assert isinstance(page, ReviewPage)
    qtbot.waitUntil(lambda: page._planned is not None, timeout=WAIT_MS)
    press(ready, "Copy as a script")
    assert "swift" in QGuiApplication.clipboard().text()


def test_start_saves_and_hands_the_run_over(ready: Window, go_to: Go, not_started: list[object]) -> None:
    go_to("review")
    press(ready, "Start the run")
    assert ready.flow.current == "run"
    request = ready.state.request
    assert request is not None
    assert not_started == [request]
    assert request.project == ready.state.project == load(request.file)


def test_a_newcomer_starts_a_training_in_six_clicks(
    qtbot: QtBot,
    window: Window,
    model_folder: Path,
    rows_file: Path,
    not_started: list[object],
) -> None:
    clicks = 0

    def click() -> None:
        nonlocal clicks
        settled(qtbot, window)
        qtbot.waitUntil(window.footer.primary_button.isEnabled, timeout=WAIT_MS)
        QTest.mouseClick(window.footer.primary_button, Qt.MouseButton.LeftButton)
        clicks += 1

    click()  # new project
    click()  # environment
    window.page.take_folder(model_folder)  # type: ignore[attr-defined] # as a drop does
    click()
    window.page.add([str(rows_file)])  # type: ignore[attr-defined]
    click()
    assert window.flow.current == "review"
    click()
    assert window.flow.current == "run"
    assert len(not_started) == 1
    assert clicks <= 6


def test_every_page_by_keyboard_alone_has_named_controls(ready: Window, go_to: Go) -> None:
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QPlainTextEdit

    for step in ("start", "environment", "model", "dataset", "training", "export", "ollama", "review"):
        go_to(step)
        for kind in (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit):
            for found in ready.page.findChildren(kind):
                if found.isVisible() and found.focusPolicy() != Qt.FocusPolicy.NoFocus:
                    assert found.accessibleName() or getattr(found, "text", str)(), (step, found)
