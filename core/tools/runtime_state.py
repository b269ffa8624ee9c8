"""What is known of a training runtime that exists: its marker, its self-test, and whether a given one fits."""

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from core.config.problem import Problem
from core.events import StageError
from core.platform.files import move
from core.process.command import Command, HostPath, Token
from core.process.environment import child_environment
from core.tools.resource_files import requirement_file
from core.tools.runtime import RuntimeSpec, fingerprint

MARKER = "tunesmith-runtime.json"
ASK_SECONDS = 60.0

_FIELD = "runtime.python"
_VERSIONS = (
    "import importlib.metadata as m, json, re;"
    "print(json.dumps({re.sub('[-_.]+', '-', d.name).lower(): d.version for d in m.distributions() if d.name}))"
)
_MATCHING_PARTS = {"ms-swift": 2, "transformers": 1, "peft": 0, "torch": 0}
"""What a given environment must have, and how many parts of the version must be those of the lock."""


class Marker(BaseModel):
    """Says that an environment is whole; written last. ``fingerprint``: of its lock; ``versions``: by package."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    fingerprint: str
    versions: dict[str, str] = {}


class SelfTest(BaseModel):
    """What the self-test printed."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    ok: bool
    torch: str = ""
    device: str = ""
    name: str = ""
    ms: float = 0.0
    reason: str = ""


def read_marker(folder: Path) -> Marker | None:
    """The marker of an environment; None where it is not whole."""
    try:
        return Marker.model_validate_json((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def write_marker(folder: Path, marker: Marker) -> None:
    """Declare an environment whole."""
    part = folder / f"{MARKER}.part"
    part.write_text(marker.model_dump_json(indent=1), encoding="utf-8")
    move(part, folder / MARKER)


def is_ready(spec: RuntimeSpec) -> bool:
    """Whether the runtime is there and whole, as the present lock wants it; a given one is only looked for."""
    if spec.given:
        return spec.given.is_file()
    marker = read_marker(spec.folder)
    return marker is not None and marker.fingerprint == fingerprint(spec) and spec.python.exists()


def discard(folder: Path) -> None:
    """Remove an environment, whole or half-made, before it is made.

    Half-made ones are never gone on with: uv takes a package for installed whose files are only half there. All
    packages stay in uv's cache, so making it again is quick.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            (folder / MARKER).unlink()  # first, so that half an environment never passes for a whole one
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise StageError("runtime_not_removed", path=str(folder), reason=error.strerror or str(error)) from error


def read_self_test(output: str) -> SelfTest:
    """The self-test's answer among its output. Raises StageError where there is none, or where the device failed."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            with contextlib.suppress(ValidationError):
                test = SelfTest.model_validate_json(line)
                if not test.ok:
                    raise StageError("runtime_self_test_failed", device=test.device, reason=test.reason)
                return test
    raise StageError("runtime_self_test_failed", device="", reason=" ".join(output.splitlines()[-1:]))


def versions_command(python: Token) -> Command:
    """Print the versions of all packages of an environment, from metadata: nothing is imported."""
    return Command((python, "-c", _VERSIONS))


def read_versions(output: str) -> dict[str, str]:
    """What :func:`versions_command` printed. Raises ValueError where it is not that."""
    found = json.loads(output.splitlines()[-1]) if output.strip() else None
    if not isinstance(found, dict):
        raise ValueError("no versions")  # noqa: TRY004 - what json raises for other junk
    return {str(name): str(value) for name, value in found.items()}


def versions(spec: RuntimeSpec) -> dict[str, str]:
    """The versions of a runtime's packages: what the lock will install, or what a given environment has."""
    if spec.given:
        return environment_versions(spec.given)
    found = {"torch": spec.torch.partition("==")[2]}
    for path in spec.requirements:
        found |= _pinned(path)
    return found


def environment_versions(python: Path) -> dict[str, str]:
    """What an environment of the user's has; asks it, which takes a second. Raises StageError where it cannot tell."""
    if not python.is_file():
        raise StageError("runtime_python_missing", path=str(python))
    try:
        return read_versions(_ask(versions_command(HostPath(python))))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        reason = type(error).__name__ if isinstance(error, subprocess.SubprocessError) else str(error)
        raise StageError("runtime_python_broken", path=str(python), reason=reason) from error


def problems(python: Path) -> list[Problem]:
    """What keeps an environment of the user's from being the training runtime."""
    try:
        return list(version_problems(environment_versions(python)))
    except StageError as error:
        return [Problem(_FIELD, error.code, error.values)]


def _ask(command: Command) -> str:
    """A quick command's output. Raises OSError or SubprocessError where it does not end well."""
    argv, env = [str(token) for token in command.argv], child_environment(command.env)
    done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=ASK_SECONDS, check=True)
    return done.stdout.decode("utf-8", "replace")


def version_problems(versions: Mapping[str, str]) -> Iterator[Problem]:
    """The packages that are missing, or of a version that does not fit."""
    for package, parts in _MATCHING_PARTS.items():
        found = versions.get(package)
        if found is None:
            yield Problem(_FIELD, "runtime_package_missing", {"package": package})
        elif parts:
            wanted = ".".join(locked_versions()[package].split(".")[:parts])
            if found.split(".")[:parts] != wanted.split("."):
                yield Problem(_FIELD, "runtime_package_unfit", {"package": package, "found": found, "wanted": wanted})


@cache
def locked_versions() -> dict[str, str]:
    """The versions that the lock pins, by package."""
    return _pinned(requirement_file("runtime.txt"))


def _pinned(requirements: Path) -> dict[str, str]:
    """The versions of a locked file (the first where it depends on the Python)."""
    found: dict[str, str] = {}
    for line in requirements.read_text(encoding="utf-8").splitlines():
        name, equals, rest = line.partition("==")
        if equals and not line.startswith((" ", "#")):
            found.setdefault(name, rest.split()[0])
    return found
