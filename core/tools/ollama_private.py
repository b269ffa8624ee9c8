"""Runs the demo's own Ollama: on a free port, with a models folder of its own, ended with all its children."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.platform.guard import MARK, kill_all, marked
from core.process.environment import child_environment
from core.tools.ollama_demo import DemoServer
from core.tools.ollama_server import Spawn, start

STOP_WAIT = 5.0
"""Seconds that the server gets to end its runners by itself."""


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
