"""Is this a file of rows, and in which encoding? Decided from its bytes, all of them, before the first row is read."""

import codecs
import stat
from pathlib import Path

from core.events import StageError

SUFFIXES = (".jsonl", ".ndjson", ".txt", ".json", ".csv", ".tsv")
"""What a dataset's file may be called."""

_CHUNK = 1 << 20
_LFS_POINTER = b"version https://git-lfs"
# UTF-32's mark begins with UTF-16's, so it is asked first
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect_encoding(path: Path) -> str:
    """The encoding of a dataset's file, as ``open`` takes it.

    A byte order mark decides; without one the whole file must be UTF-8, else GB18030 (which holds GBK and GB2312).
    Raises StageError where the path is no file of rows at all, or in no such encoding.
    """
    try:
        head = _head(path)
        marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
        candidates = (marked,) if marked else ("utf-8", "gb18030")
        furthest = 0
        for encoding in candidates:
            line = _undecodable_line(path, encoding)
            if line is None:
                return encoding
            furthest = max(furthest, line)
    except OSError as error:
        raise StageError("dataset_unreadable", path=str(path), reason=error.strerror or str(error)) from error
    raise StageError("dataset_encoding", path=str(path), line=furthest)


def _head(path: Path) -> bytes:
    """The first bytes of a file that can be one of rows."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the name
        raise StageError("dataset_missing", path=str(path)) from error
    if stat.S_ISDIR(status.st_mode):
        raise StageError("dataset_is_folder", path=str(path))
    if not stat.S_ISREG(status.st_mode):
        raise StageError("dataset_unreadable", path=str(path), reason="not a regular file")
    if path.suffix.lower() not in SUFFIXES:
        raise StageError("dataset_suffix", path=str(path), suffix=path.suffix, expected=" ".join(SUFFIXES))
    with path.open("rb") as stream:
        head = stream.read(len(_LFS_POINTER))
    if not head:
        raise StageError("dataset_file_empty", path=str(path))
    if head == _LFS_POINTER:
        raise StageError("dataset_lfs_pointer", path=str(path))
    return head


def _undecodable_line(path: Path, encoding: str) -> int | None:
    """The line of the first bytes that are not in this encoding; None where all are."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    line = 1
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                # error.object is what the decoder held back plus this chunk
                return line + error.object[: error.start].decode(error.encoding, "replace").count("\n")
            if not chunk:
                return None
