"""Docker: whether its engine can be used, its images, and what is wrong with the cure. Commands of runs: core.process.

A GPU in containers (NVIDIA's Container Toolkit, Docker Desktop with WSL 2) shows only when one is started, which
install_runtime's self-test does: what Docker lists of its runtimes says too little.
"""

import re
import subprocess
from dataclasses import dataclass

from core.events import StageError
from core.process.command import Command
from core.tools.sources import source

OFFICIAL_IMAGE = "swift-image"
"""The entry of tools.toml: ms-swift's own image."""
ASK_SECONDS = 15.0

_WRONG = {
    "docker_not_in_wsl": r"could not be found in this WSL",
    "docker_permission": r"permission denied|Access is denied",
    "docker_not_running": r"Cannot connect to the Docker daemon|error during connect|docker_engine|failed to connect"
    r"|daemon is not running",
}
"""What ``docker`` says, by the code for it."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine behind ``docker``: its version and the system of its containers."""

    version: str
    system: str


def engine() -> Engine:
    """The engine, asked now. Raises StageError where there is none, or none that runs Linux containers."""
    try:
        done = _ask("version", "--format", "{{.Server.Version}} {{.Server.Os}}")
    except FileNotFoundError as error:
        raise StageError("docker_missing") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise StageError("docker_failed", reason=str(error)) from error
    said = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace")
    version, _, system = said.partition("\n")[0].strip().partition(" ")
    if done.returncode != 0 or not system:
        for code, pattern in _WRONG.items():
            if re.search(pattern, said, re.IGNORECASE):
                raise StageError(code)
        raise StageError("docker_failed", reason=said.strip()[-300:])
    if system != "linux":
        raise StageError("docker_windows_containers")
    return Engine(version, system)


def check(image: str) -> None:
    """Raise StageError where nothing could be run in a container of the image; one that is not here can be got."""
    if not image:
        raise StageError("docker_image_empty", image=official_image())
    engine()


def official_image() -> str:
    """ms-swift's own image, by name and version."""
    entry = source(OFFICIAL_IMAGE)
    return f"{entry.addresses[0].url}:{entry.version}"


def has_image(image: str) -> bool:
    """Whether the engine has the image."""
    try:
        return _ask("image", "inspect", "--format", "{{.Id}}", image).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def pull(image: str) -> Command:
    """Get the image."""
    return Command(("docker", "pull", image))


def _ask(*words: str) -> "subprocess.CompletedProcess[bytes]":
    argv = ["docker", *words]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=ASK_SECONDS, check=False)
