"""What nobody expected: written down, shown once with copy and log folder, and the window goes on."""

import time
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox

from core.messages import N_
from core.platform.folders import config_folder
from gui.wizard.state import WizardState

LOG = "window.log"


def log_folder() -> Path:
    """Where the window writes down what went wrong."""
    return config_folder() / "logs"


class CrashGuard(QObject):
    """``excepthook`` may be called by any thread; the dialog is the GUI thread's."""

    happened = Signal(str)

    def __init__(self, state: WizardState) -> None:
        super().__init__()
        self._state = state
        self._is_shown = False
        self.happened.connect(self._show)

    def excepthook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Python's hook for what nothing caught."""
        words = "".join(traceback.format_exception(kind, error, trace))
        try:
            log_folder().mkdir(parents=True, exist_ok=True)
            with (log_folder() / LOG).open("a", encoding="utf-8") as file:
                file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n{words}\n")
        except OSError:
            pass  # the dialog has it
        self.happened.emit(words)

    @Slot(str)
    def _show(self, words: str) -> None:
        if self._is_shown:  # a fault in a timer would stack up dialogs
            return
        self._is_shown = True
        say, role = self._state.say, QMessageBox.ButtonRole
        box = QMessageBox(QMessageBox.Icon.Warning, "Tunesmith", say(N_("Something went wrong inside Tunesmith.")))
        box.setInformativeText(
            say(N_("You can go on working; a run is not affected. Please send us the details, so that we can mend it."))
        )
        box.setDetailedText(words)
        copy = box.addButton(say(N_("Copy details")), role.ActionRole)
        folder = box.addButton(say(N_("Open log folder")), role.ActionRole)
        box.setDefaultButton(box.addButton(say(N_("Go on")), role.AcceptRole))
        box.exec()
        if box.clickedButton() is copy:
            QGuiApplication.clipboard().setText(words)
        elif box.clickedButton() is folder:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder())))
        self._is_shown = False
