"""What a system error that nobody caught means to a person."""

import errno

from core.events import StageError

_CODES = {
    errno.ENOSPC: "disk_ran_full",
    getattr(errno, "EDQUOT", -1): "disk_quota",
    errno.EIO: "disk_error",
    errno.EACCES: "folder_not_writable",
    errno.EROFS: "folder_not_writable",
    errno.EPERM: "folder_not_writable",
    errno.ENAMETOOLONG: "path_too_long",
}


def explained(error: OSError) -> StageError:
    """The error as a failure that has a sentence."""
    return StageError(_code(error), path=str(error.filename or ""), reason=error.strerror or str(error))


def _code(error: OSError) -> str:
    if getattr(error, "winerror", None) in (32, 33):  # a sharing or lock violation
        return "file_locked"
    return _CODES.get(error.errno or 0, "os_error")
