"""The entry point `tunesmith`: the window where it is asked for, else the command line. Qt is imported late."""

import sys
from collections.abc import Sequence

from core.cli import main as command_line


def main() -> int:
    """Run the program; returns the exit code."""
    words = sys.argv[1:]
    if wants_window(words):
        from gui.app import run  # noqa: PLC0415 - Qt is not for the command line

        return run(words)
    return command_line(words)


def wants_window(words: Sequence[str]) -> bool:
    """Whether the arguments name no command, or ``gui``; a language may stand before it."""
    rest = list(words)
    if rest[:1] == ["--lang"] and len(rest) > 1:
        rest = rest[2:]
    elif rest and rest[0].startswith("--lang="):
        rest = rest[1:]
    return not rest or rest[0] == "gui"


if __name__ == "__main__":
    sys.exit(main())
