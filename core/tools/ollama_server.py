"""Starts Ollama's server and waits until it answers."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from core.events import StageError
from core.platform.guard import MARK
from core.process.environment import child_environment
from core.tools.ollama import version
from core.tools.ollama_connection import Check

Spawn = Callable[[Sequence[str], Mapping[str, str], Path], int]
"""Starts argv with an environment, output appended to a log, and returns its pid."""

START_TIMEOUT = 30.0
TICK = 0.1


def start_server(
    binary: Path,
    address: str,
    log: Path,
    spawn: Spawn,
    *,
    timeout: float = START_TIMEOUT,
    check: Check = lambda: None,
) -> int:
    """Start the user's Ollama for good: outside every run, so it carries no run's mark and nothing of ours ends it.

    Returns its pid once it answers at ``address``. ``check`` is called meanwhile; what it raises ends the waiting.
    """
    env = child_environment({"OLLAMA_HOST": address, MARK: None})
    return start([str(binary), "serve"], env, address, log, spawn, timeout=timeout, check=check)


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
