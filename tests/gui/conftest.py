"""The window without a screen: a work folder and settings of its own, no GPU, no Ollama; no test leaks a thread."""

import gc
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.qt_libraries import require_qt

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
require_qt("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")

import shiboken6  # noqa: E402 - only once Qt is known to be there
from PySide6.QtCore import Qt, QThread  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QAbstractButton, QApplication  # noqa: E402
from pytestqt.qtbot import QtBot  # noqa: E402

from core.config.settings import RuntimeSettings, Settings  # noqa: E402
from gui.theme import style  # noqa: E402
from gui.wizard.state import WizardState  # noqa: E402
from gui.wizard.window import Window  # noqa: E402
from tests.core.models.conftest import CONFIG, Shapes, safetensors_bytes  # noqa: E402

LEFT = Qt.MouseButton.LeftButton
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
    return WizardState(settings)


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


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A model that can be trained and served, in the shape of a very small Qwen2."""
    return write_model(tmp_path / "模型 model")


@pytest.fixture
def rows_file(tmp_path: Path) -> Path:
    """Three rows of query and response."""
    file = tmp_path / "行 rows.jsonl"
    rows = [json.dumps({"query": f"问 {number}?", "response": f"答 {number}"}) for number in range(3)]
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def write_model(folder: Path) -> Path:
    """A model's folder with a template of Qwen2.5."""
    template = (Path(__file__).parents[1] / "data" / "chat_templates" / "qwen2.5.jinja").read_text(encoding="utf-8")
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    token = {"added_tokens": [{"id": 7, "content": "<|im_end|>"}]}
    (folder / "tokenizer.json").write_text(json.dumps(token), encoding="utf-8")
    words = {"eos_token": "<|im_end|>", "chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(words), encoding="utf-8")
    shapes: Shapes = {"model.embed_tokens.weight": (32, 8), "model.layers.0.mlp.up_proj.weight": (16, 8)}
    (folder / "model.safetensors").write_bytes(safetensors_bytes(shapes))
    return folder


def press(window: Window, name: str) -> None:
    """Click the one button of the page, or of the footer, that has a name."""
    places = (window.page, window.footer)
    buttons = [found for place in places for found in place.findChildren(QAbstractButton) if found.isVisible()]
    named = [found for found in buttons if name in (found.text(), found.accessibleName())]
    assert len(named) == 1, [found.text() or found.accessibleName() for found in buttons]
    QTest.mouseClick(named[0], LEFT)


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
