"""Unpacks zips that come from elsewhere, and none that would write beside the folder it is given."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path, PureWindowsPath

from core.events import StageError
from core.hardware.disk import free_bytes
from core.platform.files import move


def unpack_zip(archive: Path, folder: Path, check_stop: Callable[[], None] = lambda: None) -> None:
    """Unpack into ``folder``, which is there only when all of it is. Raises StageError where the file is no whole zip.

    A name that begins at a root or climbs with ".." is refused: zipfile would change it without a word.
    """
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            needed = sum(entry.file_size for entry in opened.infolist())
            if needed > (free := free_bytes(part)):
                raise StageError("disk_space", path=str(folder), needed=needed, free=free)
            for entry in opened.infolist():
                check_stop()
                _refuse_outside(entry.filename, archive)
                opened.extract(entry, part)
    except (zipfile.BadZipFile, FileNotFoundError, EOFError, NotImplementedError, RuntimeError) as error:
        raise StageError("download_damaged", name=archive.name) from error
    shutil.rmtree(folder, ignore_errors=True)
    move(part, folder)


def _refuse_outside(name: str, archive: Path) -> None:
    path = PureWindowsPath(name)  # which also knows "/" as a separator
    if path.is_absolute() or path.drive or path.root or ".." in path.parts:
        raise StageError("archive_unsafe", name=archive.name, entry=name)
