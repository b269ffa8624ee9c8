"""Exports that cannot be made, as check tells them before the training."""

import sys
from pathlib import Path
from typing import Any

import pytest

from core.models.quantization import BITS, FROM_Q8_0, NEEDS_IMATRIX
from core.tools import uv
from tests.core.cli.conftest import Home, english


def programs(folder: Path, *names: str) -> str:
    folder.mkdir()
    for name in names:
        (folder / f"{name}{uv.EXE}").touch()
    return str(folder)


@pytest.mark.parametrize(
    ("export", "found"),
    [
        ({"outtype": "q8_0", "quantizations": ["Q8_0"]}, {}),
        ({"outtype": "q8_0", "quantizations": ["q8_0", "copy"]}, {}),
        ({"outtype": "q8_0", "quantizations": ["Q8_0", "Q4_K_M"]}, {"export.outtype": "quantized_twice"}),
        ({"outtype": "q8_0", "quantizations": ["f16"]}, {"export.outtype": "quantized_twice"}),
        ({"outtype": "bf16", "quantizations": ["Q4_K_M"]}, {}),
        ({"quantizations": ["IQ2_XS"]}, {"export.imatrix": "imatrix_needed"}),
        ({"quantizations": ["Q4_K_M", "q2_k_s"]}, {"export.imatrix": "imatrix_needed"}),
        ({"quantizations": ["IQ2_XS"], "imatrix": True}, {}),
        ({"quantizations": ["IQ4_XS", "IQ3_M", "Q2_K", "TQ1_0"]}, {}),
        (
            {"outtype": "q8_0", "quantizations": ["IQ1_S"]},
            {"export.outtype": "quantized_twice", "export.imatrix": "imatrix_needed"},
        ),
    ],
)
def test_types(home: Home, export: dict[str, Any], found: dict[str, str]) -> None:
    project = home.project(export=export)
    assert home.problems(project) == found
    assert english(home("check", project, "--lang", "zh").err, *BITS, *map(str.lower, BITS)) == []


def test_the_types_are_named(home: Home) -> None:
    said = home("check", home.project(export={"outtype": "q8_0", "quantizations": ["Q8_0", "q6_k", "IQ1_M"]}))
    assert "cannot be made: IQ1_M, Q6_K" in said.err
    assert "cannot be made: IQ1_M\n" in said.err


def test_the_lists_name_types_that_there_are() -> None:
    assert {*NEEDS_IMATRIX, *FROM_Q8_0} <= set(BITS)


@pytest.mark.skipif(sys.platform == "win32", reason="there are official binaries there")
def test_prebuilt_programs_are_for_windows(home: Home) -> None:
    project = home.project(export={"llama_cpp": "prebuilt"})
    assert home.problems(project) == {"export.llama_cpp": "prebuilt_for_windows_only"}
    assert english(home("check", project, "--lang", "zh").err, "auto", "build") == []


def test_a_build_brings_its_own_compiler(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = [home.project(f"{way}.tunesmith", export={"llama_cpp": way}) for way in ("build", "auto")]
    monkeypatch.setattr("core.tools.cmake.compiler", lambda: None)
    assert [home.problems(project) for project in ways] == [{}, {}]  # Zig's is taken
    monkeypatch.setattr("core.pipeline.check.WINDOWS", True)
    monkeypatch.setattr("core.stages.build_llama_cpp.WINDOWS", True)
    ways.append(home.project("prebuilt.tunesmith", export={"llama_cpp": "prebuilt"}))
    assert [home.problems(project) for project in ways] == [{}, {}, {}]  # w64devkit's


def test_a_folder_of_ones_own(home: Home) -> None:
    whole = programs(home.folder / "whole", "llama-quantize", "llama-imatrix")
    part = programs(home.folder / "part", "llama-quantize")
    empty = programs(home.folder / "empty")

    def found(folder: str, **more: object) -> dict[str, str]:
        return home.problems(home.project(export={"llama_cpp": "existing", "llama_cpp_dir": folder, **more}))

    assert found(whole, imatrix=True) == found(part) == {}
    assert found(part, imatrix=True) == {"export.llama_cpp_dir": "imatrix_program_missing"}
    for folder in (empty, "not there", ""):
        assert found(folder) == {"export.llama_cpp_dir": "llama_cpp_folder_missing"}
