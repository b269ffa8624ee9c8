"""What opens the window, what the command line, and that the latter imports no Qt."""

import subprocess
import sys

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
