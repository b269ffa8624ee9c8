"""The lines of a run's log, as a table of time and text that is filtered a little at a time."""

import re
import time
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QColor

from core.events import Event
from gui.run_words import LogLevel, log_words
from gui.theme.style import colours
from gui.wizard.state import WizardState

KEPT = 200_000
"""Lines; of more the oldest quarter goes."""
SLICE = 0.008
"""Seconds of work between two looks at the event loop."""
STEP = 250
LOUDNESS: dict[LogLevel, int] = {"output": 0, "info": 1, "warning": 2, "error": 3}
_WARNING = re.compile(r"\bwarn(?:ing)?\b", re.IGNORECASE)
_ERROR = re.compile(r"\berror\b|^Traceback|\bfatal\b", re.IGNORECASE)

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: an event, worded when it is shown, or a program's own text."""

    level: LogLevel
    stage: str
    time: float
    said: Event | str


def output_line(stage: str, text: str) -> LogLine:
    """A line of a program's output; it says itself whether it is a warning."""
    level: LogLevel = "error" if _ERROR.search(text) else "warning" if _WARNING.search(text) else "output"
    return LogLine(level, stage, 0.0, text)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines are shown: those as loud as ``level``, of one stage ("" for all), with a text in them."""

    level: LogLevel = "output"
    stage: str = ""
    text: str = ""


class LogModel(QAbstractTableModel):
    """Takes lines at once, and shows those that pass the filter slice by slice: the event loop is never held up."""

    def __init__(self, state: WizardState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._lines: list[LogLine] = []
        self._shown: list[int] = []
        self._looked = 0
        self._filter = LogFilter()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._work)

    @property
    def is_busy(self) -> bool:
        """Whether lines are still to be looked at."""
        return self._looked < len(self._lines)

    def append(self, lines: list[LogLine]) -> None:
        """Add lines."""
        self._lines += lines
        if len(self._lines) > KEPT:
            del self._lines[: KEPT // 4]
            self._again()
        self._timer.start()

    def clear(self) -> None:
        """Forget all lines."""
        self._lines = []
        self._again()

    def show_only(self, wanted: LogFilter) -> None:
        """Filter."""
        if wanted != self._filter:
            self._filter = wanted
            self._again()

    def text(self, row: int) -> str:
        """What a row says."""
        said = self._lines[self._shown[row]].said
        return said if isinstance(said, str) else log_words(said, self._state)

    def level(self, row: int) -> LogLevel:
        """How loud a row is."""
        return self._lines[self._shown[row]].level

    def time(self, row: int) -> str:
        """When it was said; a program's own line has no time."""
        at = self._lines[self._shown[row]].time
        return time.strftime("%H:%M:%S", time.localtime(at)) if at else ""

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        """The lines that pass the filter."""
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 - as above
        """Time and text."""
        return 0 if parent is not None and parent.isValid() else 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text and colour of a cell."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self.time(index.row()) if index.column() == 0 else self.text(index.row())
        if role == Qt.ItemDataRole.ForegroundRole:
            colour = colours()
            if index.column() == 0:
                return QColor(colour.text)
            by_level = {"warning": colour.warning, "error": colour.error, "info": colour.text}
            return QColor(by_level.get(self.level(index.row()), colour.muted))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._state.sentence('level_' + self.level(index.row()))}: {self.text(index.row())}"
        return None

    def _again(self) -> None:
        self.beginResetModel()
        self._shown, self._looked = [], 0
        self.endResetModel()
        self._timer.start()

    @Slot()
    def _work(self) -> None:
        """Look at as many lines as fit into a slice, and show those that pass."""
        end, found = time.perf_counter() + SLICE, list[int]()
        while self._looked < len(self._lines) and time.perf_counter() < end:
            upto = min(self._looked + STEP, len(self._lines))
            found += [number for number in range(self._looked, upto) if self._passes(self._lines[number])]
            self._looked = upto
        if found:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(found) - 1)
            self._shown += found
            self.endInsertRows()
        if not self.is_busy:
            self._timer.stop()

    def _passes(self, line: LogLine) -> bool:
        wanted = self._filter
        if LOUDNESS[line.level] < LOUDNESS[wanted.level] or (wanted.stage and line.stage != wanted.stage):
            return False
        if not wanted.text:
            return True
        said = line.said if isinstance(line.said, str) else log_words(line.said, self._state)
        return wanted.text.casefold() in said.casefold()
