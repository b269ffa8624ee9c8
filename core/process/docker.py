"""Docker as the place where commands run: a container of its own for each, removed when the command ends.

The container sees of this computer what the command names, at the same paths (C:\\x as /c/x), and belongs to the run
by a label. By that label it is also ended: the ``docker`` program may be gone by then, with the container alive.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath

from core.events import StageError
from core.platform import WINDOWS
from core.platform.guard import MARK
from core.process.command import Command, HostPath, Token
from core.process.environment import FORCED
from core.process.target import ClientProcess, LocalTarget

NAME = "docker"
LABEL = "tunesmith.run"
END_SECONDS = 30.0
"""Docker waits up to 10 s for a container's last process."""


@dataclass(frozen=True, slots=True)
class DockerTarget:
    """Containers of one image. ``home``: a folder of this computer for what the programs there cache."""

    image: str
    home: Path
    gpus: bool

    def worded(self, command: Command, *, mark: str, cwd: Path) -> Command:
        """``docker run``; the image is never fetched on the way, since install_runtime does that with progress."""
        folder, home = HostPath(command.cwd or cwd), HostPath(self.home)
        env: dict[str, Token] = {**FORCED, MARK: mark, "HOME": home, "USER": "tunesmith"}
        env |= {key: value for key, value in command.env.items() if value is not None}
        used = [token.path for token in (folder, home, *command.argv, *env.values()) if isinstance(token, HostPath)]
        argv: list[Token] = ["docker", "run", "--rm", "--init", "--pull", "never", "--label", f"{LABEL}={mark}"]
        argv += ["--ipc", "host", *(("--gpus", "all") if self.gpus else ())]
        argv += ["--network", "host"] if "NNODES" in env else []
        argv += [] if WINDOWS else ["--user", f"{os.getuid()}:{os.getgid()}"]
        for path in mounted(used):
            argv += ["--mount", _mount(path)]
        argv += ["--workdir", inside(folder)]
        for key, value in env.items():
            argv += ["--env", f"{key}={inside(value)}"]
        program, *arguments = map(inside, command.argv)
        return Command((*argv, "--entrypoint", program, self.image, *arguments), cwd=cwd)

    def start(self, command: Command, *, mark: str, cwd: Path) -> ClientProcess:
        """Start a container."""
        client = LocalTarget().start(self.worded(command, mark=mark, cwd=cwd), mark=mark, cwd=cwd)
        return ClientProcess(NAME, client, lambda: end_containers(mark))


def end_containers(mark: str) -> int:
    """Remove a run's containers; returns how many. Without an engine there are none that could be reached."""
    found = _docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}={mark}").split()
    if found:
        _docker("rm", "--force", *found)
    return len(found)


def inside(token: Token | PurePath) -> str:
    """A word of a command as it reads in a container. Raises StageError for a path that no container can have."""
    if isinstance(token, HostPath):
        return f"{token.prefix}{inside(token.path)}{token.suffix}"
    if not isinstance(token, PureWindowsPath):
        return str(token)
    drive, *parts = token.parts
    if not drive.endswith(":\\"):
        raise StageError("path_not_in_target", path=str(token))
    return "/".join(["", drive[0].lower(), *parts])


def mounted(used: Iterable[PurePath]) -> Iterator[PurePath]:
    """The folders that hold all of these, none inside another; what is no folder (yet) stands for the one it is in."""
    folders = {path if Path(path).is_dir() else path.parent for path in used}
    for path in sorted(folders, key=str):
        if not any(parent in folders for parent in path.parents):
            yield path


def _mount(path: PurePath) -> str:
    """A bind mount in Docker's notation, which is a line of CSV; unlike -v it stands a colon in the path."""
    fields = ("type=bind", f"source={path}", f"target={inside(path)}")
    return ",".join('"' + field.replace('"', '""') + '"' if set(field) & set(',"') else field for field in fields)


def _docker(*words: str) -> str:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            ["docker", *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=END_SECONDS, check=False
        )
        return done.stdout.decode("utf-8", "replace")
    return ""
