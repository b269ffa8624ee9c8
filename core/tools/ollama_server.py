"""Starts Ollama's server: the user's for good, or one of the demo's own, ended with all its children."""

import contextlib
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.events import StageError
from core.platform.guard import MARK, kill_all, marked
from core.process.environment import child_environment
from core.tools.ollama import find_binary, version
from core.tools.ollama_connection import Check
from core.tools.ollama_demo import DemoServer, installed

Spawn = Callable[[Sequence[str], Mapping[str, str], Path], int]
"""Starts argv with an environment, output appended to a log, and returns its pid."""

START_TIMEOUT = 30.0
TICK = 0.1
STOP_WAIT = 5.0
"""Seconds that the demo's server gets to end its runners by itself."""


OWN = "ollama"
"""Below the work folder: the Ollama that `tunesmith ollama install` gets on Linux."""


def is_installed(work: Path) -> bool:
    """Whether there is an Ollama that can be started."""
    return find_binary() is not None or installed(work / OWN) is not None


def start_installed(work: Path, address: str, spawn: Spawn, *, check: Check = lambda: None) -> None:
    """Start the user's Ollama, or the one of our own in the work folder. StageError where there is neither."""
    log, binary, own = work / "ollama.log", find_binary(), installed(work / OWN)
    if binary is not None:
        start_server((str(binary), "serve"), address, log, spawn, check=check)
    elif own is not None:
        start_server(own.argv, address, log, spawn, check=check, env=own.env)
    else:
        raise StageError("ollama_not_running", host=address)


def start_server(
    argv: Sequence[str],
    address: str,
    log: Path,
    spawn: Spawn,
    *,
    timeout: float = START_TIMEOUT,
    check: Check = lambda: None,
    env: Mapping[str, str | None] | None = None,
) -> int:
    """Start the user's Ollama for good: outside every run, so it carries no run's mark and nothing of ours ends it.

    Returns its pid once it answers at ``address``. ``check`` is called meanwhile; what it raises ends the waiting.
    """
    changed = child_environment({**(env or {}), "OLLAMA_HOST": address, MARK: None})
    return start(argv, changed, address, log, spawn, timeout=timeout, check=check)


def start(
    argv: Sequence[str],
    env: Mapping[str, str],
    address: str,
    log: Path,
    spawn: Spawn,
    *,
    timeout: float = START_TIMEOUT,
    check: Check = lambda: None,
) -> int:
    """Start a server and return its pid once it answers at ``address``; StageError where it does not in time."""
    begin = log.stat().st_size if log.exists() else 0
    try:
        pid = spawn(argv, env, log)
    except OSError as error:
        raise StageError("ollama_not_starting", log=str(log), reason=str(error)) from error
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        check()
        ended = _ended(pid)
        if not ended and version(address, timeout=1.0) is not None:
            return pid
        if ended:
            break
        time.sleep(TICK)
    raise _why(address, log, begin)


def _ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _why(address: str, log: Path, begin: int) -> StageError:
    """What the part of the log that this start wrote tells."""
    text = log.read_bytes()[begin:].decode(errors="replace") if log.exists() else ""
    if re.search(r"address already in use|Only one usage of each socket address", text):
        return StageError("ollama_port_taken", host=address)
    if missing := re.search(r"error while loading shared libraries: ([^:\s]+)", text):
        return StageError("ollama_library_missing", library=missing[1])
    lines = text.strip().splitlines()
    return StageError("ollama_not_starting", log=str(log), reason=lines[-1] if lines else "")


@dataclass(frozen=True, slots=True)
class PrivateServer:
    """A server that is up: where it answers, its process, and where its models lie."""

    address: str
    pid: int
    models: Path


@contextlib.contextmanager
def running(server: DemoServer, folder: Path, spawn: Spawn, *, keep: bool = False) -> Iterator[PrivateServer]:
    """Run ``server`` with its models, keys and log in ``folder``; ended at the end unless ``keep``.

    One that an earlier demo left in this folder (killed, or kept) is ended first: two would share one models folder.
    """
    mark = f"ollama:{folder}"
    folder.mkdir(parents=True, exist_ok=True)
    kill_all(marked(mark))
    address = f"127.0.0.1:{_free_port()}"
    models = folder / "models"
    changes = {"OLLAMA_HOST": address, "OLLAMA_MODELS": str(models), "HOME": str(folder), MARK: mark}
    env = child_environment({**server.env, **changes})
    try:
        pid = start(server.argv, env, address, folder / "ollama.log", spawn)
        yield PrivateServer(address, pid, models)
    except BaseException:
        _stop(mark)
        raise
    if not keep:
        _stop(mark)


def _stop(mark: str) -> None:
    """End the server and whatever carries its mark: the server's runners inherit it."""
    doomed = list(marked(mark))
    for process in doomed:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    psutil.wait_procs(doomed, timeout=STOP_WAIT)
    kill_all(marked(mark))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
