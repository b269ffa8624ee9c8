"""What nobody expected: written down and shown once; after that the window still works."""

import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from gui.crash import LOG, CrashGuard, log_folder
from gui.wizard.window import Window


def test_a_fault_ends_in_one_dialog(window: Window, qapp: QApplication) -> None:
    guard, boxes = CrashGuard(window.state), list[str]()

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        boxes.append(box.detailedText())
        guard.excepthook(*_fault("while it is shown"))  # opens no second one
        box.defaultButton().click()

    QTimer.singleShot(0, answer)
    guard.excepthook(*_fault("the reason"))
    qapp.processEvents()
    assert len(boxes) == 1
    assert "ZeroDivisionError: the reason" in boxes[0]
    written = (log_folder() / LOG).read_text(encoding="utf-8")
    assert "the reason" in written
    assert "while it is shown" in written
    window.open_step("environment")
    assert window.flow.current == "environment"


def _fault(words: str) -> tuple[type[BaseException], BaseException, None]:
    error = ZeroDivisionError(words)
    assert sys.exc_info() == (None, None, None)
    return type(error), error, None
