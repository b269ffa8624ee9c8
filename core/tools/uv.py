"""uv, which makes environments and installs packages: where it is, and its commands. Pure: nothing runs here."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from core.events import StageError
from core.platform import WINDOWS
from core.platform.frozen import is_frozen
from core.process.command import Command, HostPath, Token
from core.tools.pip_settings import PipSettings, read_pip_settings, uv_environment

EXE = ".exe" if WINDOWS else ""


def find() -> Path:
    """The uv program: beside ours where we are frozen, else our dependency's, else the one on PATH."""
    beside = Path(sys.executable).with_name(f"uv{EXE}")
    if is_frozen() and beside.exists():
        return beside
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - a frozen program does not have the module

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        if on_path := shutil.which("uv"):
            return Path(on_path)
        raise StageError("uv_missing") from error


def version() -> str:
    """The version of the uv that we depend on, from metadata; "" where it is not installed as a package."""
    try:
        return metadata.version("uv")
    except metadata.PackageNotFoundError:
        return ""


def venv(folder: Path, python: str | Path, *, downloads: bool = False, mirror: str = "") -> Command:
    """Make an environment; what lies there already is kept.

    ``python`` is an interpreter's path, a version or a range of versions. ``downloads``: where this computer has none
    that fits, uv gets one, from ``mirror`` if that is given.
    """
    interpreter: Token = HostPath(python) if isinstance(python, Path) else python
    argv: list[Token] = ["venv", "--no-project", "--allow-existing", "--python", interpreter]
    argv += [] if downloads else ["--no-python-downloads"]
    return _uv(*argv, HostPath(folder), env={"UV_PYTHON_INSTALL_MIRROR": mirror} if mirror else {})


def pip_install(
    python: Path,
    *,
    requirements: Sequence[Path] = (),
    packages: Sequence[str] = (),
    target: Path | None = None,
    no_deps: bool = False,
    offline: bool = False,
    arguments: Sequence[str] = (),
    settings: PipSettings | None = None,
) -> Command:
    """Install packages into ``python``'s environment, or into the folder ``target``, with pip's own settings."""
    told = read_pip_settings() if settings is None else settings
    argv: list[Token] = ["pip", "install", "--python", HostPath(python)]
    argv += ["--target", HostPath(target)] if target else []
    for path in requirements:
        argv += ["--requirements", HostPath(path)]
    flags = {"--no-deps": no_deps, "--offline": offline, "--no-index": told.no_index}
    argv += [flag for flag, wanted in flags.items() if wanted]
    return _uv(*argv, *arguments, *packages, env=uv_environment(told, os.environ))


def install_into(folder: Path, requirements: Path, python: Path) -> Command:
    """Unpack a locked requirement file's packages, and nothing that they ask for, into a plain folder."""
    return pip_install(python, requirements=[requirements], target=folder, no_deps=True)


def pip_check(python: Path) -> Command:
    """Check that all packages of an environment fit each other."""
    return _uv("pip", "check", "--python", HostPath(python))


def _uv(*argv: Token, env: Mapping[str, str] | None = None) -> Command:
    return Command((HostPath(find()), *argv), env or {})
