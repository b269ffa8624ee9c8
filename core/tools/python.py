"""Python interpreters: which fit the training runtime, and where an environment has its own."""

import sys
from pathlib import Path

from core.platform import WINDOWS
from core.platform.frozen import is_frozen

OLDEST, NEWER_THAN_NEWEST = (3, 11), (3, 14)
"""The versions that the lock was resolved for and that PyTorch, ms-swift and its companions have wheels for."""
PYTHON_RANGE = ">={}.{},<{}.{}".format(*OLDEST, *NEWER_THAN_NEWEST)


def running_python() -> Path | None:
    """The interpreter that runs us, if the runtime can be made with it (a frozen program is none)."""
    fits = OLDEST <= sys.version_info[:2] < NEWER_THAN_NEWEST
    return Path(sys.executable) if fits and not is_frozen() else None


def interpreter_of(environment: Path) -> Path:
    """The interpreter of an environment."""
    return environment.joinpath(*(("Scripts", "python.exe") if WINDOWS else ("bin", "python")))
