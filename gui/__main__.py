"""The entry point `tunesmith`: the window where it is asked for, else the command line. Qt is imported late."""

import sys

from core.cli import main as command_line


def main() -> int:
    """Run the program; returns the exit code."""
    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
