"""Keeping the computer awake: asked for, and no run fails for want of it."""

import sys

import pytest

from core.platform.sleep import awake


def test_it_says_whether_the_system_granted_it() -> None:
    with awake() as granted:
        assert isinstance(granted, bool)
        if sys.platform == "win32":
            assert granted


def test_what_fails_inside_comes_out() -> None:
    with pytest.raises(KeyError), awake():
        raise KeyError


def test_one_after_another() -> None:
    for _ in range(2):
        with awake():
            pass
