"""The stages of a run: a mark for each state, a note, and a bar for the one that works."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from gui.run_state import RunState, StageRow
from gui.run_words import stage_note, stage_title
from gui.theme.style import colours
from gui.wizard.state import WizardState

MARK = 16
SIGNS = {"done": "✓", "up_to_date": "✓", "failed": "!", "stopped": "–", "interrupted": "–"}
"""A state is told by its sign as well, for eyes that do not see the hue."""


class Mark(QWidget):
    """A disc: empty, a ring, or full with a sign."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(MARK, MARK)
        self.state = "waiting"

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it."""
        colour, painter = colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.state == "waiting":
            painter.setPen(QPen(QColor(colour.muted), 1.2))
            painter.drawEllipse(QRectF(1, 1, MARK - 2, MARK - 2))
        elif self.state == "running":
            painter.setPen(QPen(QColor(colour.accent), 5))
            painter.drawEllipse(QRectF(2.5, 2.5, MARK - 5, MARK - 5))
        else:
            full = {"failed": colour.error, "stopped": colour.warning, "interrupted": colour.warning}
            painter.setBrush(QColor(full.get(self.state, colour.good)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QRectF(0, 0, MARK, MARK))
            painter.setPen(QColor(colour.panel))
            font = painter.font()
            font.setPixelSize(10)
            font.setBold(True)
            painter.setFont(font)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, SIGNS.get(self.state, ""))
        painter.end()


class StageItem(QWidget):
    """One stage."""

    def __init__(self, row: StageRow, state: WizardState) -> None:
        super().__init__()
        self._state = state
        self.mark, self.name, self.note, self.bar = Mark(), QLabel(), QLabel(), QProgressBar()
        self.note.setProperty("role", "note")
        self.note.setWordWrap(True)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self.note)
        words.addWidget(self.bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 6)
        layout.setSpacing(10)
        layout.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        self.update_from(row)

    def update_from(self, row: StageRow) -> None:
        """Show how the stage is now."""
        if self.mark.state != row.state:
            self.mark.state = row.state
            self.mark.update()
        title, note = stage_title(row.name, self._state), stage_note(row, self._state)
        self.name.setText(title)
        self.name.setEnabled(row.state != "waiting")
        role = "error" if row.state == "failed" else "note"
        if self.note.property("role") != role:
            self.note.setProperty("role", role)
            self.note.style().polish(self.note)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.bar.setVisible(row.state == "running")
        fraction = row.fraction
        self.bar.setRange(0, 0 if fraction is None else 1000)
        self.bar.setValue(round(1000 * (fraction or 0.0)))
        self.setAccessibleName(f"{title}: {note or self._state.sentence(f'state_{row.state}')}")


class StageList(QWidget):
    """All stages of a run, in order."""

    def __init__(self, state: WizardState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._items: dict[str, StageItem] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addStretch(1)

    def show_run(self, run: RunState) -> None:
        """Show how the stages are now."""
        for name in [name for name in self._items if name not in run.stages]:
            item = self._items.pop(name)
            item.setParent(None)
            item.deleteLater()
        for place, row in enumerate(run.stages.values()):
            if row.name in self._items:
                self._items[row.name].update_from(row)
            else:
                self._items[row.name] = StageItem(row, self._state)
                self._layout.insertWidget(place, self._items[row.name])

    def item(self, stage: str) -> StageItem:
        """The row of a stage."""
        return self._items[stage]
