"""The lines of a run's log, as a table of time and text that is filtered a little at a time."""

import re
import time
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QColor

from core.events import Event
from gui.run_words import LogLevel, log_level, log_words
from gui.theme.style import colours
from gui.wizard.state import WizardState

KEPT = 200_000
"""Lines; of more the oldest quarter goes."""
SLICE, PAUSE_MS = 0.004, 8
"""Seconds of work, and the time until the next: in between the window is painted, and hears its user."""
STEP = 250
LEVELS: tuple[LogLevel, ...] = ("output", "info", "warning", "error")
LOUDNESS = {level: loudness for loudness, level in enumerate(LEVELS)}
_WARNING = re.compile(r"\bwarn(?:ing)?\b", re.IGNORECASE)
_ERROR = re.compile(r"\berror\b|^Traceback|\bfatal\b", re.IGNORECASE)

Index = QModelIndex | QPersistentModelIndex


def output_level(text: str) -> LogLevel:
    """How loud a line of a program's output is: it says so itself."""
    return "error" if _ERROR.search(text) else "warning" if _WARNING.search(text) else "output"


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines are shown: those as loud as ``level``, of one stage ("" for all), with a text in them."""

    level: LogLevel = "output"
    stage: str = ""
    text: str = ""


class LogModel(QAbstractTableModel):
    """Takes lines at once, and shows those that pass the filter slice by slice: the event loop is never held up.

    A line is no object of its own but a place in lists of texts, levels and stages: 100,000 objects would make the
    garbage collector stop for longer than a picture lasts.
    """

    def __init__(self, state: WizardState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._coming: deque[Event | tuple[str, list[str]]] = deque()
        self._said: list[Event | str] = []
        self._levels = bytearray()
        self._stages: list[str] = []
        self._shown: list[int] = []
        self._looked = 0
        self._filter = LogFilter()
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._work)

    @property
    def is_busy(self) -> bool:
        """Whether lines are still to be looked at."""
        return bool(self._coming) or self._looked < len(self._said)

    def append(self, events: list[Event]) -> None:
        """Add what events say; it is worded when it is shown."""
        self._coming += events
        self._timer.start()

    def append_output(self, stage: str, texts: list[str]) -> None:
        """Add lines of a program; how loud each is, is found out when there is time."""
        self._coming.append((stage, texts))
        self._timer.start()

    def clear(self) -> None:
        """Forget all lines."""
        self._coming.clear()
        self._said, self._levels, self._stages = [], bytearray(), []
        self._again()

    def show_only(self, wanted: LogFilter) -> None:
        """Filter."""
        if wanted != self._filter:
            self._filter = wanted
            self._again()

    def text(self, row: int) -> str:
        """What a row says."""
        return self._text(self._shown[row])

    def level(self, row: int) -> LogLevel:
        """How loud a row is."""
        return LEVELS[self._levels[self._shown[row]]]

    def time(self, row: int) -> str:
        """When it was said; a program's own line has no time."""
        said = self._said[self._shown[row]]
        return "" if isinstance(said, str) else time.strftime("%H:%M:%S", time.localtime(said.time))

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
        """Take and look at as many lines as fit into a slice, and show those that pass."""
        end, found = time.perf_counter() + SLICE, list[int]()
        while self.is_busy and time.perf_counter() < end:
            if self._looked == len(self._said):
                self._take()
            upto = min(self._looked + STEP, len(self._said))
            found += [number for number in range(self._looked, upto) if self._passes(number)]
            self._looked = upto
        if found:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(found) - 1)
            self._shown += found
            self.endInsertRows()
        if len(self._said) > KEPT:
            for column in (self._said, self._levels, self._stages):
                del column[: KEPT // 4]
            self._again()
        if not self.is_busy:
            self._timer.stop()

    def _take(self) -> None:
        """Take some of the lines that have come."""
        for _ in range(STEP):
            if not self._coming:
                return
            coming = self._coming.popleft()
            if not isinstance(coming, tuple):
                self._add(coming, log_level(coming), getattr(coming, "stage", ""))
                continue
            stage, texts = coming
            for text in texts[:STEP]:
                self._add(text, output_level(text), stage)
            if len(texts) > STEP:
                self._coming.appendleft((stage, texts[STEP:]))
            return

    def _add(self, said: Event | str, level: LogLevel, stage: str) -> None:
        self._said.append(said)
        self._levels.append(LOUDNESS[level])
        self._stages.append(stage)

    def _text(self, number: int) -> str:
        said = self._said[number]
        return said if isinstance(said, str) else log_words(said, self._state)

    def _passes(self, number: int) -> bool:
        wanted = self._filter
        if self._levels[number] < LOUDNESS[wanted.level] or (wanted.stage and self._stages[number] != wanted.stage):
            return False
        return not wanted.text or wanted.text.casefold() in self._text(number).casefold()
