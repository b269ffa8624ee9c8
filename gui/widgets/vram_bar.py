"""The memory that a training will need beside what the card has, by what takes it."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from core.messages import N_
from core.models.forecast import VramForecast
from gui.theme.style import SPACE, colours
from gui.widgets.parts import row, set_role, text
from gui.wizard.state import WizardState

GIB = 2**30
PARTS = (N_("model"), N_("LoRA and optimizer"), N_("activations"), N_("driver"))


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the bar, in bytes, and its colour."""

    name: str
    size: int
    colour: str


def shares(forecast: VramForecast) -> tuple[Share, ...]:
    """The forecast in four parts."""
    colour = colours()
    sizes = (forecast.weights, forecast.adapter, forecast.activations + forecast.logits, forecast.context)
    hues = (colour.plots[0], colour.plots[2], colour.plots[1], colour.muted)
    return tuple(Share(*part) for part in zip(PARTS, sizes, hues, strict=True))


class Bar(QWidget):
    """Coloured parts of a whole; what is more than the whole is drawn in the colour of an error."""

    def __init__(self, height: int = 10) -> None:
        super().__init__()
        self._shares: tuple[Share, ...] = ()
        self._whole = 1
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, parts: tuple[Share, ...], whole: int) -> None:
        """What to draw."""
        self._shares, self._whole = parts, max(whole, 1)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's own
        """Qt's question."""
        return QSize(240, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's own
        """Draw the parts from left to right, inside round ends."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, path = QRectF(self.rect()), QPainterPath()
        path.addRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setClipPath(path)
        painter.fillRect(area, QColor(colours().line))
        full, left = max(self._whole, sum(part.size for part in self._shares)), 0.0
        for part in self._shares:
            width = area.width() * part.size / full
            painter.fillRect(QRectF(left, 0, width, area.height()), QColor(part.colour))
            left += width + 1
        if full > self._whole:  # where the card ends
            edge = area.width() * self._whole / full
            painter.fillRect(QRectF(edge, 0, 2, area.height()), QColor(colours().error))


class _Dot(QWidget):
    """The colour of a part, in the legend."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = colour
        self.setFixedSize(8, 8)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's own
        """A small square."""
        QPainter(self).fillRect(self.rect(), QColor(self._colour))


class VramBar(QWidget):
    """Caption, bar and legend."""

    def __init__(self, state: WizardState) -> None:
        super().__init__()
        self._state = state
        self.caption, self._bar = text("", "note", wrap=True), Bar()
        self._legend = row(space=2 * SPACE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.caption)
        layout.addWidget(self._bar)
        layout.addLayout(self._legend)

    def show_forecast(self, forecast: VramForecast | None, memory: int, *, fits: bool, is_gpu: bool = True) -> None:
        """Show a forecast beside the memory that is there; None where the model is not known yet."""
        parts = shares(forecast) if forecast is not None else ()
        self._bar.show_shares(parts, memory)
        self._bar.setVisible(bool(parts))
        while (item := self._legend.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for part in parts:
            entry = QWidget()
            entry.setLayout(row(_Dot(part.colour), text(f"{self._state.say(part.name)} {_gb(part.size)}", "note")))
            self._legend.addWidget(entry)
        self._legend.addStretch(1)
        self.caption.setText(self._caption(forecast, memory, fits=fits, is_gpu=is_gpu))
        set_role(self.caption, "note" if fits or forecast is None else "error")

    def _caption(self, forecast: VramForecast | None, memory: int, *, fits: bool, is_gpu: bool) -> str:
        say = self._state.say
        if forecast is None:
            return say(N_("The memory that training needs is shown once the model is on this computer."))
        values = {"needed": _gb(forecast.total), "there": _gb(memory), "spare": _gb(max(memory - forecast.total, 0))}
        if fits and is_gpu:
            return say(N_("GPU memory: {needed} of {there} GB — fits, {spare} GB to spare"), **values)
        if fits:
            return say(N_("Memory: {needed} of {there} GB — fits, {spare} GB to spare"), **values)
        return say(N_("Memory: {needed} GB needed, {there} GB there — does not fit"), **values)


def _gb(size: int) -> str:
    return f"{size / GIB:.1f}"
