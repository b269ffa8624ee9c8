"""Forms made from TuneProject's declarations: label, help, unit, range and choices are the setting's own."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args, get_origin

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from core.config.fields import setting_info
from core.config.problem import Problem
from core.config.project import sections
from core.config.store import ProjectInvalidError
from core.messages import N_
from gui.theme.style import SPACE
from gui.widgets.parts import Role, column, row, set_role, text
from gui.wizard.state import WizardState

CHOICES = {
    "": N_("Leave alone"),
    "0": N_("Off"),
    "4": N_("4 bits"),
    "8": N_("8 bits"),
    "auto": N_("Automatic"),
    "local": N_("A folder on this computer"),
    "modelscope": "ModelScope",
    "huggingface": "Hugging Face",
    "sample": N_("Sample model"),
    "stop": N_("Stop and name them"),
    "drop": N_("Leave them out"),
    "delete": N_("Leave them out"),
    "right": N_("Cut off the end"),
    "left": N_("Cut off the beginning"),
    "cuda": N_("NVIDIA GPU"),
    "cpu": "CPU",
    "cosine": N_("Cosine"),
    "linear": N_("Linear"),
    "constant": N_("Constant"),
    "constant_with_warmup": N_("Constant after warm-up"),
    "cosine_with_restarts": N_("Cosine with restarts"),
    "polynomial": N_("Polynomial"),
    "build": N_("Build from source"),
    "prebuilt": N_("Official binaries"),
    "existing": N_("A folder of mine"),
    "ollama": N_("The one of Ollama"),
}
"""A choice in words, where its value is none; float16 and the like speak for themselves."""
LINES_HEIGHT = 72
LABEL_HEIGHT = 20


class Field(QWidget):
    """One setting: label and unit, an editor that fits its type, and a note below; what is typed is checked at once.

    ``problem`` is what is wrong with the text that stands there; the project keeps its last good value then.
    """

    changed = Signal()
    help_wanted = Signal(str, str)

    def __init__(self, state: WizardState, section: str, name: str) -> None:
        super().__init__()
        self.state, self.section, self.name = state, section, name
        self.key = f"{section}.{name}"
        self.problem: Problem | None = None
        self.hint = ""
        """What the value leads to; shown where nothing is wrong."""
        self._field = sections()[section].model_fields[name]
        info = setting_info(self._field)
        self.label, self._info = state.say(info.label), info
        self._note = text("", "note", wrap=True)
        self.editor = self._make_editor()
        self.editor.setObjectName(self.key)
        self.editor.setAccessibleName(self.label)
        self.editor.setAccessibleDescription(state.say(info.help))
        self.editor.installEventFilter(self)
        title = text("" if isinstance(self.editor, QCheckBox) else self.label)
        title.setMinimumHeight(LABEL_HEIGHT)  # Chinese is higher than Latin, and rows shall not be out of step
        head = row(title, None)
        self.title = title
        unit = text(state.say(info.unit), "note")
        unit.setVisible(bool(info.unit))
        head.addWidget(unit)
        layout = column(space=4)
        layout.addLayout(head)
        self._editors = row(self.editor)
        layout.addLayout(self._editors)
        layout.addWidget(self._note)
        layout.addStretch(1)
        self.setLayout(layout)
        self.refresh()

    @property
    def value(self) -> Any:  # noqa: ANN401 - of any setting's type
        """The project's value."""
        return getattr(getattr(self.state.project, self.section), self.name)

    def _make_editor(self) -> QWidget:
        kind = self._field.annotation
        if kind is bool:
            tick = QCheckBox(self.label)
            tick.clicked.connect(self._on_tick)
            return tick
        if get_origin(kind) is Literal:
            choice = QComboBox()
            for option in get_args(kind):
                choice.addItem(self.state.say(CHOICES.get(str(option), str(option))), option)
            choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            choice.activated.connect(self._on_choice)
            return choice
        if get_origin(kind) is tuple:
            lines = QPlainTextEdit()
            lines.setFixedHeight(LINES_HEIGHT)
            lines.setTabChangesFocus(True)
            lines.textChanged.connect(self._on_lines)
            return lines
        words = QLineEdit()
        words.textEdited.connect(self._on_text)
        words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return words

    def refresh(self) -> None:
        """Show the project's value (unless something else is being typed) and what the check found."""
        editor, value = self.editor, self.value
        if isinstance(editor, QCheckBox):
            editor.setChecked(value)
        elif isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(value))
        elif isinstance(editor, QPlainTextEdit):
            if tuple(filled(editor.toPlainText().splitlines())) != value:
                editor.blockSignals(True)
                editor.setPlainText("\n".join(value))
                editor.blockSignals(False)
        elif isinstance(editor, QLineEdit) and self.problem is None and self._read(editor.text()) != value:
            editor.setText(f"{value:g}" if isinstance(value, float) else str(value))
        self._show_note()

    def _show_note(self) -> None:
        found = [p for p in self.state.found if p.field == self.key] if self.problem is None else [self.problem]
        found.sort(key=lambda problem: problem.level != "error")
        role: Role = "note"
        words = self.hint
        if found:
            role = "error" if found[0].level == "error" else "warning"
            words = self.state.explain(found[0].code, found[0].values)
        self._note.setText(words)
        self._note.setVisible(bool(words))
        set_role(self._note, role)
        wrong = role == "error"
        if self.editor.property("wrong") != wrong:
            self.editor.setProperty("wrong", wrong)
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)

    def put_beside(self, widget: QWidget) -> None:
        """Put something at the editor's right, such as a button that fills it."""
        self._editors.addWidget(widget)

    def show_hint(self, words: str) -> None:
        """Say what the value leads to."""
        self.hint = words
        self._show_note()

    def help_text(self) -> str:
        """The setting's help, its range, and ms-swift's name."""
        parts = [self.state.say(self._info.help)]
        if limits := limits_of(self._field.metadata):
            parts.append(self.state.say(N_("Allowed: {range}"), range=limits))
        if self._info.flag:
            parts.append(self._info.flag.lstrip("-"))
        return "\n\n".join(parts)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's own
        """The help follows the focus; a wheel over a choice scrolls the page and changes nothing."""
        if event.type() == QEvent.Type.FocusIn:
            self.help_wanted.emit(self.label, self.help_text())
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QComboBox) and not watched.hasFocus():
            event.ignore()
            return True
        return False

    def _read(self, words: str) -> Any:  # noqa: ANN401 - of any setting's type
        """A text as the value it means; what is no number stays a text, and the check says so."""
        kind = self._field.annotation
        if kind in (int, float):
            try:
                return kind(words.strip())
            except ValueError:
                return words
        return words

    def _take(self, value: Any) -> None:  # noqa: ANN401 - of any setting's type
        self.problem = None
        try:
            self.state.change(**{self.section: {self.name: value}})
        except ProjectInvalidError as error:
            self.problem = error.problems[0]
        self._show_note()
        self.changed.emit()

    @Slot(bool)
    def _on_tick(self, ticked: bool) -> None:
        self._take(ticked)

    @Slot(int)
    def _on_choice(self, place: int) -> None:
        editor = self.editor
        if isinstance(editor, QComboBox):
            self._take(editor.itemData(place))

    @Slot(str)
    def _on_text(self, words: str) -> None:
        self._take(self._read(words))

    @Slot()
    def _on_lines(self) -> None:
        editor = self.editor
        if isinstance(editor, QPlainTextEdit):
            self._take(filled(editor.toPlainText().splitlines()))


