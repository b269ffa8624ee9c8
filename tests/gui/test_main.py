"""What opens the window, what the command line, and that the latter imports no Qt."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gui.__main__ import wants_window


@pytest.mark.parametrize(
    ("words", "window"),
    [
        ([], True),
        (["gui"], True),
        (["gui", "a.tunesmith"], True),
        (["--lang", "zh"], True),
        (["--lang=zh", "gui"], True),
        (["check", "gui"], False),
        (["--help"], False),
        (["--lang", "zh", "doctor"], False),
    ],
)
def test_what_opens_the_window(words: list[str], window: bool) -> None:
    assert wants_window(words) is window


def test_the_command_line_imports_no_qt() -> None:
    code = (
        "import sys; from gui.__main__ import main; sys.argv = ['tunesmith', '--version']\n"
        "try: main()\n"
        "except SystemExit: sys.exit('PySide6' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_without_a_screen_a_sentence_is_said(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment["TUNESMITH_CONFIG"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "gui", "--lang", "en"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "no screen" in done.stderr
    assert "tunesmith --help" in done.stderr
