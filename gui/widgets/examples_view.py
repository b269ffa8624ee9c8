"""Questions with the expected answer, and what the model said before and after."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from core.messages import N_
from gui.run_folder import Example
from gui.theme.style import SPACE
from gui.wizard.state import WizardState

HEADS = (N_("Question"), N_("Expected"), N_("Before"), N_("After"))
UNKNOWN = "–"


class Roomy(QStyledItemDelegate):
    """Leaves some room between the rows."""

    def sizeHint(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The text's height and a bit."""
        return super().sizeHint(option, index) + QSize(0, 2 * SPACE)


class ExamplesView(QTableWidget):
    """A table that is read, with rows as high as their answers."""

    def __init__(self, state: WizardState, parent: QWidget | None = None) -> None:
        super().__init__(0, len(HEADS), parent)
        self._state = state
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setItemDelegate(Roomy(self))
        self.setStyleSheet("QTableWidget::item { padding: 0; }")  # the height of wrapped text is measured without it
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that is on now."""
        self.setHorizontalHeaderLabels([self._state.say(text) for text in HEADS])
        self.setAccessibleName(self._state.say(N_("Examples")))

    def show_examples(self, examples: tuple[Example, ...]) -> None:
        """Show these."""
        self.setRowCount(len(examples))
        for row, found in enumerate(examples):
            for column, text in enumerate((found.question, found.expected, found.before, found.after)):
                item = QTableWidgetItem(text or UNKNOWN)
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
                self.setItem(row, column, item)
