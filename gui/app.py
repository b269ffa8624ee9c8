"""Starts the window: settings, language, look, and the guard against what nobody expected."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator, Slot
from PySide6.QtWidgets import QApplication

from core import __version__
from core.cli.console import Console
from core.config.settings import Settings, load_settings
from core.config.store import ProjectInvalidError
from core.messages import choose_language
from core.platform import LINUX, WINDOWS
from gui.crash import CrashGuard
from gui.theme import style
from gui.wizard.state import WizardState
from gui.wizard.window import Window

QT_CATALOGUES = {"zh": "qtbase_zh_CN", "en": "qtbase_en"}
SIZE = (1366, 768)


class Appearance(QObject):
    """Keeps look and Qt's own texts as the settings say, and as the system does."""

    def __init__(self, app: QApplication, state: WizardState) -> None:
        super().__init__(app)
        self._app, self._state = app, state
        self._shown: tuple[str, str] = ("", "")
        self._translator = QTranslator(self)
        app.styleHints().colorSchemeChanged.connect(self._on_scheme)
        self._unsubscribe = state.subscribe(self._on_changed)
        self._show()

    def end(self) -> None:
        """Look no more."""
        self._unsubscribe()
        self._app.removeTranslator(self._translator)
        self.deleteLater()

    def _on_changed(self, names: frozenset[str]) -> None:
        if "settings" in names:
            self._show()

    @Slot()
    def _on_scheme(self) -> None:
        self._shown = ("", "")
        self._show()

    def _show(self) -> None:
        theme, language = self._state.settings.theme, self._state.language
        if self._shown == (theme, language):
            return
        self._shown = (theme, language)
        style.apply(self._app, None if theme == "system" else theme == "dark")
        self._app.removeTranslator(self._translator)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._translator.load(QT_CATALOGUES[language], folder):
            self._app.installTranslator(self._translator)


def run(argv: Sequence[str]) -> int:
    """Open the window; returns the exit code."""
    args = _arguments(argv)
    if not has_screen(os.environ):
        Console(choose_language(args.lang or _settings()[0].language or None)).error("no_screen", {})
        return 1
    app = QApplication(["tunesmith"])
    app.setApplicationName("Tunesmith")
    app.setApplicationVersion(__version__)
    if not WINDOWS:
        app.setStyle("Fusion")
    settings, unread = _settings()
    state = WizardState(settings.model_copy(update={"language": args.lang}) if args.lang else settings)
    state.system_language = QLocale.system().name()
    guard = CrashGuard(state)
    sys.excepthook = guard.excepthook
    Appearance(app, state)
    window = make_window(state, args.project, unread)
    window.resize(*SIZE)
    window.show()
    return app.exec()


def has_screen(environment: Mapping[str, str]) -> bool:
    """Whether there is a screen to open a window on: Qt would abort without one, where X11 or Wayland show windows."""
    return not LINUX or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def make_window(state: WizardState, project: Path | None, unread: ProjectInvalidError | None) -> Window:
    """The window, with the project that was named; what cannot be read is said on the start page."""
    from gui.pages.start import StartPage  # noqa: PLC0415 - only this page shows it

    window = Window(state)
    start = window.page
    if isinstance(start, StartPage):
        if unread is not None:
            start.show_problems(unread.problems)
        elif project is not None:
            start.open_file(project.absolute())
    return window


def _settings() -> tuple[Settings, ProjectInvalidError | None]:
    """The saved settings; where they cannot be read the defaults, and why."""
    try:
        return load_settings(), None
    except ProjectInvalidError as error:
        return Settings(), error


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tunesmith gui", allow_abbrev=False)
    parser.add_argument("--lang", choices=("en", "zh"))
    parser.add_argument("project", type=Path, nargs="?")
    return parser.parse_args([word for word in argv if word != "gui"])
