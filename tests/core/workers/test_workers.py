"""The QThread adapters, with a real event loop and no window."""

import http.server
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from PySide6.QtCore import QCoreApplication, QEventLoop, QThread, QTimer

from core.config.project import TuneProject
from core.config.settings import Settings
from core.events import Progress, RunFinished, RunStarted, StageError, StageFinished, StageStarted
from core.hardware.gpu import GpuSample
from core.pipeline.journal import Journal
from core.pipeline.launch import RunRequest
from core.pipeline.lock import hold
from core.workers import gpu_monitor_worker
from core.workers.chat_worker import ChatWorker
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


def test_a_driver_that_goes_and_comes_back_ends_no_monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = GpuSample(0, 4, 97, 71, 350.5, 24)
    answers: list[tuple[GpuSample, ...] | Exception] = [(card,), OSError("the library was replaced"), (), (card,)]

    def sample() -> tuple[GpuSample, ...]:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(gpu_monitor_worker, "sample", sample)
    samples: list[MachineSample] = []
    worker = GpuMonitorWorker(interval_ms=20, folder=tmp_path / "not yet there")
    worker.sampled.connect(samples.append)
    worker.start()
    wait_until(lambda: len(samples) >= 4)
    finish(worker)
    assert [bool(found.gpus) for found in samples[:4]] == [True, False, False, True]
    assert [found.trouble for found in samples[:4]] == ["", "monitor_gpu_lost", "monitor_gpu_lost", ""]
    assert all(0 < found.disk_used < found.disk_total for found in samples)


def test_without_a_driver_the_monitor_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_monitor_worker, "sample", tuple)
    samples: list[MachineSample] = []
    worker = GpuMonitorWorker(interval_ms=20)
    worker.sampled.connect(samples.append)
    worker.start()
    wait_until(lambda: len(samples) >= 2)
    finish(worker)
    assert {found.trouble for found in samples} == {"monitor_no_gpu"}


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


def test_the_programs_output_comes_between_a_stages_beginning_and_its_end(tmp_path: Path) -> None:
    runs = tmp_path / "x.runs"
    told: list[object] = []
    with hold(runs, "run-1"):
        log = Journal(runs / "run-1")
        log.append(RunStarted(run_id="run-1", project="x", stages=("train",), pid=1, create_time=0, version="0"))
        log.append(StageStarted(stage="train", fingerprint="f"))
        (runs / "run-1" / "logs").mkdir()
        lines = [f"line {number} 训练" for number in range(20_000)]
        (runs / "run-1" / "logs" / "train.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
        log.append(StageFinished(stage="train", fingerprint="f", seconds=1.0))
        log.append(RunFinished(status="done", seconds=1.0))
        log.close()
        worker = RunWorker(None, runs, runs / "run-1")
        worker.events_arrived.connect(lambda events: told.extend(event.type for event in events))
        worker.lines_arrived.connect(lambda _, new: told.extend(new))
        worker.start()
        wait_until(lambda: "run_finished" in told)
    assert worker.wait(5000)
    assert told == ["run_started", "stage_started", *lines, "stage_finished", "run_finished"]


def test_a_run_that_cannot_be_started_is_a_failure_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.runs").write_text("a file where the folder should be", encoding="utf-8")
    failures: list[StageError] = []
    request = RunRequest(file=tmp_path / "x.tunesmith", project=TuneProject(), settings=Settings())
    worker = RunWorker(request, tmp_path / "x.runs")
    worker.failed.connect(failures.append)
    worker.start()
    wait_until(lambda: bool(failures))
    assert worker.wait(5000)
    assert failures[0].code == "os_error"
    assert str(tmp_path) in str(failures[0].values["path"])


def test_a_journal_of_a_newer_version_is_a_failure_with_a_sentence(tmp_path: Path) -> None:
    run = tmp_path / "x.runs" / "run-1"
    log = Journal(run)
    newer = RunStarted(schema_version=99, run_id="run-1", project="x", stages=(), pid=1, create_time=0, version="9")
    log.append(newer)
    log.close()
    failures: list[StageError] = []
    worker = RunWorker(None, run.parent, run)
    worker.failed.connect(failures.append)
    worker.start()
    wait_until(lambda: bool(failures))
    assert worker.wait(5000)
    assert failures[0].code == "journal_newer"


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


class _Model(http.server.BaseHTTPRequestHandler):
    """Streams an answer like Ollama's, a piece each 20 ms, and keeps on where nobody stops it."""

    pieces: ClassVar[int] = 3
    asked: ClassVar[list[str]] = []
    sent: ClassVar[int] = 0

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).asked.append(json.loads(body)["messages"][0]["content"])
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.end_headers()
        for number in range(self.pieces):
            done = number == self.pieces - 1
            part = {"model": "m", "message": {"role": "assistant", "content": f"piece {number} "}, "done": done}
            try:
                self.wfile.write(json.dumps(part).encode() + b"\n")
                self.wfile.flush()
            except OSError:
                return
            type(self).sent += 1
            time.sleep(0.02)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Model]]:
    _Model.pieces, _Model.asked, _Model.sent = 3, [], 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{server.server_port}")
    yield _Model
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_comes_in_pieces(model: type[_Model]) -> None:
    pieces: list[str] = []
    worker = ChatWorker("m", "你是谁？")
    worker.text_arrived.connect(pieces.append)
    ended: list[bool] = []
    worker.done.connect(lambda: ended.append(True))
    worker.start()
    wait_until(lambda: bool(ended))
    assert worker.wait(5000)
    assert model.asked == ["你是谁？"]
    assert pieces == ["piece 0 ", "piece 1 ", "piece 2 "]


def test_a_stopped_answer_ends_at_once_in_ollama_too(model: type[_Model]) -> None:
    model.pieces = 10_000
    pieces: list[str] = []
    worker = ChatWorker("m", "go on")
    worker.text_arrived.connect(pieces.append)
    worker.start()
    wait_until(lambda: len(pieces) >= 3)
    begin = time.monotonic()
    finish(worker)
    assert time.monotonic() - begin < 2
    time.sleep(0.2)
    sent = model.sent
    time.sleep(0.2)
    assert model.sent == sent < 200


def test_a_chat_without_ollama_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    failures: list[StageError] = []
    worker = ChatWorker("m", "hello")
    worker.failed.connect(failures.append)
    worker.start()
    wait_until(lambda: bool(failures))
    assert worker.wait(5000)
    assert failures[0].code == "ollama_not_running"


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
