"""A run's log: levels, stages, search; it follows its end until the reader scrolls up.

A table with rows of one height: laying out 100,000 rows of a QListView takes 300 ms, of a QTableView none.
"""

from PySide6.QtCore import QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QFont, QFontMetrics, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.events import Event
from core.messages import N_
from gui.run_words import LogLevel, in_log, stage_title
from gui.theme.style import FIXED, NOTE, RADIUS, SPACE, colours
from gui.widgets.log_model import LogFilter, LogModel
from gui.wizard.state import WizardState

LEVELS: tuple[tuple[LogLevel, str], ...] = (
    ("output", N_("Everything")),
    ("info", N_("Without the programs' own output")),
    ("warning", N_("Warnings and errors")),
    ("error", N_("Errors only")),
)
PAUSE_MS = 200
"""After the last key until the search begins."""


class LogView(QWidget):
    """Search and filters above, lines below."""

    def __init__(self, state: WizardState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.model = LogModel(state, self)
        self.search, self.levels, self.stages = QLineEdit(), QComboBox(), QComboBox()
        self.search.setClearButtonEnabled(True)
        for choice in (self.levels, self.stages):
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.setMinimumContentsLength(10)
        self.table = self._make_table()
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self.search, 1)
        head.addWidget(self.levels)
        head.addWidget(self.stages)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._filter)
        self.search.textChanged.connect(self._on_typed)
        self.search.returnPressed.connect(self._filter)
        self.model.rowsInserted.connect(self._on_rows)
        self._follows = True
        self.table.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.retranslate()
        self.levels.currentIndexChanged.connect(self._filter)
        self.stages.currentIndexChanged.connect(self._filter)
        self._dress()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        font = QFont()
        font.setFamilies(list(FIXED))
        font.setPixelSize(NOTE)
        table.setFont(font)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        rows, columns = table.verticalHeader(), table.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        rows.setDefaultSectionSize(QFontMetrics(font).height() + 4)
        columns.hide()
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        columns.resizeSection(0, QFontMetrics(font).horizontalAdvance("00:00:00") + 3 * SPACE)
        columns.setStretchLastSection(True)
        copy = QAction(table, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        table.addAction(copy)
        return table

    def feed(self, events: list[Event]) -> None:
        """Add what the events say."""
        self.model.append([event for event in events if in_log(event)])

    def add_output(self, stage: str, lines: list[str]) -> None:
        """Add lines of a program."""
        self.model.append_output(stage, lines)

    def set_stages(self, names: list[str]) -> None:
        """The stages that the filter offers."""
        chosen = self.stages.currentData()
        self.stages.blockSignals(True)
        self.stages.clear()
        self.stages.addItem(self._state.say(N_("All stages")), "")
        for name in names:
            self.stages.addItem(stage_title(name, self._state), name)
        self.stages.setCurrentIndex(max(0, self.stages.findData(chosen)))
        self.stages.blockSignals(False)

    def clear(self) -> None:
        """Forget all lines."""
        self._follows = True
        self.model.clear()

    def retranslate(self) -> None:
        """Say everything in the language that is on now."""
        say = self._state.say
        self.search.setPlaceholderText(say(N_("Search the log")))
        self.search.setAccessibleName(say(N_("Search the log")))
        self.levels.setAccessibleName(say(N_("Show which lines")))
        self.stages.setAccessibleName(say(N_("Show which stage")))
        self.table.setAccessibleName(say(N_("Log")))
        chosen = max(0, self.levels.currentIndex())
        self.levels.blockSignals(True)
        self.levels.clear()
        for level, text in LEVELS:
            self.levels.addItem(say(text), level)
        self.levels.setCurrentIndex(chosen)
        self.levels.blockSignals(False)
        self.set_stages([self.stages.itemData(row) for row in range(1, self.stages.count())])
        self.table.viewport().update()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Take on the other theme's colours."""
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        colour = colours()
        sheet = (
            f"QTableView {{ background: {colour.panel}; border: 1px solid {colour.line}; border-radius: {RADIUS}px;"
            f" padding: 4px; selection-background-color: {colour.accent_soft}; selection-color: {colour.text}; }}"
            f"QTableView:focus {{ border-color: {colour.accent}; }}"
        )
        if self.table.styleSheet() != sheet:
            self.table.setStyleSheet(sheet)

    @Slot()
    def _on_typed(self) -> None:
        self._pause.start()

    @Slot()
    def _filter(self) -> None:
        self._pause.stop()
        self._follows = True
        self.model.show_only(
            LogFilter(self.levels.currentData(), self.stages.currentData() or "", self.search.text().strip())
        )

    @Slot()
    def _on_rows(self) -> None:
        if self._follows:
            self.table.scrollToBottom()

    @Slot(int)
    def _on_scrolled(self, value: int) -> None:
        self._follows = value >= self.table.verticalScrollBar().maximum()

    @Slot()
    def _copy(self) -> None:
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        lines = (f"{self.model.time(row)} {self.model.text(row)}".strip() for row in rows)
        QGuiApplication.clipboard().setText("\n".join(lines))
