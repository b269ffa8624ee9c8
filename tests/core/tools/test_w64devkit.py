"""w64devkit's commands, and how an unpacked one is judged; the real one: tests/core/stages/test_w64devkit_real.py."""

from pathlib import Path

import pytest

from core.platform.folders import plain_folder
from core.tools import llama_cpp, w64devkit
from core.tools.cmake import BuildTools


def _kit(folder: Path, *more: str) -> Path:
    programs = w64devkit.programs(folder)
    programs.mkdir(parents=True)
    for name in (*w64devkit.NEEDED, *more):
        (programs / name).touch()
    return folder


def test_both_versions_are_in_the_table() -> None:
    new, old = (w64devkit.kit_source(version) for version in w64devkit.ENTRIES)
    assert (bool(new.sha256), new.unverified) == (True, False)
    assert (bool(old.sha256), old.unverified) == (False, True)
    assert w64devkit.archive_in(Path("/w"), new) == Path("/w/py_win_x86_64_gcc/data_pack/w64devkit-x64-2.7.0.7z.exe")
    assert w64devkit.archive_in(Path("/w"), old) == Path("/w/w64devkit-1.20.0.zip")


def test_it_unpacks_itself_without_a_question() -> None:
    kit, folder = Path("/w/kit.7z.exe"), Path("/w/a b")
    command = w64devkit.unpack(kit, folder)
    assert [str(token) for token in command.argv] == [str(kit), "-y", f"-o{folder}"]


def test_a_kit_with_and_without_cmake(tmp_path: Path) -> None:
    assert w64devkit.build_tools(_kit(tmp_path / "old", "cmake.exe")) is None
    programs = w64devkit.programs(_kit(tmp_path / "new", "cmake.exe", "ninja.exe"))
    assert w64devkit.build_tools(tmp_path / "new") == BuildTools(programs / "cmake.exe", programs / "ninja.exe")


def test_a_program_that_is_gone_is_named(tmp_path: Path) -> None:
    kit = _kit(tmp_path)
    assert w64devkit.missing(kit) is None
    (w64devkit.programs(kit) / "ld.exe").unlink()
    assert w64devkit.missing(kit) == w64devkit.programs(kit) / "ld.exe"


def test_what_it_builds_is_for_windows_10_and_needs_nothing_of_it() -> None:
    compiler = w64devkit.compiler(Path("/kit"), {"PATH": "/own"})
    tools = BuildTools(Path("/kit/cmake.exe"), Path("/kit/ninja.exe"))
    command = llama_cpp.configure(Path("/s"), Path("/b"), tools, compiler)
    words = {str(token) for token in command.argv}
    assert {
        "-DCMAKE_C_FLAGS=-D_WIN32_WINNT=0x0A00",
        "-DCMAKE_CXX_FLAGS=-D_WIN32_WINNT=0x0A00",
        "-DCMAKE_EXE_LINKER_FLAGS=-static -s",
        "-DGGML_NATIVE=OFF",
        "-DGGML_OPENMP=OFF",
        "-DCMAKE_C_COMPILER=/kit/w64devkit/bin/gcc.exe",
    } <= words
    path = command.env["PATH"]
    assert isinstance(path, str)
    assert path.startswith(str(w64devkit.programs(Path("/kit"))))
    assert path.endswith("/own")


@pytest.mark.parametrize(
    "path", [r"D:\模型\llama.cpp", r"C:\Users\Zoë\llama.cpp", r"C:\My Models\llama.cpp", "C:\\" + "x" * 60]
)
def test_a_path_that_is_not_plain_is_not_built_in(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRAMDATA", r"C:\ProgramData")
    found = str(plain_folder(Path(path)))
    assert found.isascii()
    assert found.startswith(r"C:\ProgramData")
    assert found == str(plain_folder(Path(path)))  # the same again, to go on with
    assert found != str(plain_folder(Path(path + "2")))


def test_a_plain_path_is_kept() -> None:
    assert plain_folder(Path(r"D:\tune\llama.cpp\0123456789ab")) == Path(r"D:\tune\llama.cpp\0123456789ab")
