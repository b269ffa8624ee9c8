"""Where a command runs. A Target words the command for its place, starts it, and can end its whole tree."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import psutil

from core.platform.frozen import own_dll_directory_reset
from core.platform.guard import MARK, ProcessGuard
from core.process.command import Command
from core.process.environment import child_environment

LOCAL = "local"
"""The journal's name of this computer; what others mean is known to :mod:`core.process.targets`."""


class Running(Protocol):
    """A started process: its output, its end, and the means to end it. ``target``: where, as the journal keeps it."""

    target: str
    pid: int
    group: int
    create_time: float

    @property
    def output(self) -> IO[bytes]:
        """Stdout and stderr together, as they come."""

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""

    def kill(self) -> None:
        """End it with all of its descendants; returns when they are gone."""

    def close(self) -> None:
        """Release what was held; ends stragglers."""


class Target(Protocol):
    """A place where commands run: this computer, a container, a WSL distribution."""

    def worded(self, command: Command, *, mark: str, cwd: Path) -> Command:
        """The command of this computer that runs ``command`` there, as belonging to the run ``mark``."""

    def start(self, command: Command, *, mark: str, cwd: Path) -> Running:
        """Start a command, marked as belonging to the run ``mark``. Raises OSError where it cannot be started."""


@dataclass(frozen=True, slots=True)
class LocalTarget:
    """This computer."""

    def worded(self, command: Command, *, mark: str, cwd: Path) -> Command:
        """The command itself."""
        return command

    def start(self, command: Command, *, mark: str, cwd: Path) -> "LocalProcess":
        """Start the command in a process group (Job Object) of its own."""
        env = child_environment({**command.env, MARK: mark})
        guard = ProcessGuard(mark)
        with own_dll_directory_reset():
            process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
                [str(token) for token in command.argv],
                env=env,
                cwd=command.cwd or cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                **guard.popen_arguments(),
            )
        return LocalProcess(process, guard)


class LocalProcess:
    """A process on this computer, held by a ProcessGuard."""

    target = LOCAL

    def __init__(self, process: "subprocess.Popen[bytes]", guard: ProcessGuard) -> None:
        self._process = process
        self._guard = guard
        self.pid = process.pid
        self.group = guard.attach(process)
        try:
            self.create_time = psutil.Process(process.pid).create_time()
        except psutil.NoSuchProcess:  # it ended at once
            self.create_time = 0.0

    @property
    def output(self) -> IO[bytes]:
        """Stdout and stderr together."""
        assert self._process.stdout is not None  # noqa: S101 - opened with a pipe above
        return self._process.stdout

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """End the tree."""
        self._guard.kill()
        self._process.wait()

    def close(self) -> None:
        """Close the pipe and the guard."""
        self._guard.close()
        self.output.close()


class ClientProcess:
    """A program here (``docker``, ``wsl.exe``) that stands for a process elsewhere, which does not end with it."""

    def __init__(self, target: str, client: LocalProcess, end_there: Callable[[], object]) -> None:
        self._client, self._end_there = client, end_there
        self.target = target
        self.pid, self.group, self.create_time = client.pid, client.group, client.create_time

    @property
    def output(self) -> IO[bytes]:
        """What the process there writes."""
        return self._client.output

    def poll(self) -> int | None:
        """The exit code, which the program here passes on."""
        return self._client.poll()

    def kill(self) -> None:
        """End what runs there, then the program here, then what it was just about to start."""
        running = self.poll() is None
        self._end_there()
        self._client.kill()
        if running:
            self._end_there()

    def close(self) -> None:
        """Release the program here."""
        self._client.close()
