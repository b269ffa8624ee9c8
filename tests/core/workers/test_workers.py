"""The QThread adapters, with a real event loop and no window."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEventLoop, QThread, QTimer

from core.events import Progress, RunFinished, RunStarted, StageError
from core.pipeline.journal import Journal
from core.pipeline.lock import hold
from core.workers.gpu_monitor_worker import GpuMonitorWorker, MachineSample
from core.workers.run_worker import RunWorker
from core.workers.task_worker import TaskWorker

pytestmark = pytest.mark.usefixtures("application")


def wait_until(done: Callable[[], bool], milliseconds: int = 10_000) -> None:
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    timer.start(10)
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
    timer.stop()
    assert done()


def finish(thread: QThread) -> None:
    thread.requestInterruption()
    assert thread.wait(5000)


def test_a_task_gives_its_result_or_its_failure() -> None:
    results: list[object] = []

    def fail() -> None:
        raise StageError("model_empty")

    for job in (lambda: 42, fail, lambda: Path("/no/such/file").read_text(encoding="utf-8")):
        worker = TaskWorker(job)
        worker.done.connect(results.append)
        worker.failed.connect(results.append)
        worker.start()
        wait_until(worker.isFinished)
        QCoreApplication.processEvents()
    assert results[0] == 42
    assert [error.code for error in results[1:] if isinstance(error, StageError)] == ["model_empty", "os_error"]


def test_the_monitor_samples_until_it_is_told_to_stop() -> None:
    samples: list[object] = []
    worker = GpuMonitorWorker(interval_ms=50)
    worker.sampled.connect(samples.append)
    worker.start()
    wait_until(lambda: len(samples) >= 3)
    finish(worker)
    assert all(isinstance(sample, MachineSample) and 0 < sample.ram_used < sample.ram_total for sample in samples)


def test_a_run_is_watched_in_batches(tmp_path: Path) -> None:
    runs = tmp_path / "x.runs"
    batches: list[list[object]] = []
    ended: list[str] = []
    with hold(runs, "run-1"):
        log = Journal(runs / "run-1")
        log.append(RunStarted(run_id="run-1", project="x", stages=("train",), pid=1, create_time=0, version="0"))
        worker = RunWorker(None, runs, runs / "run-1")
        worker.events_arrived.connect(batches.append)
        worker.ended.connect(ended.append)
        worker.start()
        wait_until(lambda: bool(batches))
        for step in range(5000):
            log.append(Progress(stage=f"s{step}", completed=step, total=step))
        log.append(RunFinished(status="done", seconds=1.0))
        wait_until(lambda: bool(ended))
        log.close()
    assert worker.wait(5000)
    assert ended == ["done"]
    assert sum(len(batch) for batch in batches) == 5002
    assert len(batches) < 100


def test_a_dead_runner_is_an_interrupted_run(tmp_path: Path) -> None:
    runs = tmp_path / "x.runs"
    log = Journal(runs / "run-1")
    log.append(RunStarted(run_id="run-1", project="x", stages=(), pid=1, create_time=0, version="0"))
    log.close()
    ended: list[str] = []
    worker = RunWorker(None, runs, runs / "run-1")
    worker.ended.connect(ended.append)
    worker.start()
    wait_until(lambda: bool(ended))
    assert worker.wait(5000)
    assert ended == ["interrupted"]


def test_stopping_a_run_writes_its_stop_file(tmp_path: Path) -> None:
    (tmp_path / "run-1").mkdir()
    RunWorker(None, tmp_path, tmp_path / "run-1").stop_run(now=True)
    assert (tmp_path / "run-1" / "stop").read_text(encoding="utf-8") == "now"


def test_workers_load_no_widgets_and_the_rest_no_qt_at_all() -> None:
    code = (
        "import sys, core.cli, core.cli.demo, core.cli.doctor, core.cli.run_commands, core.cli.project_commands\n"
        "assert not [name for name in sys.modules if name.startswith('PySide6')]\n"
        "import core.workers.run_worker, core.workers.gpu_monitor_worker, core.workers.task_worker\n"
        "assert not {'PySide6.QtWidgets', 'PySide6.QtGui'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_hundred_thousand_signals(tmp_path: Path) -> None:
    """PySide6 6.12 on Python 3.11 dies of some hundred."""
    seen = 0

    def count(_: object) -> None:
        nonlocal seen
        seen += 1

    worker = TaskWorker(lambda: None)
    worker.done.connect(count)
    for _ in range(100_000):
        worker.done.emit(True)
    assert seen == 100_000
