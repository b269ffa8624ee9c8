"""Qt's core, and one application for all workers; each test fails on a thread that it leaves behind."""

import os

import pytest

from tests.qt_libraries import require_qt

require_qt("PySide6.QtCore")

from PySide6.QtCore import QCoreApplication  # noqa: E402 - only once Qt is known to be there


@pytest.fixture(scope="session")
def application() -> QCoreApplication:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QCoreApplication.instance() or QCoreApplication([])
