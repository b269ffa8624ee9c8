"""Building llama.cpp's programs, whichever compiler there is."""

import shutil
from pathlib import Path

from core.events import StageError
from core.parsers.ninja import Ninja
from core.process.command import Command
from core.stages.base import StageContext
from core.tools import llama_cpp, uv
from core.tools.cmake import BuildTools, Compiler

TOOLS, BUILD, BIN = "tools", "build", "bin"


def commands(sources: Path, folder: Path, tools: BuildTools, compiler: Compiler) -> tuple[Command, Command]:
    """Configure, then build."""
    return llama_cpp.configure(sources, folder, tools, compiler), llama_cpp.build(folder, tools, compiler)


def make(ctx: StageContext, sources: Path, folder: Path, tools: BuildTools, compiler: Compiler) -> None:
    """Build in ``folder``, going on where an earlier run was stopped, and copy the programs into the stage's."""
    for command in commands(sources, folder, tools, compiler):
        ctx.run(command, Ninja(ctx.stage.name))
    made = [folder / BIN / f"{name}{uv.EXE}" for name in llama_cpp.TARGETS]
    for path in made:
        if not path.is_file():
            raise StageError("file_vanished", path=str(path), folder=str(folder))
    shutil.rmtree(ctx.folder / BIN, ignore_errors=True)
    (ctx.folder / BIN).mkdir()
    for path in made:
        shutil.copy(path, ctx.folder / BIN)
