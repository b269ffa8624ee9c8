"""A download as a whole: list, choose, look at the disk, transfer, and give the folder its name when all is there."""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core.events import StageError
from core.hardware.disk import check_writable, free_bytes
from core.tools.hub import record
from core.tools.hub.meter import AbandonedError, Meter
from core.tools.hub.record import RECORD, Record
from core.tools.hub.repo import Hub, RemoteFile, Repo, check_files

PARALLEL = 4
"""Files at once: more do not help a home's line, and a hub's limits come sooner."""
RESERVE = 200_000_000
"""Bytes that stay free on the disk."""
INCOMPLETE = ".incomplete"
"""The end of the name of a file that is not whole yet."""

TextOf = Callable[[str], str]
"""Gives the text of one of the repository's files; "" where it has no such file."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files are wanted; ``name`` tells one choice from another."""

    choose: Callable[[Sequence[RemoteFile], TextOf], list[RemoteFile]]
    name: str = ""


def fetch(repo: Repo, hub: Hub, folder: Path, choice: Choice, meter: Meter) -> Record:
    """Bring a repository's files into a folder; returns its record. Raises StageError.

    All is written beside it, into ``folder.part``, which stays there where this ends early. A folder that is whole
    already is not asked for again: another revision has another name.
    """
    check_writable(folder.parent)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(folder.name + ".part")
    with _only_one(folder):
        known = record.read(folder)
        if known and known.choice == choice.name and known.stands(folder):
            return known
        if folder.exists() and not known and any(folder.iterdir()):
            raise StageError("fetch_folder_taken", path=str(folder))
        if known and not part.exists():
            folder.replace(part)  # damaged, or chosen otherwise: what is left of it is gone on with
        part.mkdir(exist_ok=True)
        (part / RECORD).unlink(missing_ok=True)
        commit, files = _bring(repo, hub, part, choice, meter)
        _remove_others(part, files)
        made = record.write(part, repo, commit, choice.name, files)
        if folder.exists():
            shutil.rmtree(folder)
        part.replace(folder)
    return made


def _bring(repo: Repo, hub: Hub, part: Path, choice: Choice, meter: Meter) -> tuple[str, Sequence[RemoteFile]]:
    commit, listed = hub.files(part)
    sound = list(check_files(repo, listed))

    def text_of(name: str) -> str:
        found = [file for file in sound if file.path == name]
        hub.download(found, part, meter)
        return (part / name).read_text(encoding="utf-8", errors="replace") if found else ""

    files = choice.choose(sound, text_of)
    if not files:
        raise StageError("hub_no_files", id=repo.id)
    _check_disk(files, part, hub.copies)
    meter.expect({file.path: file.size for file in files})
    hub.download(files, part, meter)
    meter.close()
    return commit, files


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Two projects may want the same model at once: the second waits, and finds it whole."""
    lock = FileLock(folder.with_name(folder.name + ".lock"))
    while True:
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=1.0)
            break
    try:
        yield
    finally:
        lock.release()


def _check_disk(files: Sequence[RemoteFile], part: Path, copies: int) -> None:
    missing = copies * sum(max(0, file.size - _present(part / file.path)) for file in files)
    free = free_bytes(part)
    if missing + RESERVE > free:
        raise StageError("disk_space", needed=missing + RESERVE, free=free, path=str(part))


def _present(path: Path) -> int:
    for place in (path, path.with_name(path.name + INCOMPLETE)):
        with contextlib.suppress(OSError):
            return place.stat().st_size
    return 0


def _remove_others(part: Path, files: Sequence[RemoteFile]) -> None:
    """What an earlier try brought and this revision or choice does not have."""
    if (part / ".git").exists():
        shutil.rmtree(part / ".git", onerror=_writable_first)
    wanted = {part / file.path for file in files}
    for path in sorted(part.rglob("*"), reverse=True):  # a folder after what is in it
        if path.is_dir() and not path.is_symlink():
            with contextlib.suppress(OSError):  # not empty
                path.rmdir()
        elif path not in wanted:
            path.unlink()


def _writable_first(function: Callable[[str], object], path: str, _error: object) -> None:
    """git's objects are read-only, which Windows does not delete."""
    Path(path).chmod(0o700)
    function(path)


def in_parallel(one: Callable[[RemoteFile], None], files: Sequence[RemoteFile], meter: Meter) -> None:
    """Do something for several files at once, the largest first. The first failure ends all, and is raised."""
    pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="fetch")
    futures = [pool.submit(one, file) for file in sorted(files, key=lambda file: -file.size)]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
    except KeyboardInterrupt:  # nobody waits for a server that says nothing
        meter.abandon()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    if any(future.done() and future.exception() for future in futures):
        meter.abandon()
    pool.shutdown(cancel_futures=True)
    errors = [error for future in futures if not future.cancelled() and (error := future.exception())]
    for error in sorted(errors, key=lambda error: isinstance(error, AbandonedError)):
        raise error
