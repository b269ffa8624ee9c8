"""Run: the stages, the figures of the training, the computer, the log; stop, go on, come back to a run that lives."""

import gc
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSystemTrayIcon,
    QVBoxLayout,
    QWidget,
)

from core.config.problem import Problem
from core.events import Event, StageError
from core.messages import N_
from core.pipeline import launch
from core.pipeline.launch import RunRequest
from core.workers.gpu_monitor_worker import GpuMonitorWorker, MachineSample
from core.workers.run_worker import RunWorker
from gui.background import Background
from gui.pages.base import Page
from gui.run_folder import memory_forecast
from gui.run_state import RunState
from gui.run_words import time_words
from gui.theme.style import SPACE
from gui.widgets.log_view import LogView
from gui.widgets.stage_list import StageList
from gui.wizard.state import WizardState

if TYPE_CHECKING:
    from gui.widgets.loss_plot import LossPlot
    from gui.widgets.memory_plot import MemoryPlot

GIB = 2**30
STAGES_WIDTH = 224
PLOTS = ("gui.widgets.loss_plot", "gui.widgets.memory_plot")
"""Imported beside the window: pyqtgraph and NumPy take their time."""
FIGURES: tuple[tuple[str, str, str], ...] = (
    ("loss", "{:.3f}", N_("loss")),
    ("eval_loss", "{:.3f}", N_("held-out loss")),
    ("seconds_per_step", "{:.2f} s", N_("a step")),
)
MACHINE: tuple[tuple[str, str], ...] = (
    ("memory", N_("GPU memory")),
    ("heat", N_("temperature, power")),
    ("ram", N_("main memory")),
)
NOT_DONE = frozenset({"stopped", "failed", "interrupted"})


