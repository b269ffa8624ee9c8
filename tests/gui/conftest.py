"""The window without a screen: a work folder and settings of its own, no GPU, no Ollama; no test leaks a thread."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.qt_libraries import require_qt

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
require_qt("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")

import shiboken6  # noqa: E402 - only once Qt is known to be there
from PySide6.QtCore import QThread  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402
from pytestqt.qtbot import QtBot  # noqa: E402

from core.config.project import TuneProject  # noqa: E402
from core.config.settings import RuntimeSettings, Settings  # noqa: E402
from gui.theme import style  # noqa: E402
from gui.wizard.state import WizardState  # noqa: E402
from gui.wizard.window import Window  # noqa: E402

WAIT_MS = 10_000
"""A busy computer is no failure."""


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Fail the test that leaves a QThread running."""
    yield
    threads = [found for found in gc.get_objects() if isinstance(found, QThread)]
    running = [thread for thread in threads if shiboken6.isValid(thread) and thread.isRunning()]
    for thread in running:
        thread.requestInterruption()
        thread.wait(WAIT_MS)
    assert not running


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WizardState:
    """The state of a first start: English, a folder of its own."""
    monkeypatch.setenv("TUNESMITH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    (tmp_path / "config").mkdir()
    settings = Settings(work_dir=str(tmp_path / "work 工作"), language="en", runtime=RuntimeSettings(profile="cpu"))
    return WizardState(settings, TuneProject())


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, state: WizardState) -> Iterator[Window]:
    """The window, open on Start and checked."""
    style.apply(qapp, dark=False)
    made = Window(state)
    made.resize(1366, 768)
    made.show()
    settled(qtbot, made)
    yield made
    state.saved = state.project  # nobody answers the question whether to save
    made.close()
    made.deleteLater()


def settled(qtbot: QtBot, window: Window) -> None:
    """Wait until the project is checked as it is now."""
    qtbot.waitUntil(lambda: window.state.is_checked, timeout=WAIT_MS)


@pytest.fixture
def go_to(qtbot: QtBot, window: Window) -> Callable[[str], None]:
    """Open a step as soon as what is before it is known to be sound."""

    def go(step: str) -> None:
        settled(qtbot, window)
        window.open_step(step)
        assert window.flow.current == step, window.state.found

    return go
