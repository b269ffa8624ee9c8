"""CMake, Ninja and a compiler: where they are, and the commands that build a C++ project with them."""

import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.process.command import Command, HostPath, Token
from core.tools import uv
from core.tools.resource_files import requirement_file

EXE = uv.EXE
OLDEST_GLIBC = "2.28"
"""Zig links against the symbols of this C library, so that its programs run on every Linux that has wheels at all."""


@dataclass(frozen=True, slots=True)
class BuildTools:
    """CMake and Ninja."""

    cmake: Path
    ninja: Path


@dataclass(frozen=True, slots=True)
class Compiler:
    """A compiler as CMake is told of it. ``settings``: what it needs beyond; ``env``: for configuring and building."""

    name: str
    c: str
    cxx: str
    settings: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


def install(folder: Path, python: Path) -> Command:
    """Unpack the pinned CMake and Ninja."""
    return uv.install_into(folder, requirement_file("build-tools.txt"), python)


def install_zig(folder: Path, python: Path) -> Command:
    """Unpack the pinned Zig, whose C and C++ compiler needs nothing else of the system."""
    return uv.install_into(folder, requirement_file("build-tools-zig.txt"), python)


def build_tools(folder: Path) -> BuildTools:
    """The programs inside a folder that :func:`install` filled (its bin/cmake is a script of the installing Python)."""
    return BuildTools(folder / "cmake" / "data" / "bin" / f"cmake{EXE}", folder / "bin" / f"ninja{EXE}")


def compiler(environ: Mapping[str, str] = os.environ) -> Compiler | None:
    """The system's C and C++ compilers (CC and CXX first); None where one of the two is missing."""
    pairs = [("cc", "c++"), ("gcc", "g++"), ("clang", "clang++")]
    if environ.get("CC") and environ.get("CXX"):
        pairs.insert(0, (environ["CC"], environ["CXX"]))
    for c, cxx in pairs:
        found = [shutil.which(name, path=environ.get("PATH")) for name in (c, cxx)]
        if found[0] and found[1]:
            return Compiler(Path(found[1]).name, found[0], found[1])
    return None


def zig_compiler(folder: Path, cache: Path) -> Compiler:
    """Zig as compiler and archiver; ``folder`` was filled by :func:`install_zig`."""
    zig = folder / "ziglang" / f"zig{EXE}"
    # the same -O3 and -s everywhere: Zig makes a C++ library, which takes it a minute, for each set of such flags
    flags = f"-target;{platform.machine()}-linux-gnu.{OLDEST_GLIBC};-O3;-s"
    settings = {}
    for language in ("C", "CXX"):
        settings[f"CMAKE_{language}_ARCHIVE_CREATE"] = f'"{zig}" ar qc <TARGET> <LINK_FLAGS> <OBJECTS>'
        settings[f"CMAKE_{language}_ARCHIVE_FINISH"] = f'"{zig}" ranlib <TARGET>'
    env = {"ZIG_GLOBAL_CACHE_DIR": str(cache), "ZIG_LOCAL_CACHE_DIR": str(cache)}
    return Compiler("zig", f"{zig};cc;{flags}", f"{zig};c++;{flags}", settings, env)


def configure(source: Path, build: Path, tools: BuildTools, compiler: Compiler, settings: Mapping[str, str]) -> Command:
    """Prepare a build folder for a source tree."""
    argv: list[Token] = [HostPath(tools.cmake), "-S", HostPath(source), "-B", HostPath(build), "-G", "Ninja"]
    argv += [HostPath(tools.ninja, prefix="-DCMAKE_MAKE_PROGRAM=")]
    chosen = {"CMAKE_C_COMPILER": compiler.c, "CMAKE_CXX_COMPILER": compiler.cxx, **compiler.settings, **settings}
    argv += [f"-D{name}={value}" for name, value in chosen.items()]
    return Command(tuple(argv), dict(compiler.env))


def build(
    folder: Path, tools: BuildTools, compiler: Compiler, targets: Sequence[str], jobs: int | None = None
) -> Command:
    """Build some targets of a configured folder."""
    parallel = str(jobs or os.cpu_count() or 1)
    argv: list[Token] = [HostPath(tools.cmake), "--build", HostPath(folder), "--parallel", parallel, "--target"]
    return Command((*argv, *targets), dict(compiler.env))
