"""The locked requirement files that ship with the program (written by ``scripts/lock_runtime.py``)."""

from importlib.resources import as_file, files
from pathlib import Path


def requirement_file(name: str) -> Path:
    """A file of resources/requirements; the program is always installed as plain files."""
    with as_file(files("resources").joinpath("requirements", name)) as path:
        return path
