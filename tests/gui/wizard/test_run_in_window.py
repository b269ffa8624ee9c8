"""The pages of a run in their window: they come back to a run, and the window leaves none of their threads behind."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from gui.pages.result import ResultPage
from gui.pages.run import RunPage
from gui.wizard.window import Window
from tests.gui.run_fixtures import RUN, make_run

WAIT_MS = 15_000


def open_run(qtbot: QtBot, window: Window, folder: Path) -> RunPage:
    make_run(window.state, folder)
    window.open_step("run")
    page = window.page
    assert isinstance(page, RunPage)
    qtbot.waitUntil(lambda: page.run.status == "done", timeout=WAIT_MS)
    return page


def test_the_window_closes_on_the_run_page(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    page = open_run(qtbot, window, tmp_path)
    assert page._monitor is not None
    assert window.footer.primary_button.text() == "Next: Result"


def test_next_leads_to_the_result_and_the_run_page_is_let_go_with_the_window(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    run_page = open_run(qtbot, window, tmp_path)
    monitor = run_page._monitor
    assert monitor is not None
    run_page.proceed()
    result = window.page
    assert isinstance(result, ResultPage)
    qtbot.waitUntil(lambda: result.result.tuned == "tunesmith-demo", timeout=WAIT_MS)
    assert window.footer.primary_button.text() == "Push to ollama.com"
    window.state.saved = window.state.project
    window.close()
    assert monitor.isFinished()


def test_a_run_that_works_is_watched_while_other_pages_are_open(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    page = open_run(qtbot, window, tmp_path)
    window.open_step("start")
    assert page._folder is not None
    assert page._folder.name == RUN
    window.open_step("run")
    assert window.page is page
    assert page.run.status == "done"
