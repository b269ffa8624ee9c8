"""build_llama_cpp: llama.cpp's converter and programs, pinned, and proved by a self-test before they are trusted."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.events import Artifact, StageError
from core.parsers.ninja import Ninja
from core.parsers.uv import Uv
from core.platform import WINDOWS
from core.process.command import Command, HostPath
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import Job, file_facts
from core.tools import cmake, llama_cpp, llama_cpp_check
from core.tools.cmake import BuildTools, Compiler

TOOLS, ZIG, ZIG_CACHE, BUILD, BIN = "tools", "zig", "zig-cache", "build", "bin"


class BuildLlamaCpp(Stage):
    """Gets llama.cpp, once for all projects: built from source on Linux, the official binaries on Windows."""

    name = "build_llama_cpp"
    after = ("install_runtime",)
    resumable = True

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The version and the way; not the runtime, which only unpacks."""
        chosen = way(job)
        existing = llama_cpp.find_binaries(job.path(job.project.export.llama_cpp_dir)) if chosen == "existing" else None
        programs = [path for path in (existing.quantize, existing.imatrix) if path] if existing else []
        return {"build": llama_cpp.BUILD, "way": chosen, "files": file_facts(programs)}

    def is_whole(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether the programs and the converter are there."""
        tree = llama_cpp.source_tree(job.llama_cpp_sources)
        return super().is_whole(job, artifacts) and (tree / "convert_hf_to_gguf.py").is_file()

    def forecast_bytes(self, job: Job) -> int:
        """Sources, CMake, and the build folder."""
        return 900_000_000

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """The commands of a build; the official binaries are unpacked by the stage itself."""
        folder, python = job.folder(self.name), job.runtime.python
        lines = [ScriptLine(llama_cpp.install_sources(job.llama_cpp_sources, python), folder=folder)]
        if way(job) != "build":
            return [*lines, ScriptLine(stage=self.name)]
        compiler = cmake.compiler() or cmake.zig_compiler(folder / ZIG, folder / ZIG_CACHE)
        lines += [ScriptLine(command) for command in _getting(folder, python, compiler)]
        lines += [ScriptLine(command) for command in _building(job, folder, compiler)]
        program = HostPath(cmake.build_tools(folder / TOOLS).cmake)
        copy = (program, "-E", "copy_directory", HostPath(folder / BUILD / BIN), HostPath(folder / BIN))
        return [*lines, ScriptLine(Command(copy))]

    def run(self, ctx: StageContext) -> None:
        """Get it, then quantize a tiny model and look at the result."""
        job, folder = ctx.job, ctx.folder
        ctx.run(llama_cpp.install_sources(job.llama_cpp_sources, job.runtime.python), Uv(self.name))
        match way(job):
            case "build":
                self._build(ctx, folder)
            case "prebuilt":
                llama_cpp.unpack_official(job.llama_cpp_sources, folder)
            case _:
                if llama_cpp.find_binaries(job.path(job.project.export.llama_cpp_dir)) is None:
                    raise StageError("llama_cpp_folder_missing", path=job.project.export.llama_cpp_dir)
        _self_test(ctx)

    def _build(self, ctx: StageContext, folder: Path) -> None:
        compiler = cmake.compiler()
        if compiler is None:
            compiler = cmake.zig_compiler(folder / ZIG, folder / ZIG_CACHE)
            ctx.message("compiler_from_zig")
        for command in _getting(folder, ctx.job.runtime.python, compiler):
            ctx.run(command, Uv(self.name))
        for command in _building(ctx.job, folder, compiler):
            ctx.run(command, Ninja(self.name))
        shutil.rmtree(folder / BIN, ignore_errors=True)
        shutil.copytree(folder / BUILD / BIN, folder / BIN)
        for left in (BUILD, ZIG, ZIG_CACHE):
            shutil.rmtree(folder / left, ignore_errors=True)
        ctx.facts["compiler"] = compiler.name

    def artifacts(self, ctx: StageContext) -> Iterable[Path]:
        """The programs."""
        return sorted(path for path in (ctx.folder / BIN).glob("*") if path.is_file())


def way(job: Job) -> str:
    """How llama.cpp is got: "build", "prebuilt" or "existing"."""
    choice = job.project.export.llama_cpp
    if choice == "auto":
        return "prebuilt" if WINDOWS else "build"
    return choice


def _getting(folder: Path, python: Path, compiler: Compiler) -> Iterator[Command]:
    """What a build needs beside the sources."""
    yield cmake.install(folder / TOOLS, python)
    if compiler.name == "zig":
        yield cmake.install_zig(folder / ZIG, python)


def _building(job: Job, folder: Path, compiler: Compiler) -> tuple[Command, Command]:
    tools: BuildTools = cmake.build_tools(folder / TOOLS)
    return (
        llama_cpp.configure(job.llama_cpp_sources, folder / BUILD, tools, compiler),
        llama_cpp.build(folder / BUILD, tools, compiler),
    )


def _self_test(ctx: StageContext) -> None:
    """Raise StageError where llama-quantize writes anything but the right weights."""
    folder = ctx.folder / "self-test"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    llama_cpp_check.write_model(folder)
    exact = True
    for kind in llama_cpp_check.TYPES:
        ctx.run(llama_cpp_check.command(ctx.job.llama_cpp.quantize, folder, kind))
        exact = llama_cpp_check.check(folder, kind) and exact
    shutil.rmtree(folder)
    ctx.facts["exact"] = exact
    ctx.message("llama_cpp_proved", build=llama_cpp.BUILD)
