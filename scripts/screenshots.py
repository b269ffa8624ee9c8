"""Draws every page of the window, in both languages and both themes: ``python scripts/screenshots.py DIR``."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from core.config.settings import Settings
from core.messages import Language, languages
from gui.app import Appearance
from gui.pages import PAGES
from gui.wizard.state import WizardState
from gui.wizard.window import Window

SIZE = (1366, 768)
PATIENCE = 10.0
"""Seconds for a page's facts to be there."""

Prepare = Callable[[Window, Path], None]


def nothing(window: Window, folder: Path) -> None:
    """A page that needs no preparation."""


def recent(window: Window, folder: Path) -> None:
    """Projects that were open before."""
    for name in ("ruozhiba-7b", "customer-service"):
        window.state.save(folder / "projects" / f"{name}.tunesmith")
    window.page.enter()


PREPARED: dict[str, Prepare] = {"start": recent}
"""What a page is shown with, where that is more than the sample project has."""


def settle(app: QApplication, window: Window, seconds: float = 0.4) -> None:
    """Let the window work until the project is checked, and then a moment more."""
    end = time.monotonic() + PATIENCE
    while not window.state.is_checked and time.monotonic() < end:
        app.processEvents()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)


def draw(app: QApplication, out: Path, language: Language, *, dark: bool) -> None:
    """All pages in one language and theme."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["TUNESMITH_CONFIG"] = str(folder / "config")
        theme = "dark" if dark else "light"
        state = WizardState(Settings(work_dir=str(folder / "Tunesmith"), language=language, theme=theme))
        appearance = Appearance(app, state)
        window = Window(state)
        window.resize(*SIZE)
        window.show()
        for step in PAGES:
            settle(app, window)
            PREPARED.get(step, nothing)(window, folder)
            settle(app, window)
            window.open_step(step)
            settle(app, window)
            window.grab().save(str(out / f"{step}.{language}.{theme}.png"))
        state.saved = state.project
        window.close()
        window.deleteLater()
        appearance.end()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def main() -> None:
    """Draw into the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    out: Path = parser.parse_args().folder
    out.mkdir(parents=True, exist_ok=True)
    if "DISPLAY" not in os.environ:  # under Xvfb as well as without any screen
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    app.setStyle("Fusion")
    for language in languages():
        for dark in (False, True):
            draw(app, out, language, dark=dark)


if __name__ == "__main__":
    main()
