"""Fields made from the settings' declarations: editors, live validation, help; with real keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from core.config.project import settings
from core.messages import languages
from gui.widgets.fields import Field, Form
from gui.wizard.state import WizardState

ALL = [f"{section}.{name}" for section, name, _, _ in settings()]


@pytest.fixture
def form(qtbot: QtBot, state: WizardState) -> Form:
    made = Form(state, ALL)
    qtbot.addWidget(made)
    made.show()
    return made


def retype(field: Field, words: str) -> None:
    editor = field.editor
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, words)


def notes(field: Field, role: str) -> list[str]:
    return [label.text() for label in field.findChildren(QLabel) if label.property("role") == role and label.text()]


def test_each_setting_has_an_editor_a_name_and_help(form: Form) -> None:
    assert list(form.fields) == ALL
    for field in form.fields.values():
        assert field.editor.accessibleName()
        assert field.help_text()
        assert isinstance(field.editor, QCheckBox | QComboBox | QLineEdit | QPlainTextEdit)


def test_each_field_shows_the_project_and_changes_nothing_by_itself(form: Form, state: WizardState) -> None:
    before = state.project
    for field in form.fields.values():
        editor = field.editor
        if isinstance(editor, QComboBox):
            assert editor.currentData() == field.value
        elif isinstance(editor, QCheckBox):
            assert editor.isChecked() is field.value
        elif isinstance(editor, QPlainTextEdit):
            assert tuple(editor.toPlainText().splitlines()) == field.value
        elif isinstance(editor, QLineEdit):
            assert type(field.value)(editor.text()) == field.value
        field.refresh()
    assert state.project == before


def test_a_number_is_taken_as_it_is_typed(form: Form, state: WizardState) -> None:
    retype(form.fields["training.learning_rate"], "2e-4")
    assert state.project.training.learning_rate == 2e-4


@pytest.mark.parametrize("words", ["0", "x", "", "2000000"])
def test_what_cannot_be_is_said_at_once_and_not_taken(form: Form, state: WizardState, words: str) -> None:
    field = form.fields["lora.lora_rank"]
    editor = field.editor
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    QTest.keyClicks(editor, words)
    assert form.problems()
    assert notes(field, "error")
    assert state.project.lora.lora_rank != 0
    field.refresh()
    assert editor.text() == words  # what is being typed stays
    retype(field, "12")
    assert form.problems() == []
    assert notes(field, "error") == []
    assert state.project.lora.lora_rank == 12


def test_ticks_choices_and_lines(form: Form, state: WizardState) -> None:
    tick = form.fields["lora.use_dora"].editor
    QTest.keyClick(tick, Qt.Key.Key_Space)
    assert state.project.lora.use_dora is True
    choice = form.fields["export.outtype"].editor
    assert isinstance(choice, QComboBox)
    QTest.keyClick(choice, Qt.Key.Key_Down)
    assert state.project.export.outtype == "bf16"
    lines = form.fields["ollama.test_prompts"].editor
    assert isinstance(lines, QPlainTextEdit)
    lines.selectAll()
    QTest.keyClicks(lines, "one")
    QTest.keyClick(lines, Qt.Key.Key_Return)
    QTest.keyClicks(lines, "two")
    assert state.project.ollama.test_prompts == ("one", "two")


def test_the_focus_brings_help_with_range_and_name(qtbot: QtBot, form: Form) -> None:
    field = form.fields["training.per_device_train_batch_size"]
    form.activateWindow()
    with qtbot.waitSignal(form.help_wanted) as told:
        field.editor.setFocus()
    title, words = told.args or ("", "")
    assert title == "Batch size per device"
    assert "≥ 1, ≤ 1,024" in words
    assert words.endswith("\n\nper_device_train_batch_size")


def test_every_choice_has_words_in_both_languages(qtbot: QtBot, state: WizardState) -> None:
    shown = {}
    for language in languages():
        state.change_settings(language=language)
        made = Form(state, ALL)
        qtbot.addWidget(made)
        boxes = [field.editor for field in made.fields.values() if isinstance(field.editor, QComboBox)]
        shown[language] = [box.itemText(place) for box in boxes for place in range(box.count())]
    assert all(shown["en"])
    assert sum(en != zh for en, zh in zip(shown["en"], shown["zh"], strict=True)) >= 20
