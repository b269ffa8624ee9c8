"""Reads a model's files: small ones whole, saying what is wrong with them; big ones in pieces, telling how far."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from core.events import StageError

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""What a large file begins with when a repository was cloned without git-lfs."""

MAX_JSON = 256 * 1024 * 1024
"""tokenizer.json is the largest JSON file of a model: up to some 40 MB today."""

CHUNK = 1 << 20

Progress = Callable[[int, int | None, str], None]
"""Called with bytes done, bytes in all (None: not known), and what is done; what it raises ends the work."""


def check_file(file: Path) -> int:
    """The file's size in bytes; StageError if it is missing, unreadable, empty, or a git-LFS pointer."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            start = stream.read(len(LFS_POINTER))
    except FileNotFoundError:
        raise StageError("model_file_missing", file=str(file)) from None
    except OSError as error:
        raise StageError("file_not_readable", file=str(file), reason=error.strerror or str(error)) from None
    if size == 0:
        raise StageError("model_file_empty", file=str(file))
    if start == LFS_POINTER:
        raise StageError("model_lfs_pointer", file=str(file))
    return size


def read_text(file: Path) -> str:
    """The text of a UTF-8 file; line ends stay as they are, since a chat template is compared byte for byte."""
    size = check_file(file)
    if size > MAX_JSON:
        raise StageError("model_file_too_large", file=str(file), bytes=size, limit=MAX_JSON)
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise StageError("file_not_readable", file=str(file), reason=error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise StageError("model_file_not_utf8", file=str(file), position=error.start) from None


def read_json(file: Path) -> dict[str, object]:
    """The JSON object that a file holds."""
    text = read_text(file)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StageError("model_json_broken", file=str(file), reason=str(error)) from None
    if not isinstance(value, dict):
        found = type(value).__name__
        raise StageError("model_json_broken", file=str(file), reason=f"a JSON object was expected, not {found}")
    return value


def names_in(folder: Path) -> tuple[str, ...]:
    """The names in a folder, sorted; StageError if it cannot be listed."""
    try:
        return tuple(sorted(path.name for path in folder.iterdir()))
    except OSError as error:
        raise StageError("file_not_readable", file=str(folder), reason=error.strerror or str(error)) from None


def file_sha256(file: Path, progress: Progress = lambda *_: None) -> str:
    """A file's sha256 in hexadecimal."""
    digest = hashlib.sha256()
    for chunk in read_chunks(file, progress, "sha256"):
        digest.update(chunk)
    return digest.hexdigest()


def read_chunks(file: Path, progress: Progress, what: str) -> Iterator[bytes]:
    """A file's bytes in pieces; ``progress`` is told of each that was used."""
    size, done = file.stat().st_size, 0
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
            done += len(chunk)
            progress(done, size, what)
