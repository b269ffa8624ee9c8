"""Files of ours that other programs open; Tunesmith is always installed as plain files."""

from importlib.resources import as_file, files
from pathlib import Path


def requirement_file(name: str) -> Path:
    """A locked requirement file (written by ``scripts/lock_runtime.py``)."""
    return _resource("requirements", name)


def plugin(name: str) -> Path:
    """A script that runs inside the training runtime."""
    return _resource("swift_plugins", name)


def _resource(folder: str, name: str) -> Path:
    with as_file(files("resources").joinpath(folder, name)) as path:
        return path
