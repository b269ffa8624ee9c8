"""Installs Ollama on Windows: by its own installer, got with the user's consent and run without a window.

It installs for this user alone, so no administrator is asked for, and starts Ollama now and at each log-in.
On Linux the official installer wants root and changes the system: Ollama comes there as the demo gets it.
"""

from pathlib import Path

import psutil

from core.events import StageError
from core.platform.guard import MARK
from core.process.environment import child_environment
from core.tools.download import Watch, download
from core.tools.ollama import find_binary
from core.tools.ollama_server import Spawn
from core.tools.sources import Source, source, unverified_error

SILENT = ("/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART")
"""Inno Setup's words for: no window, no question, no restart."""
TICK = 0.25


def installer() -> Source:
    """Where the installer comes from."""
    return source("ollama-windows")


def install(folder: Path, watch: Watch, spawn: Spawn, *, allow_unverified: bool) -> Path:
    """Get the installer into ``folder`` and run it; returns Ollama's program. A cut download is gone on with.

    A stop (``watch.check`` raises) leaves a running installer to its end: half an installation would be worse.
    """
    thing, file, log = installer(), folder / "OllamaSetup.exe", folder / "ollama-install.log"
    if thing.unverified and not allow_unverified:
        raise unverified_error(thing)
    download([address.url for address in thing.addresses], file, watch, sha256=thing.sha256)
    try:
        pid = spawn([str(file), *SILENT, f"/LOG={log}"], child_environment({MARK: None}), log.with_suffix(".out"))
    except OSError as error:  # no program at all, a virus scanner, or the user's "no"
        file.unlink(missing_ok=True)
        raise StageError("ollama_installer_not_starting", reason=str(error)) from error
    code = _code(psutil.Process(pid), watch)
    binary = find_binary()
    if code or binary is None:
        raise StageError("ollama_installer_failed", exit=code, log=str(log))
    file.unlink(missing_ok=True)
    return binary


def _code(process: psutil.Process, watch: Watch) -> int:
    while True:
        watch.check()
        try:
            return process.wait(TICK) or 0
        except psutil.TimeoutExpired:
            continue
