"""WSL: its distributions, whether one can train, and what is wrong with the cure. Commands of runs: core.process.

The training runtime inside is an environment that the user made there with ms-swift (``hardware.wsl_python``): the
simplest sound way, since nothing of ours has to be brought across, and WSL's own disk, where it should lie for speed,
is none of this computer's folders.
"""

import re
import subprocess
from dataclasses import dataclass

from core.events import StageError
from core.process.environment import child_environment
from core.process.wsl import PROGRAM, SPEAK_UTF8

ASK_SECONDS = 60.0
"""A distribution that sleeps starts in some seconds."""

_LISTED = re.compile(r"^\s*(?P<default>\*?)\s*(?P<name>\w[\w.-]*)\s+\S.*?\s+(?P<version>[12])\s*$", re.MULTILINE)
_WRONG = {
    "wsl_virtualization_off": r"0x80370102|HCS_E_HYPERV_NOT_INSTALLED|HCS_E_SERVICE_NOT_AVAILABLE",
    "wsl_missing": r"0x8007019e|0x8004032d|OPTIONAL_COMPONENT_REQUIRED",
    "wsl_no_distribution": r"DEFAULT_DISTRO_NOT_FOUND|no installed distributions",
}
"""What ``wsl.exe`` says in every language, by the code for it."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed distribution; ``version`` is that of WSL it runs under."""

    name: str
    version: int
    default: bool


def distributions() -> tuple[Distribution, ...]:
    """What is installed. Raises StageError where WSL is not there or has none."""
    found = read_list(_ask("--list", "--verbose"))
    if not found:
        raise StageError("wsl_no_distribution")
    return found


def read_list(text: str) -> tuple[Distribution, ...]:
    """The table of ``wsl.exe --list --verbose``; its words are in the user's language."""
    return tuple(Distribution(row["name"], int(row["version"]), bool(row["default"])) for row in _LISTED.finditer(text))


def chosen(name: str) -> Distribution:
    """The distribution of this name ("": the default one). Raises StageError where it is not there, or of WSL 1."""
    found = distributions()
    for one in found:
        if one.name.lower() == name.lower() or (not name and one.default):
            if one.version != 2:
                raise StageError("wsl_version_1", name=one.name)
            return one
    raise StageError("wsl_distribution_unknown", name=name, known=", ".join(one.name for one in found))


def check(name: str, python: str, *, gpu: bool) -> None:
    """Raise StageError where the distribution cannot train: no WSL 2, no Python there, no GPU inside."""
    inside = ("--distribution", chosen(name).name, "--exec")
    try:
        _ask(*inside, python, "-c", "from importlib.metadata import version; version('ms-swift')")
    except StageError as error:
        if error.code != "wsl_failed":
            raise
        raise StageError("wsl_python_unfit", python=python, reason=error.values["reason"]) from error
    if gpu and not has_gpu(name):
        raise StageError("wsl_gpu_missing", name=name)


def has_gpu(name: str) -> bool:
    """Whether the distribution sees an NVIDIA GPU."""
    where = ("--distribution", name) if name else ()
    try:
        return "GPU" in _ask(*where, "--exec", "nvidia-smi", "--list-gpus")
    except StageError:
        return False


def _ask(*words: str) -> str:
    """What ``wsl.exe`` answers. Raises StageError with what is wrong."""
    try:
        done = subprocess.run(
            [PROGRAM, *words],
            env=child_environment(SPEAK_UTF8),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise StageError("wsl_missing") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise StageError("wsl_failed", reason=str(error)) from error
    said = (done.stdout + done.stderr).replace(b"\0", b"").decode("utf-8", "replace")  # old ones know UTF-16 only
    if done.returncode == 0:
        return said
    for code, pattern in _WRONG.items():
        if re.search(pattern, said, re.IGNORECASE):
            raise StageError(code)
    raise StageError("wsl_failed", reason=said.strip()[-300:])
