"""Qt, and one application for all tests; each test of a worker fails on a thread that it leaves behind."""

import os

import pytest

from tests.qt_libraries import require_qt

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
require_qt("PySide6.QtCore", "PySide6.QtWidgets")

from PySide6.QtWidgets import QApplication  # noqa: E402 - only once Qt is known to be there


@pytest.fixture(scope="session")
def application(qapp: QApplication) -> QApplication:
    """The one of the window's tests: there can be no other beside it."""
    return qapp
