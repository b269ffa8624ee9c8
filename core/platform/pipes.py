"""What a pipe says when nobody reads it any more."""

import errno
import sys


def reader_gone(error: OSError) -> bool:
    """Whether who read our output went away, as `head` does. Windows calls that an invalid argument."""
    if sys.platform == "win32" and error.errno == errno.EINVAL and error.filename is None:
        return True
    return isinstance(error, BrokenPipeError)
