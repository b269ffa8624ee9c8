"""The small parts of every page: a text, a button, a line, and how a layout is emptied."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.theme.style import SPACE

Role = Literal[
    "", "title", "heading", "figure", "muted", "note", "good", "warning", "error", "accent", "fixed"
]  # the style sheet's
Kind = Literal["", "primary", "danger", "quiet", "choice", "language", "card"]


def text(words: str, role: Role = "", *, wrap: bool = False, selectable: bool = False) -> QLabel:
    """A text in one of the style sheet's roles."""
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    set_role(label, role)
    return label


def set_role(widget: QWidget, role: Role) -> None:
    """Give a widget another role, and its look at once."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def button(words: str, pressed: Callable[[], object] | None = None, kind: Kind = "") -> QPushButton:
    """A button of one of the style sheet's kinds; ``pressed`` is a slot."""
    made = QPushButton(words)
    made.setProperty("kind", kind)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setAccessibleName(words)
    if pressed is not None:
        made.clicked.connect(pressed)
    return made


def line() -> QFrame:
    """One thin line."""
    made = QFrame()
    made.setProperty("role", "line")
    made.setFixedHeight(1)
    return made


def row(*widgets: QWidget | None, space: int = SPACE) -> QHBoxLayout:
    """Widgets side by side; None is where the room goes."""
    layout = QHBoxLayout()
    _fill(layout, widgets, space)
    return layout


def column(*widgets: QWidget | None, space: int = SPACE) -> QVBoxLayout:
    """Widgets one below the other; None is where the room goes."""
    layout = QVBoxLayout()
    _fill(layout, widgets, space)
    return layout


def _fill(layout: QBoxLayout, widgets: tuple[QWidget | None, ...], space: int) -> None:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(space)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)


class Card(QPushButton):
    """A large button with a title and what it leads to."""

    def __init__(self, title: str, note: str, pressed: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(pressed)
        heading, self._note = text(title, "heading", wrap=True), text("", "note", wrap=True)
        for label in (heading, self._note):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = column(heading, self._note, None, space=4)
        layout.setContentsMargins(12, 12, 12, 12)
        self.setLayout(layout)
        self.show_note(note)

    def show_note(self, note: str) -> None:
        """What the card leads to, or why it cannot be taken."""
        self._note.setText(note)
        self.setAccessibleDescription(note)
