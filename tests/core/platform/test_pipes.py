"""A pipe without a reader is told from other errors."""

import errno
import os
import sys

import pytest

from core.platform.pipes import reader_gone


def test_a_pipe_without_a_reader() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(OSError) as caught:  # noqa: PT011 - its kind is what the system chooses
        os.write(writer, b"x")
    os.close(writer)
    assert reader_gone(caught.value)


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, ""), OSError(errno.EINVAL, "", "a:b.txt")])
def test_other_errors(error: OSError) -> None:
    assert not reader_gone(error)


@pytest.mark.skipif(sys.platform == "win32", reason="there it is how a pipe ends")
def test_an_invalid_argument() -> None:
    assert not reader_gone(OSError(errno.EINVAL, ""))
