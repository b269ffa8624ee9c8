"""Disk space, and whether a folder can be written to, asked before it exists."""

import contextlib
import errno
import re
import shutil
import stat
import tempfile
from pathlib import Path

from core.events import StageError

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_SURROGATE = re.compile("[\ud800-\udfff]")  # what Python makes of a byte that is no UTF-8


def free_bytes(path: Path) -> int:
    """Free space where a file or folder lies or will lie."""
    place = existing_parent(path)
    try:
        return shutil.disk_usage(place).free
    except OSError as error:
        raise StageError("file_not_readable", file=str(place), reason=error.strerror or str(error)) from None


def tree_bytes(folder: Path) -> int:
    """What a folder's files take on the disk, and what is free when they go: not those that have another name too."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # it went meanwhile
            facts = path.lstat()
            total += facts.st_size if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1 else 0
    return total


def existing_parent(path: Path) -> Path:
    """The path itself if it exists, else the nearest folder above it that does."""
    for place in (path.absolute(), *path.absolute().parents):
        try:
            if place.exists():
                return place
        except OSError:  # a name that is too long, or a folder that may not be looked into: the one above decides
            continue
    raise StageError("drive_not_found", path=str(path))


def check_name(path: Path) -> None:
    """StageError if a path is no text: Linux allows any bytes, which no journal or script could hold."""
    shown = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", str(path))
    if shown != str(path):
        raise StageError("path_not_text", path=shown)


def check_writable(folder: Path) -> None:
    """StageError if files cannot be written into a folder, or if it cannot be made; nothing is left behind."""
    place = existing_parent(folder)
    if not place.is_dir():
        raise StageError("not_a_folder", path=str(place))
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(b"x" * 4096)
    except OSError as error:
        if error.errno in _FULL:
            raise StageError("disk_full", path=str(folder), free=free_bytes(folder)) from None
        raise StageError("folder_not_writable", path=str(folder), reason=error.strerror or str(error)) from None