class Form(QWidget):
    """Settings side by side, ``columns`` in a row."""

    changed = Signal()
    help_wanted = Signal(str, str)

    def __init__(self, state: WizardState, keys: Iterable[str], columns: int = 2) -> None:
        super().__init__()
        self.fields = {key: Field(state, *key.split(".")) for key in keys}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(3 * SPACE)
        grid.setVerticalSpacing(2 * SPACE)
        for place, field in enumerate(self.fields.values()):
            grid.addWidget(field, place // columns, place % columns)
            field.changed.connect(self.changed)
            field.help_wanted.connect(self.help_wanted)
        for place in range(columns):
            grid.setColumnStretch(place, 1)
        if all(isinstance(field.editor, QCheckBox) for field in self.fields.values()):
            for field in self.fields.values():  # a row of ticks alone needs no room for labels
                field.title.hide()

    def refresh(self) -> None:
        """Show the project as it is now."""
        for field in self.fields.values():
            field.refresh()

    def problems(self) -> list[Problem]:
        """What is wrong with what is typed here."""
        return [field.problem for field in self.fields.values() if field.problem is not None]


def filled(lines: Sequence[str]) -> list[str]:
    """The lines that hold something."""
    return [line.strip() for line in lines if line.strip()]


def limits_of(metadata: Sequence[object]) -> str:
    """The range that a setting declares, in signs."""
    signs = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"), ("min_length", "≥"))
    found = [f"{sign} {getattr(limit, name):,}" for limit in metadata for name, sign in signs if hasattr(limit, name)]
    return ", ".join(found)
