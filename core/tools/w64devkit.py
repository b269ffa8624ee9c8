"""w64devkit, a compiler for Windows in one folder: unpacked, used and removed, never installed.

The release since 2.6 brings CMake and Ninja and unpacks itself; the older zip that many guides name has neither. Its
programs and CMake's generated files want plain paths: see :func:`core.platform.folders.plain_folder`.
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from core.process.command import Command, HostPath
from core.tools import uv
from core.tools.cmake import BuildTools, Compiler
from core.tools.resource_files import requirement_file
from core.tools.sources import Source, source

ENTRIES = {"2.7.0": "w64devkit", "1.20.0": "w64devkit-old"}
"""The table's entries by version."""
NEEDED = ("gcc.exe", "g++.exe", "as.exe", "ld.exe", "ar.exe")
_WINDOWS_10 = "-D_WIN32_WINNT=0x0A00"


def kit_source(version: str) -> Source:
    """The table's entry of a version."""
    return source(ENTRIES[version])


def install_wheel(folder: Path, python: Path) -> Command:
    """Unpack the wheel that holds the newer release."""
    return uv.install_into(folder, requirement_file("w64devkit.txt"), python)


def archive_in(folder: Path, wanted: Source) -> Path:
    """A release inside a folder that :func:`install_wheel` filled, or that it is downloaded into."""
    if wanted.member:
        return folder.joinpath(*PurePosixPath(wanted.member).parts)
    return folder / PurePosixPath(wanted.addresses[0].url).name


def unpack(archive: Path, folder: Path) -> Command:
    """Let the newer release unpack itself; it shows a small window meanwhile."""
    return Command((HostPath(archive), "-y", HostPath(folder, prefix="-o")))


def programs(kit: Path) -> Path:
    """The folder of an unpacked kit's programs."""
    return kit / "w64devkit" / "bin"


def missing(kit: Path) -> Path | None:
    """A program that must be there and is not, or None."""
    return next((path for name in NEEDED if not (path := programs(kit) / name).is_file()), None)


def build_tools(kit: Path) -> BuildTools | None:
    """The kit's own CMake and Ninja, or None."""
    found = BuildTools(programs(kit) / "cmake.exe", programs(kit) / "ninja.exe")
    return found if found.cmake.is_file() and found.ninja.is_file() else None


def compiler(kit: Path, environ: Mapping[str, str] = os.environ) -> Compiler:
    """The kit's compilers. Its folder is on PATH for the build's own children only."""
    folder = programs(kit)
    settings = {
        "CMAKE_C_FLAGS": _WINDOWS_10,
        "CMAKE_CXX_FLAGS": _WINDOWS_10,
        "CMAKE_EXE_LINKER_FLAGS": "-static -s",  # nothing of the kit is needed to run what it makes
        "GGML_OPENMP": "OFF",
    }
    path = os.pathsep.join((str(folder), environ.get("PATH", "")))
    gcc, gxx = ((folder / name).as_posix() for name in ("gcc.exe", "g++.exe"))  # CMake takes \ for an escape
    return Compiler("w64devkit", gcc, gxx, settings, {"PATH": path})
