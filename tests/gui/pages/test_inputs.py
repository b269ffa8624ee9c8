"""Model, data and training: what is dropped, typed and clicked reaches the project, and what is seen is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from gui.pages.base import Page
from gui.pages.dataset import DatasetPage
from gui.pages.model import ModelPage
from gui.pages.training import TrainingPage
from gui.wizard.window import Window
from tests.gui.conftest import WAIT_MS, press, settled

Go = Callable[[str], None]


def drop(page: ModelPage | DatasetPage, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    button, key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    page.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, button, key))


def shown(page: Page) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel) if label.isVisible() and label.text()]


@pytest.fixture
def ready(qtbot: QtBot, window: Window, model_folder: Path, rows_file: Path) -> Window:
    window.state.change(model={"model": str(model_folder)}, dataset={"files": [str(rows_file)]})
    settled(qtbot, window)
    return window


def test_a_dropped_model_is_read_and_shown(qtbot: QtBot, window: Window, go_to: Go, model_folder: Path) -> None:
    go_to("model")
    assert not window.footer.primary_button.isEnabled()
    assert window.footer.reason.text()
    assert isinstance(window.page, ModelPage)
    drop(window.page, model_folder / "config.json")  # a file of it means its folder
    settled(qtbot, window)
    words = shown(window.page)
    assert "ChatML" in words
    assert words.count("✓ yes") == 3
    assert any("fits" in word for word in words)
    assert window.footer.primary_button.isEnabled()


def test_a_folder_without_a_model_is_refused_with_its_cure(
    qtbot: QtBot, window: Window, go_to: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to("model")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    press(window, "Choose a folder…")
    settled(qtbot, window)
    assert [problem.code for problem in window.page.problems()] == ["model_no_config"]
    assert not window.footer.primary_button.isEnabled()
    assert not window.sidebar.steps["dataset"].isEnabled()


def test_rows_are_dropped_counted_and_previewed(
    qtbot: QtBot, window: Window, go_to: Go, model_folder: Path, rows_file: Path
) -> None:
    window.state.change(model={"model": str(model_folder)})
    go_to("dataset")
    page = window.page
    assert isinstance(page, DatasetPage)
    drop(page, rows_file)
    settled(qtbot, window)
    assert window.state.project.dataset.files == (str(rows_file),)
    assert "3 rows can be used." in shown(page)
    qtbot.waitUntil(lambda: page._rows.rowCount() == 3, timeout=WAIT_MS)
    cells = [page._rows.item(0, column) for column in (0, 1)]
    assert [cell.text() for cell in cells if cell is not None] == ["问 0?", "答 0"]
    press(window, "Remove")
    assert not window.state.project.dataset.files


def test_a_hub_dataset_is_typed(ready: Window, go_to: Go, qtbot: QtBot) -> None:
    go_to("dataset")
    page = ready.page
    assert isinstance(page, DatasetPage)
    QTest.keyClicks(page.hub_id, "hf::owner/rows#500")
    QTest.keyClick(page.hub_id, Qt.Key.Key_Return)
    assert ready.state.project.dataset.files[-1] == "hf::owner/rows#500"
    settled(qtbot, ready)


def test_bad_rows_are_named(qtbot: QtBot, ready: Window, go_to: Go, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"query": "a", "response": "b"}\n{"query": "a", "response": ""}\n', encoding="utf-8")
    go_to("dataset")
    ready.state.change(dataset={"files": [str(file)]})
    settled(qtbot, ready)
    assert any("bad.jsonl" in words and "2" in words for words in shown(ready.page))
    assert not ready.footer.primary_button.isEnabled()


def test_its_own_name_wants_all_names(qtbot: QtBot, ready: Window, go_to: Go) -> None:
    go_to("dataset")
    press(ready, "Teach it its own name and author")
    settled(qtbot, ready)
    assert ready.state.project.self_cognition.samples == 3000
    assert len(ready.page.problems()) == 4
    press(ready, "Teach it its own name and author")
    assert ready.state.project.self_cognition.samples == 0
    settled(qtbot, ready)
    assert ready.page.problems() == []


def test_data_may_go_straight_to_review(ready: Window, go_to: Go) -> None:
    go_to("dataset")
    assert ready.footer.primary_button.text() == "Next: Review"
    press(ready, "Next: Training")
    assert ready.flow.current == "training"


def test_presets_set_the_settings_behind_them(ready: Window, go_to: Go, qtbot: QtBot) -> None:
    go_to("training")
    page = ready.page
    assert isinstance(page, TrainingPage)
    assert [name for name, card in page._cards.items() if card.isChecked()] == ["balanced"]
    press(ready, "Best quality")
    assert ready.state.project.lora.lora_rank == 64
    settled(qtbot, ready)
    assert ready.state.preset == "best"


def test_a_setting_changed_by_hand_ends_the_preset(ready: Window, go_to: Go, qtbot: QtBot) -> None:
    go_to("training")
    page = ready.page
    assert isinstance(page, TrainingPage)
    editor = page.field("training.per_device_train_batch_size").editor
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "2")
    settled(qtbot, ready)
    assert ready.state.preset == ""
    assert ready.state.project.training.per_device_train_batch_size == 2
    assert not any(card.isChecked() for card in page._cards.values())


def test_advanced_settings_are_found_by_search(ready: Window, go_to: Go) -> None:
    go_to("training")
    page = ready.page
    assert isinstance(page, TrainingPage)
    QTest.mouseClick(page.advanced_button, Qt.MouseButton.LeftButton)
    search = next(found for found in page.findChildren(QLineEdit) if found.placeholderText() == "Search settings")
    QTest.keyClicks(search, "warmup_ratio")
    visible = [key for key, field in page._all.fields.items() if not field.isHidden()]
    assert visible == ["training.warmup_ratio"]


def test_an_early_change_asks_to_look_again(ready: Window, go_to: Go, tmp_path: Path, qtbot: QtBot) -> None:
    go_to("training")
    go_to("model")
    ready.state.change(model={"torch_dtype": "float32"})
    settled(qtbot, ready)
    assert ready.sidebar.steps["training"].mark == "again"
    assert ready.sidebar.steps["training"].accessibleDescription() == "look again"
