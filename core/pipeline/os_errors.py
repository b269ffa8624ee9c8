"""What a system error that nobody caught means to a person."""

import errno

from core.events import StageError

_DENIED = (errno.EACCES, errno.EROFS, errno.EPERM)


def explained(error: OSError) -> StageError:
    """The error as a failure that has a sentence."""
    return StageError(_code(error), path=str(error.filename or ""), reason=error.strerror or str(error))


def _code(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "disk_ran_full"
    if getattr(error, "winerror", None) in (32, 33):  # a sharing or lock violation
        return "file_locked"
    if error.errno in _DENIED:
        return "folder_not_writable"
    return "path_too_long" if error.errno == errno.ENAMETOOLONG else "os_error"
