"""How long the window stands still while a run says a lot: the run page beside one signal for each line, in one run.

``uv run python benchmarks/window_stalls.py`` lets a run tell 100,000 lines and 10,000 points of loss: once through
RunWorker to the run page, and once the way a window is written at first: a signal for each line and each point,
appended to a text field and drawn. A timer of one millisecond beats in the GUI thread; its longest silence is the
stall. The same timer beats for as long beside an idle page: what a busy computer adds by itself. The last line:
``longest stall: run page S ms, one signal per line S ms``.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QWidget

from core.config.settings import Settings
from core.events import Event, Metrics, RunFinished, RunStarted, StageFinished, StageStarted
from core.pipeline.journal import EVENTS
from core.workers.run_worker import RunWorker
from gui.pages.run import RunPage
from gui.theme import style
from gui.wizard.state import WizardState

LINES, POINTS = 100_000, 10_000
PATIENCE = 600.0
SETTLE, IDLE = 1.0, 3.0
"""Seconds for the page to be there as a whole (what it costs to open is not measured), and to be watched idle."""
AIM_MS = 33


class Heartbeat(QObject):
    """Beats every millisecond, and remembers its longest silence, and the most work between two beats."""

    def __init__(self) -> None:
        super().__init__()
        self.longest = self.work = 0.0
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._timer = QTimer(self, interval=1, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    @Slot()
    def _beat(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.longest = max(self.longest, now - self._last)
        self.work = max(self.work, worked - self._worked)
        self._last, self._worked = now, worked

    def forget(self) -> None:
        """Begin to measure."""
        self.longest = self.work = 0.0
        self._last, self._worked = time.perf_counter(), time.thread_time()


def text_of(number: int) -> str:
    """A line as ms-swift prints them."""
    return f"[INFO:swift] {number:>6} Train: {{'loss': {3 / (1 + number / 900):.8f}, 'grad_norm': 0.7, 'memory': 19.1}}"


def loss_of(step: int) -> float:
    """A curve that falls, and shakes."""
    return 2 / (1 + step / 700) + 0.1 * ((step * 7919) % 97) / 97


def write_run(folder: Path) -> Path:
    """A run that has told it all."""
    run = folder / "big.runs" / "20261124-115010-379-d797"
    (run / "logs").mkdir(parents=True)
    lines = "".join(text_of(number) + "\n" for number in range(LINES))
    (run / "logs" / "train.log").write_text(lines, encoding="utf-8")
    now = time.time()
    events: list[Event] = [
        RunStarted(run_id=run.name, project="big", stages=("train",), pid=1, create_time=0, version="0", time=now),
        StageStarted(stage="train", fingerprint="f", time=now),
        *(
            Metrics(stage="train", step=step, max_steps=POINTS, values={"loss": loss_of(step)}, time=now)
            for step in range(1, POINTS + 1)
        ),
        StageFinished(stage="train", fingerprint="f", seconds=1.0, time=now),
        RunFinished(status="done", seconds=1.0, time=now),
    ]
    told = "".join(event.model_dump_json() + "\n" for event in events)
    (run / EVENTS).write_text(told, encoding="utf-8")
    return run


def wait(app: QApplication, done: Callable[[], bool], patience: float = PATIENCE) -> float:
    """Let the window work until all is shown; returns the seconds that it took."""
    begin = time.perf_counter()
    while not done() and time.perf_counter() - begin < patience:
        app.processEvents()
        time.sleep(0.0005)
    return time.perf_counter() - begin


def measure_page(app: QApplication, heart: Heartbeat, folder: Path) -> tuple[float, float, float, float]:
    """The run page, in seconds: longest stall, most work at once, time until all is there, stall of an idle page."""
    state = WizardState(Settings(work_dir=str(folder), language="en"))
    state.file = folder / "big.tunesmith"
    page = RunPage(state)
    page.build()
    page.resize(1078, 600)
    page.show()
    page.enter()
    wait(app, lambda: page.loss_plot is not None and page.memory_plot is not None)
    run = write_run(folder)
    wait(app, lambda: False, SETTLE)
    heart.forget()
    wait(app, lambda: False, IDLE)
    idle = heart.longest
    heart.forget()
    page.watch(RunWorker(None, run.parent, run, parent=page))
    took = wait(app, lambda: page.run.status == "done" and not page.log.model.is_busy)
    stall, work = heart.longest, heart.work
    assert page.log.model.rowCount() > LINES
    page.close()
    page.end()
    page.deleteLater()
    return stall, work, took, idle


class Talker(QThread):
    """One signal for each line and each point."""

    line = Signal(str)
    point = Signal(int, float)

    def run(self) -> None:
        """The thread's work; called by ``start()``."""
        for number in range(LINES):
            self.line.emit(text_of(number))
            if number % (LINES // POINTS) == 0:
                step = number // (LINES // POINTS) + 1
                self.point.emit(step, loss_of(step))


class Naive(QWidget):
    """A text field and a plot that take each as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.plot = QPlainTextEdit(readOnly=True), pg.PlotWidget()
        self.curve = self.plot.plot()
        self.xs: list[int] = []
        self.ys: list[float] = []
        self.lines = 0
        layout = QHBoxLayout(self)
        layout.addWidget(self.plot)
        layout.addWidget(self.text)

    @Slot(str)
    def add_line(self, text: str) -> None:
        """Append it."""
        self.text.appendPlainText(text)
        self.lines += 1

    @Slot(int, float)
    def add_point(self, step: int, value: float) -> None:
        """Draw it."""
        self.xs.append(step)
        self.ys.append(value)
        self.curve.setData(self.xs, self.ys)


def measure_naive(app: QApplication, heart: Heartbeat) -> tuple[float, float]:
    """One signal for each: its longest stall and the time until all is there, in seconds."""
    window, talker = Naive(), Talker()
    window.resize(1078, 600)
    window.show()
    wait(app, window.isVisible)
    talker.line.connect(window.add_line)
    talker.point.connect(window.add_point)
    heart.forget()
    talker.start()
    took = wait(app, lambda: window.lines == LINES and len(window.xs) == POINTS)
    talker.wait()
    window.close()
    return heart.longest, took


def main() -> int:
    """Measure both; fails where the run page stands still for longer than it may."""
    app = QApplication([])
    app.setStyle("Fusion")
    style.apply(app, dark=False)
    heart = Heartbeat()
    with tempfile.TemporaryDirectory() as name:
        os.environ["TUNESMITH_CONFIG"] = str(Path(name, "config"))
        stall, work, took, idle = measure_page(app, heart, Path(name))
        print(f"idle page: longest stall {idle * 1e3:.0f} ms")
        memory = psutil.Process().memory_info().rss / 1e6
        print(f"run page: longest stall {stall * 1e3:.0f} ms, of work {work * 1e3:.0f} ms", end="")
        print(f", all shown after {took:.1f} s, memory {memory:.0f} MB")
        naive, long = measure_naive(app, heart)
    print(f"one signal per line: longest stall {naive * 1e3:.0f} ms, all shown after {long:.1f} s")
    print(f"longest stall: run page {stall * 1e3:.0f} ms, one signal per line {naive * 1e3:.0f} ms")
    return 0 if stall * 1e3 <= AIM_MS else 1


if __name__ == "__main__":
    sys.exit(main())
