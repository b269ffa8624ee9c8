"""Renames that stand a virus scanner."""

import os
import time
from pathlib import Path

WAIT = 5.0
"""Seconds in which others may let go of a file."""
_POLL = 0.05


def move(source: Path, target: Path) -> None:
    """Rename a file over what is there, or a folder to where nothing is. Raises OSError.

    Windows refuses while anybody has the file, or one in the folder, open; scanners and indexers look at new files for
    a moment, so it is tried again for one.
    """
    deadline = time.monotonic() + WAIT
    while True:
        try:
            os.replace(source, target)  # noqa: PTH105 - Path.replace is the same; this says that it overwrites
        except PermissionError:
            if os.name != "nt" or time.monotonic() > deadline:
                raise
            time.sleep(_POLL)
        else:
            return