class RunPage(Page):
    """Watches the run of the project; the request that Review leaves in the state is started when the page opens."""

    step = "run"
    title = N_("Making your model")
    subtitle = N_("You may close this window; it goes on.")
    help = N_(
        "Everything that is finished is kept: a run that was stopped or cut off goes on where it was. Stopping asks "
        "the training for a checkpoint first; stopping now does not wait for it."
    )

    def __init__(self, state: WizardState) -> None:
        self.run = RunState()
        self.worker: RunWorker | None = None
        self._monitor: GpuMonitorWorker | None = None
        self._folder: Path | None = None
        self._watched_since = 0.0
        self._is_stopping = False
        self._error: StageError | None = None
        super().__init__(state)
        self._looking, self._telling, self._loading, self._judging = (Background(self) for _ in range(4))
        self._looking.done.connect(self._on_found)
        self._looking.failed.connect(self._on_failed)
        self._telling.failed.connect(self._on_failed)
        self._loading.done.connect(self._on_plots)
        self._judging.done.connect(self._on_forecast)
        QApplication.instance().aboutToQuit.connect(self.end)  # type: ignore[union-attr]

    # what it is made of

    def build(self) -> None:
        """Stages at the left; figures, plots and log at the right; what can be done below."""
        self.stages, self.log = StageList(self.state), LogView(self.state)
        self.loss_plot: LossPlot | None = None
        self.memory_plot: MemoryPlot | None = None
        layout = QHBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3 * SPACE)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFixedWidth(STAGES_WIDTH)
        area.setWidget(self.stages)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        right = QVBoxLayout()
        right.setSpacing(SPACE)
        right.addLayout(self._make_figures())
        self._plots = QHBoxLayout()
        self._plots.setSpacing(2 * SPACE)
        for _ in PLOTS:
            empty = QFrame()
            empty.setProperty("role", "panel")
            self._plots.addWidget(empty, 1)
        right.addLayout(self._plots, 5)
        self.trouble = QLabel()
        self.trouble.setProperty("role", "error")
        self.trouble.setWordWrap(True)
        self.trouble.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.trouble.hide()
        right.addWidget(self.trouble)
        right.addWidget(self.log, 6)
        right.addLayout(self._make_actions())
        layout.addWidget(area)
        layout.addLayout(right, 1)
        self._say()

    def _make_figures(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(3 * SPACE)
        self._figures: dict[str, tuple[QWidget, QLabel, QLabel]] = {}
        for name in (*(name for name, _, _ in FIGURES), *(name for name, _ in MACHINE)):
            box, value, caption = QWidget(), QLabel("–"), QLabel()
            value.setProperty("role", "figure")
            caption.setProperty("role", "note")
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            column.addWidget(value)
            column.addWidget(caption)
            row.addWidget(box)
            self._figures[name] = box, value, caption
        row.addStretch(1)
        row.addStrut(self._figures["ram"][0].sizeHint().height())
        return row

    def _make_actions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        self.when = QLabel()
        self.when.setProperty("role", "note")
        self.when.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.open_button, self.stop_button = QPushButton(), QPushButton()
        self.now_button, self.resume_button = QPushButton(), QPushButton()
        for button in (self.stop_button, self.now_button):
            button.setProperty("kind", "danger")
        self.resume_button.setProperty("kind", "primary")
        self.open_button.clicked.connect(self._open_folder)
        self.stop_button.clicked.connect(self.stop)
        self.now_button.clicked.connect(self.stop_now)
        self.resume_button.clicked.connect(self.resume)
        row.addWidget(self.when, 1)
        row.addStrut(self.stop_button.sizeHint().height())  # the page does not jump when buttons come and go
        for button in (self.open_button, self.now_button, self.stop_button, self.resume_button):
            row.addWidget(button)
        return row

    def retranslate(self) -> None:
        """Say everything in the language that is on now, without losing what is shown."""
        self.log.retranslate()
        for plot in (self.loss_plot, self.memory_plot):
            if plot is not None:
                plot.retranslate()
        self._say()

    def _say(self) -> None:
        say = self.state.say
        for name, _, caption in FIGURES:
            self._figures[name][2].setText(say(caption))
        for name, caption in MACHINE:
            self._figures[name][2].setText(say(caption))
        self.open_button.setText(say(N_("Open folder")))
        self.stop_button.setText(say(N_("Stop and keep a checkpoint")))
        self.now_button.setText(say(N_("Stop now")))
        self.resume_button.setText(say(N_("Resume")))
        self._show()

    # what the frame asks

    @property
    def is_running(self) -> bool:
        """Whether a run is being watched that has not ended."""
        return self.worker is not None and not self.run.status

    def problems(self) -> list[Problem]:
        """The result is there once the run is done."""
        if self.run.status == "done":
            return []
        return [Problem("", "run_working" if self.is_running else "run_not_finished")]

    def primary(self) -> str:
        """What comes next."""
        return N_("Next: Result")

    def enter(self) -> None:
        """Start the run that was asked for, or come back to the last one."""
        self.window().removeEventFilter(self)
        self.window().installEventFilter(self)
        if self.loss_plot is None:
            self._loading.ask(lambda: [import_module(name) for name in PLOTS])
        if self._monitor is None:
            self._monitor = GpuMonitorWorker(self, folder=self.state.settings.work_folder)
            self._monitor.sampled.connect(self._on_sample)
            self._monitor.start()
        request, self.state.request = self.state.request, None
        if request is not None:
            self.watch(RunWorker(request, self.state.job().runs, parent=self))
        elif not self.is_running:
            self._looking.ask(self.state.last_run)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The window goes: the run goes on, what watches it ends."""
        if watched is self.window() and event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.end()
        return super().eventFilter(watched, event)

    @Slot()
    def end(self) -> None:
        """End all threads of the page; the run itself goes on."""
        for thread in (self.worker, self._monitor):
            if thread is not None:
                thread.requestInterruption()
        for thread in (self.worker, self._monitor):
            if thread is not None:
                thread.wait()
        self.worker = self._monitor = None
        for job in (self._looking, self._telling, self._loading, self._judging):
            job.end()

    # the run

    def watch(self, worker: RunWorker) -> None:
        """Start and watch a run, or watch one that is there."""
        self._let_go()
        self.run, self._error, self._is_stopping = RunState(), None, False
        self._folder, self._watched_since = worker.run_folder, time.time()
        self.log.clear()
        self.worker = worker
        worker.events_arrived.connect(self._on_events)
        worker.lines_arrived.connect(self.log.add_output)
        worker.ended.connect(self._on_ended)
        worker.failed.connect(self._on_failed)
        worker.start()
        self._judging.ask(self._forecasting())
        self._show()
        self.changed.emit()

    def _let_go(self) -> None:
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.blockSignals(True)
            worker.requestInterruption()
            worker.wait()
            worker.deleteLater()

    def _forecasting(self) -> Callable[[], object]:
        job = self.state.job()
        return lambda: memory_forecast(job)

    @Slot()
    def stop(self) -> None:
        """Ask the run to stop; a training saves a checkpoint first."""
        self._ask_to_stop(now=False)

    @Slot()
    def stop_now(self) -> None:
        """Ask the run to stop without waiting."""
        self._ask_to_stop(now=True)

    def _ask_to_stop(self, *, now: bool) -> None:
        folder = self.worker.run_folder if self.worker is not None else None
        if folder is None:
            return
        self._is_stopping = True
        self._telling.ask(lambda: launch.stop(folder, now=now))
        self._show()

    @Slot()
    def resume(self) -> None:
        """Run again: what is finished is up to date, and a training goes on from its checkpoint."""
        try:
            file = self.state.save() if self.state.is_changed or self.state.file is None else self.state.target
        except OSError as error:
            self._on_failed(StageError("os_error", path=str(error.filename or ""), reason=error.strerror or str(error)))
            return
        project, job = self.state.project, self.state.job()
        request = RunRequest(
            file=file.resolve(), project=project, settings=self.state.settings, push=project.ollama.push
        )
        self.watch(RunWorker(request, job.runs, parent=self))

    @Slot(object)
    def _on_found(self, folder: object) -> None:
        if isinstance(folder, Path) and folder != self._folder:
            self.watch(RunWorker(None, folder.parent, folder, parent=self))
        else:
            self._show()

    @Slot(list)
    def _on_events(self, events: list[Event]) -> None:
        known = len(self.run.stages)
        for event in events:
            self.run.feed(event)
        if self.worker is not None:
            self._folder = self.worker.run_folder
        self.log.feed(events)
        if len(self.run.stages) != known:
            self.log.set_stages(list(self.run.stages))
        if self.loss_plot is not None:
            self.loss_plot.show_series(self.run.series)
        self._show()

    @Slot(str)
    def _on_ended(self, status: str) -> None:
        self._is_stopping = False
        if not self.run.status:
            self.run.end(status, time.time())
        self._show()
        self.changed.emit()
        if self.run.ended >= self._watched_since:
            self._notify()

    @Slot(object)
    def _on_failed(self, error: StageError) -> None:
        self._error = error
        self._let_go()
        self._show()
        self.changed.emit()

    def _notify(self) -> None:
        """Tell whoever looks elsewhere that the run is over."""
        window = self.window()
        if window.isActiveWindow():
            return
        QApplication.alert(window)
        if QSystemTrayIcon.isSystemTrayAvailable():
            tray = QSystemTrayIcon(window.windowIcon(), self)
            tray.show()
            title = self.state.say(N_("Run: {state}"), state=self.state.sentence(f"state_{self.run.status}"))
            tray.showMessage("Tunesmith", f"{self.state.job().name}: {title}")
            QTimer.singleShot(10_000, tray, tray.deleteLater)

    # what is shown

    @Slot(object)
    def _on_plots(self, modules: object) -> None:
        """Both plots, one with each beat of the event loop."""
        del modules
        gc.freeze()  # what was imported stays: to look through it again and again takes 100 ms each time
        QTimer.singleShot(0, self, self._add_loss_plot)
        QTimer.singleShot(0, self, self._add_memory_plot)

    @Slot()
    def _add_loss_plot(self) -> None:
        plot = import_module(PLOTS[0]).LossPlot(self.state)
        self._put_plot(0, plot)
        self.loss_plot = plot
        plot.show_series(self.run.series)

    @Slot()
    def _add_memory_plot(self) -> None:
        plot = import_module(PLOTS[1]).MemoryPlot(self.state)
        self._put_plot(1, plot)
        self.memory_plot = plot
        self._judging.ask(self._forecasting())

    def _put_plot(self, place: int, plot: QFrame) -> None:
        item = self._plots.itemAt(place)
        old = item.widget() if item is not None else None
        self._plots.insertWidget(place, plot, 1)
        if old is not None:
            self._plots.removeWidget(old)
            old.deleteLater()

    @Slot(object)
    def _on_forecast(self, forecast: object) -> None:
        if self.memory_plot is not None and isinstance(forecast, int):
            self.memory_plot.set_forecast(forecast)

    @Slot(object)
    def _on_sample(self, sample: MachineSample) -> None:
        if self.memory_plot is not None:
            self.memory_plot.add(sample)
        used = [gpu.used_bytes for gpu in sample.gpus if gpu.used_bytes is not None]
        self._figure("memory", f"{sum(used) / GIB:.1f} GiB" if used else "")
        heat = [f"{gpu.temperature_celsius} °C" for gpu in sample.gpus[:1] if gpu.temperature_celsius is not None]
        power = [gpu.power_watts for gpu in sample.gpus if gpu.power_watts is not None]
        self._figure("heat", " · ".join([*heat, *([f"{sum(power):.0f} W"] if power else [])]))
        self._figure("ram", "" if used else f"{sample.ram_used / GIB:.1f} / {sample.ram_total / GIB:.1f} GiB")
        self._show_time()

    def _figure(self, name: str, text: str) -> None:
        """A figure; one that is not known takes no room."""
        box, value, _ = self._figures[name]
        value.setText(text)
        box.setVisible(bool(text))

    def _show(self) -> None:
        """Show how the run is now."""
        self.stages.show_run(self.run)
        for name, form, _ in FIGURES:
            value = self.run.latest(name)
            self._figure(name, "" if value is None else form.format(value))
        self.open_button.setVisible(self._folder is not None)
        running = self.is_running
        self.stop_button.setVisible(running)
        self.now_button.setVisible(running)
        self.stop_button.setEnabled(not self._is_stopping)
        can_resume = self.run.status in NOT_DONE or (self._error is not None and not running)
        self.resume_button.setVisible(can_resume)
        text = self._trouble()
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        self._show_time()

    def _trouble(self) -> str:
        """What went wrong, and what to do about it."""
        if self._error is not None:
            code, values = self._error.code, dict(self._error.values)
        elif self.run.failed is not None:
            code, values = self.run.failed.code, self.run.failed.values
        elif self.run.refusal is not None:
            code, values = self.run.refusal.code, dict(self.run.refusal.values)
        elif self.run.status == "interrupted" and self._folder is not None:
            code, values = "runner_died", {"log": str(self._folder / launch.RUNNER_LOG)}
        else:
            return ""
        return f"{self.state.sentence(code, values)} {self.state.cure(code, values)}".strip()

    def _show_time(self) -> None:
        say, run = self.state.say, self.run
        if self._is_stopping:
            self.when.setText(self.state.sentence("stop_requested"))
        elif not run.started:
            self.when.setText(say(N_("Starting…")) if self.is_running else "")
        else:
            end = run.ended or (run.started if run.status else time.time())
            begun = time.strftime("%H:%M", time.localtime(run.started))
            elapsed = time_words(max(0.0, end - run.started), self.state)
            parts = [say(N_("Started {time}"), time=begun), say(N_("elapsed {time}"), time=elapsed)]
            if run.status:
                parts.append(self.state.sentence(f"state_{run.status}"))
            self.when.setText(" · ".join(parts))

    @Slot()
    def _open_folder(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
