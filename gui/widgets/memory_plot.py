"""The computer over time: memory, load, temperature and power of each GPU, main memory, disk."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame

from core.hardware.gpu import GpuSample
from core.messages import N_
from core.workers.gpu_monitor_worker import MachineSample
from gui.widgets.plot import Curve, PlotCard
from gui.wizard.state import WizardState

GIB = 2**30
KEPT = 14_400
"""Samples; of more the older half keeps every second one."""
NOTHING = float("nan")


def _largest_card(machine: MachineSample) -> float:
    return max((gpu.total_bytes or 0 for gpu in machine.gpus), default=0) / GIB


def _of(value: float | None, divisor: float = 1.0) -> float:
    return NOTHING if value is None else value / divisor


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something to look at: of each GPU, or of the computer."""

    title: str
    of_gpu: Callable[[GpuSample], float] | None = None
    of_machine: Callable[[MachineSample], float] | None = None
    ceiling: Callable[[MachineSample], float] = lambda _: 0.0
    """What it cannot exceed; 0 where there is no such thing."""

    def values(self, sample: MachineSample, card: int) -> float:
        """The value of a card, or of the computer."""
        if self.of_gpu is not None:
            return self.of_gpu(sample.gpus[card]) if card < len(sample.gpus) else NOTHING
        return self.of_machine(sample) if self.of_machine is not None else NOTHING


QUANTITIES: tuple[Quantity, ...] = (
    Quantity(N_("GPU memory (GiB)"), of_gpu=lambda gpu: _of(gpu.used_bytes, GIB), ceiling=_largest_card),
    Quantity(N_("GPU use (%)"), of_gpu=lambda gpu: _of(gpu.utilization_percent), ceiling=lambda _: 100),
    Quantity(N_("Temperature (°C)"), of_gpu=lambda gpu: _of(gpu.temperature_celsius)),
    Quantity(N_("Power (W)"), of_gpu=lambda gpu: _of(gpu.power_watts)),
    Quantity(
        N_("Main memory (GiB)"),
        of_machine=lambda machine: machine.ram_used / GIB,
        ceiling=lambda machine: machine.ram_total / GIB,
    ),
    Quantity(
        N_("Disk (GiB)"),
        of_machine=lambda machine: machine.disk_used / GIB if machine.disk_total else NOTHING,
        ceiling=lambda machine: machine.disk_total / GIB,
    ),
)
MAIN_MEMORY = 4
SPANS: tuple[tuple[float, str], ...] = (
    (600, N_("Last 10 min")),
    (3600, N_("Last hour")),
    (0, N_("All of it")),
)


class MemoryPlot(PlotCard):
    """Give it samples; without a GPU it says so, and shows the main memory."""

    def __init__(self, state: WizardState, parent: QFrame | None = None) -> None:
        self._samples: list[MachineSample] = []
        self._forecast = 0
        self._ceiling = 0.0
        super().__init__(state, parent, {"bottom": pg.DateAxisItem()})
        self.quantities, self.spans = self.add_choice(), self.add_choice()
        self.finish_head()
        self.view.getPlotItem().getViewBox().setLimits(minXRange=60)
        self._fill()
        self.quantities.currentIndexChanged.connect(self._on_quantity)
        self.spans.currentIndexChanged.connect(self.redraw)

    def add(self, sample: MachineSample) -> None:
        """One more sample."""
        if not self._samples and not sample.gpus:
            self.quantities.setCurrentIndex(MAIN_MEMORY)
        self._samples.append(sample)
        if len(self._samples) > KEPT:
            half = KEPT // 2
            self._samples[:half] = self._samples[:half:2]
        self._say_trouble(sample)
        self._look_up(sample)
        self.redraw_soon()

    def set_forecast(self, used_bytes: int) -> None:
        """What the training was expected to need; 0 where nothing is known."""
        self._forecast = used_bytes
        self._draw_forecast()

    def retranslate(self) -> None:
        """Say everything in the language that is on now."""
        super().retranslate()
        if hasattr(self, "quantities"):
            self._fill()
            if self._samples:
                self._say_trouble(self._samples[-1])

    def _fill(self) -> None:
        say = self._state.say
        self.setAccessibleName(say(N_("Computer")))
        for choice, texts, name in (
            (self.quantities, [quantity.title for quantity in QUANTITIES], N_("What the plot shows")),
            (self.spans, [text for _, text in SPANS], N_("How far back")),
        ):
            current = max(0, choice.currentIndex())
            choice.blockSignals(True)
            choice.clear()
            choice.addItems([say(text) for text in texts])
            choice.setCurrentIndex(current)
            choice.blockSignals(False)
            choice.setAccessibleName(say(name))
        self._draw_forecast()

    def _say_trouble(self, sample: MachineSample) -> None:
        text = self._state.sentence(sample.trouble) if sample.trouble else ""
        self.note.setText(text)
        self.note.setVisible(bool(text) and QUANTITIES[self.quantities.currentIndex()].of_gpu is not None)

    @Slot(int)
    def _on_quantity(self, _index: int) -> None:
        self._draw_forecast()
        self.show_all()
        self.redraw()
        if self._samples:
            self._say_trouble(self._samples[-1])

    @Slot()
    def show_all(self) -> None:
        """All of the curve, up to what the quantity can be."""
        super().show_all()
        self._ceiling = 0.0
        if self._samples:
            self._look_up(self._samples[-1])

    def _look_up(self, sample: MachineSample) -> None:
        """Leave the view alone while its ceiling stays: the user may have zoomed."""
        ceiling = QUANTITIES[self.quantities.currentIndex()].ceiling(sample)
        if ceiling != self._ceiling:
            self._ceiling = ceiling
            self.set_ceiling(ceiling)

    def _draw_forecast(self) -> None:
        if self._forecast and self.quantities.currentIndex() == 0:
            value = self._forecast / GIB
            self.set_level(value, self._state.say(N_("forecast {value} GiB"), value=f"{value:.1f}"))
        else:
            self.set_level(None, "")

    def curves(self) -> list[Curve]:
        """The chosen quantity: of each GPU that tells it, or of the computer."""
        quantity, span = QUANTITIES[self.quantities.currentIndex()], SPANS[self.spans.currentIndex()][0]
        begin = time.time() - span if span else 0.0
        shown = [sample for sample in self._samples if sample.time >= begin]
        cards = max((len(sample.gpus) for sample in shown), default=0) if quantity.of_gpu is not None else 1
        xs, title = [sample.time for sample in shown], self._state.say(quantity.title)
        found = []
        for card in range(cards):
            ys = [quantity.values(sample, card) for sample in shown]
            if any(value == value for value in ys):  # noqa: PLR0124 - not all of them NaN
                found.append(
                    Curve(f"GPU {card}" if cards > 1 else title, xs, ys, 2 if cards == 1 else card, solid=cards == 1)
                )
        return found

    def table(self) -> tuple[list[str], list[list[float | str]]]:
        """Each sample, with all quantities of all cards."""
        cards = max((len(sample.gpus) for sample in self._samples), default=0)
        columns = [
            (quantity, card) for quantity in QUANTITIES for card in range(cards if quantity.of_gpu is not None else 1)
        ]
        head = [
            "time",
            *(f"{quantity.title} {card}" if quantity.of_gpu else quantity.title for quantity, card in columns),
        ]
        rows: list[list[float | str]] = []
        for sample in self._samples:
            values = [quantity.values(sample, card) for quantity, card in columns]
            rows.append([round(sample.time, 1), *("" if value != value else round(value, 3) for value in values)])  # noqa: PLR0124
        return head, rows
