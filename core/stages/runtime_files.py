"""Files of ours that run inside the training runtime, as paths that a child process can open."""

from importlib.resources import as_file, files
from pathlib import Path


def plugin(name: str) -> Path:
    """A script of resources/swift_plugins; the program is always installed as plain files."""
    with as_file(files("resources").joinpath("swift_plugins", name)) as path:
        return path
