"""The run page: it comes back to a run, stops it, goes on, says why it failed, and lets go of its threads."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.events import Progress, RunFinished, RunStarted, StageFailed, StageStarted
from core.pipeline import launch
from core.pipeline.journal import Journal
from core.pipeline.launch import RunRequest
from core.pipeline.lock import hold
from gui.pages.run import RunPage
from gui.wizard.state import WizardState
from tests.gui.run_fixtures import RUN, make_run

WAIT_MS = 15_000


@contextlib.contextmanager
def opened(qtbot: QtBot, state: WizardState) -> Iterator[RunPage]:
    page = RunPage(state)
    page.build()
    page.resize(1078, 600)
    page.show()
    page.enter()
    try:
        yield page
    finally:
        page.close()  # as the window does
        page.deleteLater()


def asked_for(state: WizardState) -> RunRequest | None:
    return state.request


def stop_file(run: Path) -> str:
    file = run / launch.STOP
    return file.read_text(encoding="utf-8") if file.exists() else ""


def click(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_finished_run_is_shown_again(qtbot: QtBot, state: WizardState, tmp_path: Path) -> None:
    make_run(state, tmp_path)
    with opened(qtbot, state) as page:
        assert page.problems()[0].code == "run_not_finished"
        qtbot.waitUntil(lambda: page.run.status == "done", timeout=WAIT_MS)
        qtbot.waitUntil(lambda: page.loss_plot is not None and page.memory_plot is not None, timeout=WAIT_MS)
        qtbot.waitUntil(lambda: not page.log.model.is_busy, timeout=WAIT_MS)
        texts = [page.log.model.text(row) for row in range(page.log.model.rowCount())]
        assert texts.index("Train: running") < texts.index("line 400 of the training") < texts.index("Train: done")
        assert page.stages.item("train").note.text().startswith("done")
        assert not page.problems()
        assert page.primary() == "Next: Result"
        for button in (page.stop_button, page.now_button, page.resume_button):
            assert not button.isVisible()
        assert page.open_button.isVisible()


def test_a_run_that_lives_is_attached_to_and_stopped_by_a_click(
    qtbot: QtBot, state: WizardState, tmp_path: Path
) -> None:
    run = make_run(state, tmp_path, until="train")
    with hold(run.parent, RUN), opened(qtbot, state) as page:
        qtbot.waitUntil(lambda: "train" in page.run.stages and page.run.stages["train"].state == "running")
        assert page.is_running
        assert page.problems()[0].code == "run_working"
        assert page.stages.item("train").bar.isVisible()
        click(page.stop_button)
        qtbot.waitUntil(lambda: stop_file(run) == "stop", timeout=WAIT_MS)
        assert page.when.text() == "Stopping: what is finished is kept."
        assert not page.stop_button.isEnabled()
        click(page.now_button)
        qtbot.waitUntil(lambda: stop_file(run) == "now", timeout=WAIT_MS)
        journal = Journal(run)
        journal.append(RunFinished(status="stopped", seconds=9.0))
        journal.close()
        qtbot.waitUntil(lambda: page.run.status == "stopped", timeout=WAIT_MS)
        assert page.resume_button.isVisible()
        assert page.stages.item("train").note.text() == "stopped"


def test_a_run_that_was_cut_off_says_so_and_goes_on_by_a_click(
    qtbot: QtBot, state: WizardState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(state, tmp_path, until="train")
    requests: list[RunRequest] = []

    def start(request: RunRequest, runs: Path) -> Path:
        requests.append(request)
        later = runs / "20261124-235959-000-ffff"
        journal = Journal(later)
        journal.append(RunStarted(run_id=later.name, project="p", stages=("merge",), pid=1, create_time=0, version="0"))
        journal.append(RunFinished(status="done", seconds=1.0))
        journal.close()
        return later

    monkeypatch.setattr(launch, "start", start)
    with opened(qtbot, state) as page:
        qtbot.waitUntil(lambda: page.run.status == "interrupted", timeout=WAIT_MS)
        assert page.trouble.isVisible()
        assert page.trouble.text().startswith("The run was cut off.")
        assert str(run) in page.trouble.text()
        click(page.resume_button)
        qtbot.waitUntil(lambda: page.run.status == "done", timeout=WAIT_MS)
        assert [request.file for request in requests] == [state.file]
        assert list(page.run.stages) == ["merge"]
        assert not page.trouble.isVisible()


def test_the_run_that_review_asks_for_is_started(
    qtbot: QtBot, state: WizardState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(state, tmp_path)
    requests: list[RunRequest] = []

    def start(request: RunRequest, runs: Path) -> Path:
        requests.append(request)
        raise OSError(28, "No space left on device", str(runs))

    monkeypatch.setattr(launch, "start", start)
    assert state.file is not None
    request = RunRequest(file=state.file, project=state.project, settings=state.settings)
    state.request = request
    with opened(qtbot, state) as page:
        qtbot.waitUntil(page.trouble.isVisible, timeout=WAIT_MS)
        assert requests == [request]
        assert asked_for(state) is None
        assert "full" in page.trouble.text()
        assert page.resume_button.isVisible()


def test_a_failed_stage_says_what_happened_and_what_to_do(qtbot: QtBot, state: WizardState, tmp_path: Path) -> None:
    run = make_run(state, tmp_path, until="fetch_model")
    journal = Journal(run)
    journal.append(StageFailed(stage="fetch_model", code="cuda_memory_exhausted"))
    journal.append(RunFinished(status="failed", seconds=1.0))
    journal.close()
    with opened(qtbot, state) as page:
        qtbot.waitUntil(page.trouble.isVisible, timeout=WAIT_MS)
        assert "The GPU ran out of memory." in page.trouble.text()
        assert "QLoRA" in page.trouble.text()
        assert page.stages.item("fetch_model").note.text() == "failed"


def test_another_language_loses_nothing(qtbot: QtBot, state: WizardState, tmp_path: Path) -> None:
    make_run(state, tmp_path)
    with opened(qtbot, state) as page:
        qtbot.waitUntil(lambda: page.run.status == "done" and page.loss_plot is not None, timeout=WAIT_MS)
        qtbot.waitUntil(lambda: not page.log.model.is_busy, timeout=WAIT_MS)
        rows = page.log.model.rowCount()
        state.settings = state.settings.model_copy(update={"language": "zh"})
        page.retranslate()
        page.enter()
        assert page.open_button.text() == "打开文件夹"
        assert page.stages.item("train").name.text() == "训练"
        assert page.log.model.rowCount() == rows


def test_events_that_come_fast_hold_nothing_up(qtbot: QtBot, state: WizardState, tmp_path: Path) -> None:
    run = make_run(state, tmp_path, until="train")
    with hold(run.parent, RUN), opened(qtbot, state) as page:
        qtbot.waitUntil(lambda: page.is_running and page.run.current is not None, timeout=WAIT_MS)
        journal = Journal(run)
        journal.append(StageStarted(stage="merge", fingerprint="f"))
        for step in range(3000):
            journal.append(Progress(stage="merge", completed=step, total=step))
        journal.close()
        begin, longest = time.perf_counter(), 0.0
        while page.run.stages["merge"].fraction is None and time.perf_counter() - begin < 10:
            before = time.perf_counter()
            qtbot.wait(1)
            longest = max(longest, time.perf_counter() - before)
        assert page.run.stages["merge"].fraction == 1.0
        assert longest < 1.0
