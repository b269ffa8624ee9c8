"""The column at the page's right: what the field with the focus means."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.theme.style import HELP, MARGIN, SPACE
from gui.widgets.parts import text


def _is_name(words: str) -> bool:
    """Whether a paragraph is the name of a setting and no sentence; Chinese has no spaces to tell by."""
    return words.isascii() and " " not in words


class HelpColumn(QWidget):
    """Title and text; a last paragraph of one word (ms-swift's name of a setting) stands out."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("help")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(HELP)
        self._title = text("", "heading", wrap=True)
        self._text = text("", "muted", wrap=True)
        self._name = text("", "accent", wrap=True, selectable=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN - SPACE, 0, 0, 0)
        layout.setSpacing(SPACE)
        for label in (self._title, self._text, self._name):
            layout.addWidget(label)
        layout.addStretch(1)

    @Slot(str, str)
    def show_text(self, title: str, words: str) -> None:
        """Show the help of a field or a page."""
        paragraphs = words.split("\n\n")
        name = paragraphs.pop() if len(paragraphs) > 1 and _is_name(paragraphs[-1]) else ""
        self._title.setText(title)
        self._text.setText("\n\n".join(paragraphs))
        self._name.setText(name)
