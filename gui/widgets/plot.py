"""A plot in a panel: title, choices, a menu (zoom, save as picture or table), curves that keep apart without colour."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QColor, QFont, QPen
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
)

from core.messages import N_
from gui.theme.style import NOTE, SPACE, colours
from gui.wizard.state import WizardState

REDRAW_MS = 250
"""Curves are drawn at most so often, however fast the figures come."""
ZOOM = 0.7
LINES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)


@dataclass(frozen=True, slots=True)
class Curve:
    """A named line; ``kind`` chooses colour and dashes together, ``faint`` is what lies behind a smoothed one.

    ``solid``: it is the only one, and needs no dashes.
    """

    name: str
    xs: list[float]
    ys: list[float]
    kind: int = 0
    faint: bool = False
    solid: bool = False
    marks: bool = False


class PlotCard(QFrame):
    """What all plots share. A subclass gives ``curves()`` and ``table()``, and calls ``redraw_soon()``."""

    saved = Signal(object)
    """A file was written (its path)."""
    failed = Signal(object)
    """A file could not be written (the OSError)."""

    def __init__(self, state: WizardState, parent: QFrame | None = None, axes: dict[str, object] | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._state = state
        self.note = QLabel()
        self.note.setProperty("role", "note")
        self.note.setWordWrap(True)
        self.note.hide()
        self.legend = QLabel()
        self.legend.setProperty("role", "note")
        self.legend.setFixedHeight(2 * SPACE)  # also when it is empty, so that the plot does not jump
        self.menu_button = QToolButton()
        self.menu_button.setText("⋯")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setAutoRaise(True)
        self.menu_button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.menu_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.head = QHBoxLayout()
        self.head.setSpacing(SPACE)
        box = pg.ViewBox(enableMenu=False)  # pyqtgraph's own menu speaks English only, and takes time to make
        self.view = pg.PlotWidget(axisItems=axes or {}, background=None, viewBox=box, enableMenu=False)
        self.view.hideButtons()
        self.view.setMinimumHeight(96)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.view.setStyleSheet("background: transparent; border: none;")
        self.view.getPlotItem().getViewBox().setMouseMode(pg.ViewBox.RectMode)
        self._items: list[pg.PlotDataItem] = []
        self._level: pg.InfiniteLine | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, SPACE, 12, SPACE)
        layout.setSpacing(4)
        layout.addLayout(self.head)
        layout.addWidget(self.note)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.legend)
        self._timer = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._timer.timeout.connect(self.redraw)
        self.retranslate()
        self._dress()

    def curves(self) -> list[Curve]:
        """What to draw now."""
        return []

    def table(self) -> tuple[list[str], list[list[float | str]]]:
        """The figures as a table: its head, and its rows."""
        return [], []

    def retranslate(self) -> None:
        """Say everything in the language that is on now."""
        say = self._state.say
        menu = QMenu(self)
        for text, slot in (
            (N_("Zoom in"), self.zoom_in),
            (N_("Zoom out"), self.zoom_out),
            (N_("Show all"), self.show_all),
            (N_("Save as PNG…"), self._ask_png),
            (N_("Save as CSV…"), self._ask_csv),
        ):
            action = QAction(say(text), menu)
            action.triggered.connect(slot)
            menu.addAction(action)
        old = self.menu_button.menu()
        self.menu_button.setMenu(menu)
        if old is not None:
            old.deleteLater()
        self.menu_button.setToolTip(say(N_("Zoom and save")))
        self.menu_button.setAccessibleName(say(N_("Zoom and save")))
        self.redraw_soon()

    def add_choice(self) -> QComboBox:
        """A choice in the head."""
        choice = QComboBox()
        choice.setProperty("kind", "plot")
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choice.setMinimumContentsLength(1)
        choice.setMinimumWidth(72)
        choice.setStyleSheet(f"QComboBox {{ min-height: 24px; font-size: {NOTE}px; padding: 0 4px 0 8px; }}")
        self.head.addWidget(choice, 1)
        return choice

    def finish_head(self) -> None:
        """The menu comes after the choices."""
        self.head.addWidget(self.menu_button)

    def redraw_soon(self) -> None:
        """Draw what is new with the next beat."""
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def redraw(self) -> None:
        """Draw now."""
        curves = self.curves()
        while len(self._items) > len(curves):
            self.view.removeItem(self._items.pop())
        while len(self._items) < len(curves):
            item = pg.PlotDataItem(clipToView=True, autoDownsample=True, downsampleMethod="peak", connect="finite")
            self._items.append(item)
            self.view.addItem(item)
        for item, curve in zip(self._items, curves, strict=True):
            item.setPen(_pen(curve))
            item.setSymbol("o" if curve.marks else None)
            if curve.marks:
                item.setSymbolSize(5)
                item.setSymbolBrush(_colour(curve))
                item.setSymbolPen(None)
            item.setData(curve.xs, curve.ys)
        self._show_legend([curve for curve in curves if not curve.faint])

    def _show_legend(self, curves: list[Curve]) -> None:
        signs = ("━━", "╍╍", "┅┅")
        parts = [
            f'<span style="color:{_colour(curve).name()}">{signs[curve.kind % 3]}</span> {curve.name}'
            for curve in curves
        ]
        self.legend.setText(" &nbsp; ".join(parts) if len(parts) > 1 else "")

    def set_level(self, value: float | None, text: str) -> None:
        """A dashed line at a height, with a few words; None for no line."""
        if self._level is not None:
            self.view.removeItem(self._level)
            self._level = None
        if value is not None:
            colour = QColor(colours().warning)
            self._level = pg.InfiniteLine(
                value,
                angle=0,
                pen=pg.mkPen(colour, style=Qt.PenStyle.DashLine),
                label=text,
                labelOpts={"position": 0.02, "anchors": [(0, 0), (0, 0)], "color": colour},
            )
            self.view.addItem(self._level)

    def set_ceiling(self, value: float | None) -> None:
        """Look from 0 up to a value that all stay below; None where the curves decide."""
        box = self.view.getPlotItem().getViewBox()
        if value:
            box.setYRange(0, value, padding=0.02)
        else:
            box.enableAutoRange(axis=pg.ViewBox.YAxis)

    @Slot()
    def zoom_in(self) -> None:
        """Look closer at the middle."""
        self.view.getPlotItem().getViewBox().scaleBy((ZOOM, ZOOM))

    @Slot()
    def zoom_out(self) -> None:
        """Look from further away."""
        self.view.getPlotItem().getViewBox().scaleBy((1 / ZOOM, 1 / ZOOM))

    @Slot()
    def show_all(self) -> None:
        """All of the curves, also those to come."""
        self.view.getPlotItem().enableAutoRange()

    def save_png(self, path: Path) -> None:
        """Write the plot as it is seen."""
        if not self.grab().save(str(path), "PNG"):
            self.failed.emit(OSError(0, "", str(path)))
            return
        self.saved.emit(path)

    def save_csv(self, path: Path) -> None:
        """Write all figures, also those that are not in sight."""
        head, rows = self.table()
        try:
            with path.open("w", encoding="utf-8-sig", newline="") as file:  # Excel knows UTF-8 by its mark only
                writer = csv.writer(file)
                writer.writerow(head)
                writer.writerows(rows)
        except OSError as error:
            self.failed.emit(error)
            return
        self.saved.emit(path)

    @Slot()
    def _ask_png(self) -> None:
        self._ask("png", self.save_png)

    @Slot()
    def _ask_csv(self) -> None:
        self._ask("csv", self.save_csv)

    def _ask(self, suffix: str, save: object) -> None:
        dialog = QFileDialog(self, self._state.say(N_("Save the plot")))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.setNameFilter(f"*.{suffix}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chosen = self.save_png if save == self.save_png else self.save_csv
        dialog.fileSelected.connect(lambda name: chosen(Path(name)))
        dialog.open()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Take on the other theme's colours."""
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
            self.redraw_soon()
        super().changeEvent(event)

    def _dress(self) -> None:
        item, colour, font = self.view.getPlotItem(), colours(), QFont()
        font.setPixelSize(11)
        item.showGrid(x=False, y=True, alpha=0.25)
        item.hideAxis("left")
        item.showAxis("right")
        for name in ("bottom", "right"):
            axis = item.getAxis(name)
            axis.setPen(QColor(colour.line))
            axis.setTextPen(QColor(colour.muted))
            axis.setStyle(tickFont=font, tickLength=-2)
        item.getAxis("right").setWidth(44)
        item.getViewBox().setBorder(None)


def _colour(curve: Curve) -> QColor:
    colour = QColor(colours().plots[curve.kind % 3])
    if curve.faint:
        colour.setAlphaF(0.45)
    return colour


def _pen(curve: Curve) -> QPen:
    pen: QPen = pg.mkPen(
        _colour(curve), width=1 if curve.faint else 2, style=LINES[0 if curve.solid else curve.kind % 3]
    )
    return pen
