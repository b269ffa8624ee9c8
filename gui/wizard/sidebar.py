"""The column at the left: the ten steps with their marks, the GPU and its memory, and the language."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from core.messages import N_, Language
from core.workers.gpu_monitor_worker import MachineSample
from gui.theme.style import RADIUS, SIDEBAR, SPACE, colours
from gui.widgets.parts import button, row, set_role, text
from gui.wizard.flow import STEPS, Mark
from gui.wizard.state import WizardState

GIB = 2**30
NAMES = {
    "start": N_("Start"),
    "environment": N_("Environment"),
    "model": N_("Model"),
    "dataset": N_("Data"),
    "training": N_("Training"),
    "export": N_("Export"),
    "ollama": N_("Ollama"),
    "review": N_("Review"),
    "run": N_("Run"),
    "result": N_("Result"),
}
LANGUAGES: dict[Language, str] = {"zh": "中文", "en": "English"}
"""Each in its own words."""
MARKS: dict[Mark, str] = {
    "now": N_("open now"),
    "wrong": N_("something is wrong"),
    "again": N_("look again"),
    "done": N_("done"),
    "open": N_("to do"),
}


class StepButton(QAbstractButton):
    """A step: a round mark (tick, ring, exclamation mark) and its name."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step
        self.mark: Mark = "open"
        self.setFixedHeight(36)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's own
        """Qt's question; the width is the column's."""
        return QSize(SIDEBAR - 3 * SPACE, 36)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's own
        """Draw background, mark and name."""
        colour, now = colours(), self.mark == "now"
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hovered = self.underMouse() and self.isEnabled() and not now
        if now or hovered or self.hasFocus():
            painter.setPen(QColor(colour.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour.panel if now else colour.line if hovered else colour.sidebar))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        _draw_mark(painter, self.mark, QRectF(12, 9, 18, 18))
        font = self.font()
        font.setWeight(font.Weight.DemiBold if now else font.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(colour.muted if self.mark == "open" else colour.text))
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(self.rect().adjusted(40, 0, -SPACE, 0), align, self.text())


def _draw_mark(painter: QPainter, mark: Mark, place: QRectF) -> None:
    """Shapes, not only colours, tell the marks apart."""
    colour = colours()
    inner = place.adjusted(1, 1, -1, -1)
    if mark in ("now", "open"):
        width = 5.0 if mark == "now" else 1.5
        ring = QColor(colour.accent if mark == "now" else colour.muted)
        ring.setAlphaF(1.0 if mark == "now" else 0.5)
        painter.setPen(QPen(ring, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(inner.adjusted(width / 2 - 1, width / 2 - 1, 1 - width / 2, 1 - width / 2))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor({"done": colour.good, "again": colour.warning}.get(mark, colour.error)))
    painter.drawEllipse(inner)
    painter.setPen(QPen(QColor(colour.sidebar), 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    x, y = place.center().x(), place.center().y()
    if mark == "done":
        painter.drawLine(int(x - 4), int(y), int(x - 1), int(y + 3))
        painter.drawLine(int(x - 1), int(y + 3), int(x + 4), int(y - 3))
    else:
        painter.drawLine(int(x), int(y - 5), int(x), int(y + 1))
        painter.drawPoint(int(x), int(y + 5))


class _Mark(QWidget):
    """The program's mark."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(18, 18)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's own
        """A rounded square."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().accent))
        painter.drawRoundedRect(QRectF(self.rect()), 5, 5)


class Sidebar(QWidget):
    """``step_chosen`` and ``language_chosen`` carry what was clicked."""

    step_chosen = Signal(str)
    language_chosen = Signal(str)

    def __init__(self, state: WizardState) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(SIDEBAR)
        self._state = state
        self._gpu = ("", 0)
        self.steps = {step: StepButton(step) for step in STEPS}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 20, 12, 12)
        layout.setSpacing(0)
        brand = row(_Mark(), text("Tunesmith", "heading"), None)
        brand.setContentsMargins(12, 0, 0, 20)
        layout.addLayout(brand)
        for made in self.steps.values():
            made.clicked.connect(self._on_step)
            layout.addWidget(made)
        layout.addStretch(1)
        layout.addWidget(self._chip())
        layout.addSpacing(SPACE)
        layout.addLayout(row(*self._language_buttons(), None))

    def _chip(self) -> QFrame:
        """The card and its memory, always in sight."""
        chip = QFrame()
        chip.setProperty("role", "panel")
        self._device, self._memory, self._bar = text("", "note"), text("", "note"), QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMaximum(1000)
        layout = QVBoxLayout(chip)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(4)
        layout.addLayout(row(self._device, None, self._memory))
        layout.addWidget(self._bar)
        return chip

    def _language_buttons(self) -> list[QWidget]:
        self._languages = QButtonGroup(self)
        made: list[QWidget] = []
        for name, words in LANGUAGES.items():
            choice = button(words, None, "language")
            choice.setCheckable(True)
            choice.setProperty("language", name)
            choice.clicked.connect(self._on_language)
            self._languages.addButton(choice)
            made.append(choice)
        return made

    def show_marks(self, marks: Mapping[str, Mark], may_open: Mapping[str, bool]) -> None:
        """How each step is, and whether it can be gone to."""
        for step, made in self.steps.items():
            made.mark = marks[step]
            made.setEnabled(may_open[step])
            made.setAccessibleDescription(self._state.say(MARKS[made.mark]))
            made.setToolTip(self._state.say(MARKS["again"]) if made.mark == "again" else "")
            made.update()

    def retranslate(self) -> None:
        """Say everything in the language that is on now."""
        for step, made in self.steps.items():
            made.setText(self._state.say(NAMES[step]))
            made.setAccessibleName(made.text())
        for choice in self._languages.buttons():
            choice.setChecked(choice.property("language") == self._state.language)

    def show_card(self, name: str, total_bytes: int) -> None:
        """Which card the samples are of; "" for none: the main memory is shown then."""
        self._gpu = (name.removeprefix("NVIDIA ").removeprefix("GeForce "), total_bytes)

    @Slot(object)
    def show_sample(self, sample: MachineSample) -> None:
        """The memory now."""
        name, total = self._gpu
        used = next((card.used_bytes for card in sample.gpus), None)
        if not name or used is None or not total:
            name, used, total = self._state.say(N_("CPU only")), sample.ram_used, sample.ram_total
        self._device.setText(name)
        self._memory.setText(f"{used / GIB:.1f} / {total / GIB:.0f} GB")
        self._bar.setValue(round(1000 * used / total))
        set_role(self._memory, "warning" if used > 0.95 * total else "note")

    @Slot()
    def _on_step(self) -> None:
        made = self.sender()
        if isinstance(made, StepButton):
            self.step_chosen.emit(made.step)

    @Slot()
    def _on_language(self) -> None:
        made = self.sender()
        if made is not None:
            self.language_chosen.emit(made.property("language"))
