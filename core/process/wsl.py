"""A WSL distribution as the place where commands run, by ``wsl.exe``; C:\\x is /mnt/c/x there.

Ending ``wsl.exe`` leaves the process inside alive. It is found as on this computer: by the mark of its run in the
environment, which all of its descendants have too, whatever group they are in and whoever of us is gone by then.
"""

import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from core.events import StageError
from core.platform.guard import MARK
from core.process.command import Command, HostPath, Token
from core.process.environment import FORCED, child_environment
from core.process.target import ClientProcess, LocalTarget

NAME = "wsl"
PROGRAM = "wsl.exe"
SPEAK_UTF8 = {"WSL_UTF8": "1"}
"""Else ``wsl.exe`` writes its own messages in UTF-16."""
END_SECONDS = 30.0
_SHARES = ("\\\\wsl.localhost\\", "\\\\wsl$\\")
_END = """
import os, signal, sys
mark, ended = sys.argv[1].encode(), set()
while True:
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if int(pid) != os.getpid() and mark in file.read().split(b"\\0"):
                    found.add(int(pid))
                    os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass
    if not found - ended:
        break
    ended |= found
print(len(ended))
"""
"""Ends all processes whose environment holds the line that is its argument, until none is new; prints how many."""


@dataclass(frozen=True, slots=True)
class WslTarget:
    """A distribution ("": the default one); ``python``: an interpreter in it, which ends what a run left."""

    distribution: str
    python: str

    def worded(self, command: Command, *, mark: str, cwd: Path) -> Command:
        """``wsl.exe --exec env NAME=VALUE … PROGRAM …``: no shell in between."""
        env: dict[str, Token] = {**FORCED, MARK: mark}
        env |= {key: value for key, value in command.env.items() if value is not None}
        sets = (f"{key}={inside(value)}" for key, value in env.items())
        argv = (*self._exec(inside(HostPath(command.cwd or cwd))), "env", *sets, *map(inside, command.argv))
        return Command(argv, SPEAK_UTF8, cwd)

    def start(self, command: Command, *, mark: str, cwd: Path) -> ClientProcess:
        """Start a command in the distribution."""
        client = LocalTarget().start(self.worded(command, mark=mark, cwd=cwd), mark=mark, cwd=cwd)
        return ClientProcess(f"{NAME}:{self.distribution}:{self.python}", client, lambda: self.end(mark))

    def end(self, mark: str) -> int:
        """End the run's processes in the distribution; returns how many. Without WSL there are none."""
        argv = [*self._exec("/"), self.python, "-c", _END, f"{MARK}={mark}"]
        with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError):
            done = subprocess.run(
                argv,
                env=child_environment(SPEAK_UTF8),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=END_SECONDS,
                check=False,
            )
            return int(done.stdout)
        return 0

    def _exec(self, folder: str) -> tuple[str, ...]:
        chosen = ("--distribution", self.distribution) if self.distribution else ()
        return (PROGRAM, *chosen, "--cd", folder, "--exec")


def inside(token: Token) -> str:
    """A word of a command as it reads in the distribution. Raises StageError for a path that it cannot reach."""
    if not isinstance(token, HostPath):
        return token
    path = token.path
    return f"{token.prefix}{_linux(path) if isinstance(path, PureWindowsPath) else path}{token.suffix}"


def _linux(path: PureWindowsPath) -> str:
    drive, *parts = path.parts
    if drive.endswith(":\\"):
        return "/".join(["/mnt", drive[0].lower(), *parts])
    if drive.lower().startswith(_SHARES):  # \\wsl.localhost\Ubuntu\ is the distribution's root
        return "/" + "/".join(parts)
    raise StageError("path_not_in_target", path=str(path))
