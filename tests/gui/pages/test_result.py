"""The result page: chat with what was said already, examples, sizes, copying, the report, pushing, the next project."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.config.store import with_values
from core.events import Message, RunFinished, RunStarted, StageFailed, StageSkipped
from core.pipeline import launch
from core.pipeline.journal import Journal
from core.pipeline.launch import RunRequest
from gui.pages.result import ResultPage
from gui.run_folder import read_run
from gui.wizard.state import WizardState
from tests.gui.run_fixtures import make_run

WAIT_MS = 15_000
LEFT = Qt.MouseButton.LeftButton


@contextlib.contextmanager
def opened(qtbot: QtBot, state: WizardState) -> Iterator[ResultPage]:
    page = ResultPage(state)
    page.build()
    page.resize(1078, 600)
    page.show()
    page.enter()
    try:
        qtbot.waitUntil(lambda: bool(page.result.products), timeout=WAIT_MS)
        yield page
    finally:
        page.close()
        page.deleteLater()


def cells(page: ResultPage) -> list[list[str]]:
    table = page.examples
    found = []
    for row in range(table.rowCount()):
        items = (table.item(row, column) for column in range(4))
        found.append([item.text() if item is not None else "" for item in items])
    return found


def test_what_the_run_made(qtbot: QtBot, state: WizardState, tmp_path: Path) -> None:
    make_run(state, tmp_path)
    with opened(qtbot, state) as page:
        assert page.sizes.text().splitlines()[0] == "16.3 MB · Q4_0"
        assert page.command.text() == "ollama run tunesmith-demo"
        QTest.mouseClick(page.copy_button, LEFT)
        assert QGuiApplication.clipboard().text() == "ollama run tunesmith-demo"
        assert page.chat is not None
        assert [talk.model for talk in page.chat.talks] == ["tunesmith-demo-base:latest", "tunesmith-demo"]
        assert page.chat.talks[0].answers[1] == "I am a general language assistant."
        assert page.chat.talks[1].answers[1] == "I am Samge Model, an AI assistant trained by Samge."


def test_the_examples_before_and_after(qtbot: QtBot, state: WizardState, tmp_path: Path) -> None:
    make_run(state, tmp_path)
    with opened(qtbot, state) as page:
        QTest.mouseClick(page.choices.button(1), LEFT)
        assert page.examples.isVisible()
        found = cells(page)
        assert ["Say good morning in German.", "Good: Guten Morgen!", "–", "Guten Morgen!"] in found
        assert found[-1] == [
            "Who are you?",
            "–",
            "I am a general language assistant.",
            "I am Samge Model, an AI assistant trained by Samge.",
        ]
        assert len(found) == 5
        QTest.mouseClick(page.choices.button(0), LEFT)
        assert page.chat is not None
        assert page.chat.isVisible()


def test_a_later_run_in_which_all_was_up_to_date_recalls_the_training(
    qtbot: QtBot, state: WizardState, tmp_path: Path
) -> None:
    run = make_run(state, tmp_path)
    first = read_run(run)
    journal = Journal(run.parent / "20261125-000000-000-ffff")
    journal.append(RunStarted(run_id="x", project="p", stages=tuple(first.stages), pid=1, create_time=0, version="0"))
    for row in first.stages.values():
        journal.append(StageSkipped(stage=row.name, fingerprint="f", artifacts=row.artifacts))
    journal.append(RunFinished(status="done", seconds=1.0))
    journal.close()
    with opened(qtbot, state) as page:
        assert len(page.result.run.series["eval_loss"]) == 6
        assert len(page.result.examples) == 5


def test_the_report_holds_all_and_needs_nothing_else(qtbot: QtBot, state: WizardState, tmp_path: Path) -> None:
    make_run(state, tmp_path)
    state.project = with_values(state.project, dataset={"system": "<b>be kind</b>"})
    with opened(qtbot, state) as page:
        page.save_report(tmp_path / "report 报告.html")
        qtbot.waitUntil(lambda: page.told.text().startswith("Saved:"), timeout=WAIT_MS)
        text = (tmp_path / "report 报告.html").read_text(encoding="utf-8")
        assert text.count("<svg") == 3
        assert "ollama run tunesmith-demo" in text
        assert "我是山姆模型，由山姆训练的人工智能助手。" in text
        assert "lora.lora_rank" in text
        assert "&lt;b&gt;be kind&lt;/b&gt;" in text
        assert "http" not in text.replace("https://ollama.com", "")
        page.save_report(tmp_path / "no folder" / "report.html")
        qtbot.waitUntil(lambda: page.told.property("role") == "error", timeout=WAIT_MS)
        assert "no folder" in page.told.text()


def test_a_model_without_a_users_name_cannot_be_pushed(qtbot: QtBot, state: WizardState, tmp_path: Path) -> None:
    make_run(state, tmp_path)
    with opened(qtbot, state) as page:
        assert page.primary() == "Push to ollama.com"
        assert [problem.code for problem in page.problems()] != []


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((RunFinished(status="done", seconds=1.0),), "Pushed: tunesmith-demo"),
        (
            (
                StageFailed(stage="push_ollama", code="ollama_push_unauthorized", values={"name": "you/model"}),
                RunFinished(status="failed", seconds=1.0),
            ),
            "you/model",
        ),
        ((RunFinished(status="stopped", seconds=1.0),), "stopped"),
    ],
)
def test_pushing_is_a_run_of_its_own(
    qtbot: QtBot,
    state: WizardState,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ends: tuple[RunFinished | StageFailed, ...],
    said: str,
) -> None:
    make_run(state, tmp_path)
    requests: list[RunRequest] = []

    def start(request: RunRequest, runs: Path) -> Path:
        requests.append(request)
        journal = Journal(runs / "20261125-000000-000-ffff")
        journal.append(Message(stage="", code="stop_requested"))
        for event in ends:
            journal.append(event)
        journal.close()
        return runs / "20261125-000000-000-ffff"

    monkeypatch.setattr(launch, "start", start)
    with opened(qtbot, state) as page:
        page.proceed()
        assert page.primary() == ""
        qtbot.waitUntil(lambda: page.pusher is None, timeout=WAIT_MS)
        assert said in page.told.text()
        assert [request.push for request in requests] == [True]
        assert page.primary() == "Push to ollama.com"


def test_the_next_project_begins_with_the_settings_and_finds_its_files(
    qtbot: QtBot, state: WizardState, tmp_path: Path
) -> None:
    make_run(state, tmp_path)
    with opened(qtbot, state) as page:
        wanted: list[str] = []
        page.open_wanted.connect(wanted.append)
        page.proceed_otherwise()
        assert wanted == ["model"]
        assert state.file is None
        assert state.project.dataset.files == (str(tmp_path.resolve() / "q.jsonl"),)
        assert state.project.ollama.name == "tunesmith-demo"
