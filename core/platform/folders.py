"""Where the system wants a program to put things."""

import hashlib
import os
from pathlib import Path

import platformdirs

LONGEST_PLAIN = 60
"""Characters; sources, compiler and build add up to 197, and Windows ends at 260."""


def config_folder() -> Path:
    """The folder of our settings; ``TUNESMITH_CONFIG`` moves it."""
    return Path(os.environ.get("TUNESMITH_CONFIG") or platformdirs.user_config_path("tunesmith", appauthor=False))


def default_work_folder() -> Path:
    """The folder of runtime, models and tools until the user chooses another one."""
    return platformdirs.user_data_path("tunesmith", appauthor=False)


def plain_folder(preferred: Path) -> Path:
    """A folder in which Windows programs can build that know neither other alphabets nor spaces nor long paths.

    The preferred one if its path will do; else one below ProgramData, whose name is the same in every language and
    where each user may make folders.
    """
    text = str(preferred)
    if text.isascii() and " " not in text and len(text) <= LONGEST_PLAIN:
        return preferred
    name = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Path(os.environ.get("PROGRAMDATA") or r"C:\ProgramData") / "Tunesmith" / name
