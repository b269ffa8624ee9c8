"""CMake's commands, and which compiler it is given."""

import os
from pathlib import Path

import pytest

from core.process.command import Command
from core.tools import cmake
from core.tools.cmake import BuildTools, Compiler

TOOLS = BuildTools(Path("/t/cmake"), Path("/t/ninja"))


def _program(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o700)
    return str(path)


def _words(command: Command) -> list[str]:
    return [str(token).replace(os.sep, "/") for token in command.argv]


posix = pytest.mark.skipif(os.name == "nt", reason="programs have another name there")


@posix
def test_both_compilers_must_be_there(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path)}
    assert cmake.compiler(environ) is None
    cxx = _program(tmp_path, "g++")
    assert cmake.compiler(environ) is None  # llama.cpp needs C, too
    c = _program(tmp_path, "gcc")
    assert cmake.compiler(environ) == Compiler("g++", c, cxx)


@posix
def test_the_users_choice_comes_first(tmp_path: Path) -> None:
    for name in ("cc", "c++"):
        _program(tmp_path, name)
    c, cxx = _program(tmp_path, "my-cc"), _program(tmp_path, "my-c++")
    environ = {"PATH": str(tmp_path), "CC": "my-cc", "CXX": "my-c++"}
    assert cmake.compiler(environ) == Compiler("my-c++", c, cxx)
    assert cmake.compiler({**environ, "CXX": "gone"}) == Compiler("c++", str(tmp_path / "cc"), str(tmp_path / "c++"))


def test_configure() -> None:
    command = cmake.configure(Path("/s"), Path("/b"), TOOLS, Compiler("g++", "/gcc", "/g++"), {"X": "OFF"})
    assert _words(command) == [
        *("/t/cmake", "-S", "/s", "-B", "/b", "-G", "Ninja", "-DCMAKE_MAKE_PROGRAM=/t/ninja"),
        *("-DCMAKE_C_COMPILER=/gcc", "-DCMAKE_CXX_COMPILER=/g++", "-DX=OFF"),
    ]
    assert command.env == {}


def test_build() -> None:
    command = cmake.build(Path("/b"), TOOLS, Compiler("g++", "/gcc", "/g++"), ["one", "two"], jobs=3)
    assert _words(command) == ["/t/cmake", "--build", "/b", "--parallel", "3", "--target", "one", "two"]


def test_zig_is_compiler_and_archiver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    compiler = cmake.zig_compiler(Path("/a b"), Path("/cache"))
    zig = Path("/a b/ziglang") / f"zig{cmake.EXE}"
    assert compiler.cxx == f"{zig};c++;-target;aarch64-linux-gnu.2.28;-O3;-s"
    assert compiler.settings["CMAKE_CXX_ARCHIVE_CREATE"] == f'"{zig}" ar qc <TARGET> <LINK_FLAGS> <OBJECTS>'
    command = cmake.configure(Path("/s"), Path("/b"), TOOLS, compiler, {})
    assert f'-DCMAKE_C_ARCHIVE_FINISH="{zig.as_posix()}" ranlib <TARGET>' in _words(command)
    cache = str(Path("/cache"))
    assert command.env == {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}


def test_the_tools_come_from_their_locks() -> None:
    for command, lock in ((cmake.install, "build-tools.txt"), (cmake.install_zig, "build-tools-zig.txt")):
        words = _words(command(Path("/tools"), Path("/python")))
        assert Path(words[words.index("--requirements") + 1]).name == lock
        assert words[words.index("--target") + 1] == "/tools"
        assert "--no-deps" in words
