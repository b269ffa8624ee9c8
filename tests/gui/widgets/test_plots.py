"""The plots: what they draw, what they write, what they say where there is no GPU."""

import csv
import time
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from core.hardware.gpu import GpuSample
from core.workers.gpu_monitor_worker import MachineSample
from gui.run_state import RunState
from gui.widgets.loss_plot import LossPlot, smoothed
from gui.widgets.memory_plot import GIB, MAIN_MEMORY, MemoryPlot
from gui.widgets.plot import PlotCard
from gui.wizard.state import WizardState
from tests.gui.run_fixtures import recorded


def make_loss_plot(qtbot: QtBot, state: WizardState) -> LossPlot:
    run = RunState()
    for event in recorded():
        run.feed(event)
    plot = LossPlot(state)
    qtbot.addWidget(plot)
    plot.resize(420, 260)
    plot.show()
    plot.show_series(run.series)
    return plot


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_loss_and_held_out_loss_stand_together(qtbot: QtBot, state: WizardState) -> None:
    plot = make_loss_plot(qtbot, state)
    names = [(curve.name, curve.faint, curve.marks) for curve in plot.curves()]
    assert names == [("Loss", True, False), ("Loss", False, False), ("Evaluation loss", False, True)]
    plot.smoothing.setCurrentIndex(0)
    assert [curve.faint for curve in plot.curves()] == [False, False]
    plot.figures.setCurrentIndex(2)
    assert [curve.name for curve in plot.curves()] == ["Learning rate"]
    qtbot.waitUntil(lambda: len(plot._items) == 1)


def test_smoothing_begins_at_the_first_value_and_keeps_a_flat_line() -> None:
    assert smoothed([3.0] * 5, 0.9) == pytest.approx([3.0] * 5)
    assert smoothed([4.0, 0.0], 0.5) == pytest.approx([4.0, 4 / 3])


@pytest.mark.parametrize("count", [1, 1500, 1501, 2999, 3001, 4503, 10_000])
def test_of_many_points_some_are_drawn_and_no_spike_is_lost(qtbot: QtBot, state: WizardState, count: int) -> None:
    plot = LossPlot(state)
    qtbot.addWidget(plot)
    values = [1.0] * count
    values[count // 2] = 9.0
    plot.show_series({"loss": [(float(step), value) for step, value in enumerate(values)]})
    raw, smooth = plot.curves()
    assert len(raw.xs) == len(raw.ys) == len(smooth.ys) <= 1500
    assert 9.0 in raw.ys


def test_the_figures_are_saved_as_a_table_and_the_plot_as_a_picture(
    qtbot: QtBot, state: WizardState, tmp_path: Path
) -> None:
    plot = make_loss_plot(qtbot, state)
    plot.save_csv(tmp_path / "loss.csv")
    head, first, *_ = rows(tmp_path / "loss.csv")
    assert head[:2] == ["step", "loss"]
    assert first[:2] == ["1", "2.712358"]
    plot.save_png(tmp_path / "loss.png")
    assert QImage(str(tmp_path / "loss.png")).width() >= 420


def test_a_plot_that_cannot_be_saved_says_so(qtbot: QtBot, state: WizardState, tmp_path: Path) -> None:
    plot = make_loss_plot(qtbot, state)
    failures: list[object] = []
    plot.failed.connect(failures.append)
    plot.save_csv(tmp_path / "no" / "loss.csv")
    plot.save_png(tmp_path / "no" / "loss.png")
    assert len(failures) == 2


def test_zoom_by_the_menu(qtbot: QtBot, state: WizardState) -> None:
    plot = make_loss_plot(qtbot, state)
    plot.redraw()
    qtbot.wait(50)

    def width(card: PlotCard) -> float:
        (left, right), _ = card.view.getPlotItem().getViewBox().viewRange()
        return float(right - left)

    whole = width(plot)
    menu = plot.menu_button.menu()
    assert menu is not None
    actions = menu.actions()
    actions[0].trigger()
    assert width(plot) < whole * 0.75
    actions[2].trigger()
    qtbot.waitUntil(lambda: width(plot) == pytest.approx(whole, rel=0.02))


def make_memory_plot(qtbot: QtBot, state: WizardState) -> MemoryPlot:
    plot = MemoryPlot(state)
    qtbot.addWidget(plot)
    plot.resize(420, 260)
    plot.show()
    return plot


def machine(*gpus: GpuSample, trouble: str = "", ago: float = 0.0) -> MachineSample:
    return MachineSample(gpus, 8 * GIB, 32 * GIB, 100 * GIB, 500 * GIB, time.time() - ago, trouble)


def test_without_a_gpu_the_main_memory_is_shown_and_the_reason_said(qtbot: QtBot, state: WizardState) -> None:
    plot = make_memory_plot(qtbot, state)
    plot.add(machine(trouble="monitor_no_gpu"))
    assert plot.quantities.currentIndex() == MAIN_MEMORY
    assert [curve.ys for curve in plot.curves()] == [[8.0]]
    assert plot.note.isHidden()
    plot.quantities.setCurrentIndex(0)
    assert "No NVIDIA GPU" in plot.note.text()
    assert not plot.note.isHidden()
    assert plot.curves() == []


def test_two_gpus_are_two_lines_and_what_a_card_does_not_tell_is_left_out(
    qtbot: QtBot, state: WizardState, tmp_path: Path
) -> None:
    plot = make_memory_plot(qtbot, state)
    cards = (GpuSample(0, 4 * GIB, 97, 71, 350.5, 24 * GIB), GpuSample(1, 2 * GIB, None, None, None, 24 * GIB))
    plot.add(machine(*cards, ago=1))
    plot.add(machine(*cards))
    assert [(curve.name, curve.ys) for curve in plot.curves()] == [("GPU 0", [4.0, 4.0]), ("GPU 1", [2.0, 2.0])]
    assert len({curve.kind for curve in plot.curves()}) == 2
    plot.quantities.setCurrentIndex(2)
    assert [curve.ys for curve in plot.curves()] == [[71, 71]]
    plot.save_csv(tmp_path / "machine.csv")
    head, first, _ = rows(tmp_path / "machine.csv")
    assert first[head.index("GPU memory (GiB) 1")] == "2.0"
    assert first[head.index("Power (W) 1")] == ""


def test_a_lost_driver_is_said_and_the_line_goes_on_when_it_is_back(qtbot: QtBot, state: WizardState) -> None:
    plot = make_memory_plot(qtbot, state)
    card = GpuSample(0, 4 * GIB, 97, 71, 350.5, 24 * GIB)
    plot.add(machine(card, ago=2))
    plot.add(machine(trouble="monitor_gpu_lost", ago=1))
    assert plot.quantities.currentIndex() == 0
    assert "driver" in plot.note.text()
    plot.add(machine(card))
    assert plot.note.isHidden()
    (curve,) = plot.curves()
    assert curve.ys[0] == curve.ys[2] == 4.0
    assert curve.ys[1] != curve.ys[1]
    plot.redraw()
