"""Starts a program that outlives us: no console, no shared job, its output in a log."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.platform.frozen import own_dll_directory_reset

DETACHED = 0x0800_0200
"""Windows: CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP."""


def start_detached(argv: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path | None = None) -> int:
    """Start ``argv`` on its own and return its pid; its stdout and stderr are appended to ``log``.

    Raises OSError where the program cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    flags: dict[str, object] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = {"creationflags": DETACHED | subprocess.CREATE_BREAKAWAY_FROM_JOB}
    with log.open("ab") as output, own_dll_directory_reset():
        try:
            process = _start(argv, env, output, cwd, flags)
        except PermissionError:
            if "creationflags" not in flags:
                raise
            # a job that allows no breakaway (some terminals, CI): start inside it rather than not at all
            flags = {"creationflags": DETACHED}
            process = _start(argv, env, output, cwd, flags)
    process.returncode = 0  # it is not ours to wait for: no ResourceWarning when this object goes
    return process.pid


def _start(
    argv: Sequence[str], env: Mapping[str, str], output: object, cwd: Path | None, flags: dict[str, object]
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        list(argv), env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=cwd, **flags
    )
