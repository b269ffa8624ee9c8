"""The command line: `tunesmith init | check | plan | run | status | stop | doctor | runtime | demo`."""

from core.cli.main import main

__all__ = ["main"]
