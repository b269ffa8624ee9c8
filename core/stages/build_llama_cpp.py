"""build_llama_cpp: llama.cpp's converter and programs, pinned, and proved by a self-test before they are trusted."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.events import Artifact, StageError
from core.platform import WINDOWS
from core.process.command import Command, HostPath
from core.stages.base import ChildFailedError, ScriptLine, Stage, StageContext
from core.stages.job import Job, file_facts
from core.stages.llama_cpp_make import BIN, BUILD, TOOLS, commands
from core.stages.llama_cpp_ways import WAYS, ZIG, ZIG_CACHE
from core.stages.packages import install
from core.tools import cmake, llama_cpp, llama_cpp_check, ollama
from core.tools.cmake import Compiler

SELF_TEST_LIMIT = 120.0
"""Seconds for what takes a tenth of one."""
_OF_THE_DISK = ("disk_full", "disk_space", "disk_ran_full", "disk_quota")


class BuildLlamaCpp(Stage):
    """Gets llama.cpp, once for all projects, by the first way that works on this computer."""

    name = "build_llama_cpp"
    after = ("install_runtime",)
    resumable = True

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The version and the way; not the runtime, which only unpacks."""
        chosen = way(job)
        existing = llama_cpp.find_binaries(job.path(job.project.export.llama_cpp_dir)) if chosen == "existing" else None
        programs = [path for path in (existing.quantize, existing.imatrix) if path] if existing else []
        if chosen == "ollama" and (found := ollama.llama_quantize()) is not None:
            programs = [found]
        return {"build": llama_cpp.BUILD, "way": chosen, "files": file_facts(programs)}

    def is_whole(self, job: Job, artifacts: Sequence[Artifact]) -> bool:
        """Whether the programs and the converter are there."""
        tree = llama_cpp.source_tree(job.llama_cpp_sources)
        return super().is_whole(job, artifacts) and (tree / "convert_hf_to_gguf.py").is_file()

    def forecast_bytes(self, job: Job) -> int:
        """Sources, CMake, the build folder; on Windows also the compiler."""
        return 1_800_000_000 if WINDOWS and "build" in ways(job) else 900_000_000

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """The commands of a build; what needs more than commands is done by the stage itself."""
        folder, python = job.folder(self.name), job.runtime.python
        lines = [ScriptLine(llama_cpp.install_sources(job.llama_cpp_sources, python), folder=folder)]
        if way(job) != "build" or WINDOWS:
            return [*lines, ScriptLine(stage=self.name)]
        compiler = cmake.compiler() or cmake.zig_compiler(folder / ZIG, folder / ZIG_CACHE)
        tools = cmake.build_tools(folder / TOOLS)
        lines += [ScriptLine(command) for command in _getting(folder, python, compiler)]
        lines += [ScriptLine(command) for command in commands(job.llama_cpp_sources, folder / BUILD, tools, compiler)]
        copy = (HostPath(tools.cmake), "-E", "copy_directory", HostPath(folder / BUILD / BIN), HostPath(folder / BIN))
        return [*lines, ScriptLine(Command(copy))]

    def run(self, ctx: StageContext) -> None:
        """Get it, then quantize a tiny model and look at the result; where that fails, by the next way."""
        install(ctx, llama_cpp.install_sources(ctx.job.llama_cpp_sources, ctx.job.runtime.python))
        chosen = ways(ctx.job)
        first: StageError | None = None
        for number, name in enumerate(chosen, 1):
            try:
                WAYS[name](ctx)
                _self_test(ctx)
            except StageError as error:
                first = first or error
                if number == len(chosen) or error.code in _OF_THE_DISK:
                    raise first from error
                ctx.message(error.code, "warning", **error.values)
                ctx.message("llama_cpp_next_way", "warning", way=chosen[number])
            else:
                ctx.facts["way"] = name
                return

    def artifacts(self, ctx: StageContext) -> Iterable[Path]:
        """The programs."""
        return sorted(path for path in (ctx.folder / BIN).glob("*") if path.is_file())


def way(job: Job) -> str:
    """How llama.cpp is got, or tried first: "build", "prebuilt", "existing" or "ollama"."""
    return ways(job)[0]


def ways(job: Job) -> tuple[str, ...]:
    """The ways in the order in which they are tried."""
    choice = job.project.export.llama_cpp
    if choice == "auto":
        return ("prebuilt", "build", "ollama") if WINDOWS else ("build", "ollama")
    return (choice,)


def _getting(folder: Path, python: Path, compiler: Compiler) -> Iterator[Command]:
    """What a build needs beside the sources."""
    yield cmake.install(folder / TOOLS, python)
    if compiler.name == "zig":
        yield cmake.install_zig(folder / ZIG, python)


def _self_test(ctx: StageContext) -> None:
    """Raise StageError where llama-quantize writes anything but the right weights."""
    folder = ctx.folder / "self-test"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    llama_cpp_check.write_model(folder)
    exact = True
    binary = _quantizer(ctx)
    for kind in llama_cpp_check.TYPES:
        try:
            ctx.run(llama_cpp_check.command(binary, folder, kind), limit=SELF_TEST_LIMIT)
        except ChildFailedError as error:
            code = "quantizer_hangs" if error.code == "program_hangs" else "quantizer_crashes"
            raise ChildFailedError(code, {"path": str(binary), **error.values}, error.tail) from error
        exact = llama_cpp_check.check(folder, kind) and exact
    shutil.rmtree(folder)
    ctx.facts["exact"] = exact
    ctx.message("llama_cpp_proved", build=llama_cpp.BUILD)


def _quantizer(ctx: StageContext) -> Path:
    """llama-quantize as the later stages will find it."""
    try:
        return ctx.job.llama_cpp.quantize
    except StageError as error:
        if way(ctx.job) == "existing":
            raise
        raise StageError("file_vanished", path=str(ctx.folder / BIN), folder=str(ctx.folder)) from error
