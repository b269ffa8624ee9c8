"""Where the system wants a program to put things."""

import os
from pathlib import Path

import platformdirs


def config_folder() -> Path:
    """The folder of our settings; ``TUNESMITH_CONFIG`` moves it."""
    return Path(os.environ.get("TUNESMITH_CONFIG") or platformdirs.user_config_path("tunesmith", appauthor=False))


def default_work_folder() -> Path:
    """The folder of runtime, models and tools until the user chooses another one."""
    return platformdirs.user_data_path("tunesmith", appauthor=False)
