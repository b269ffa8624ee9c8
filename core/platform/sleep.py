"""Keeps the computer awake while a run works."""

import contextlib
from collections.abc import Iterator

from wakepy import keep


@contextlib.contextmanager
def awake() -> Iterator[bool]:
    """The computer does not go to sleep meanwhile; yields whether the system granted it."""
    with keep.running(on_fail="pass") as mode:
        yield bool(mode.active)
