"""The llama-quantize that the demo built."""

import subprocess
from pathlib import Path

import pytest

from core.models.quantization import BITS, FROM_Q8_0, NEEDS_IMATRIX
from core.process.command import Command
from core.tools import llama_cpp, llama_cpp_check
from core.tools.llama_cpp import Binaries
from tests.e2e.workshop import Demo

pytestmark = pytest.mark.real


def _run(command: Command) -> str:
    argv = [str(token) for token in command.argv]
    done = subprocess.run(
        argv, cwd=command.cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, timeout=60
    )
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def binaries(demo: Demo) -> Binaries:
    """The programs to try."""
    assert demo.first.code == 0, demo.first.output
    return demo.job().llama_cpp


def test_it_is_the_pinned_version(binaries: Binaries) -> None:
    assert binaries.completion is not None
    assert f"(build {llama_cpp.BUILD}," in _run(Command((str(binaries.completion), "--version")))


@pytest.mark.parametrize("kind", llama_cpp_check.TYPES)
def test_it_quantizes_byte_for_byte(binaries: Binaries, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "中文 folder"
    folder.mkdir()
    llama_cpp_check.write_model(folder)
    _run(llama_cpp_check.command(binaries.quantize, folder, kind))
    assert llama_cpp_check.check(folder, kind)


def _refused(binaries: Binaries, source: Path) -> dict[str, str]:
    """The types that llama-quantize does not make of a file, each with what it says."""
    said: dict[str, str] = {}
    for kind in BITS:
        out = source.with_name(f"{kind}.gguf")
        command = llama_cpp.quantize(binaries.quantize, source, out, kind, threads=1)
        argv = [str(token) for token in command.argv]
        done = subprocess.run(argv, cwd=command.cwd, capture_output=True, check=False, timeout=60)
        if done.returncode:
            said[kind] = (done.stdout + done.stderr).decode("utf-8", "replace")
    return said


def test_the_types_that_need_an_importance_matrix(binaries: Binaries, tmp_path: Path) -> None:
    refused = _refused(binaries, llama_cpp_check.write_model(tmp_path))
    assert set(refused) == set(NEEDS_IMATRIX)
    assert all("requires an imatrix" in text for text in refused.values())


def test_the_types_that_are_made_of_q8_0(binaries: Binaries, tmp_path: Path) -> None:
    half = llama_cpp_check.write_model(tmp_path)
    source = tmp_path / "small.gguf"
    _run(llama_cpp.quantize(binaries.quantize, half, source, "Q8_0", threads=1))
    refused = _refused(binaries, source)
    # MXFP4_MOE only differs from Q8_0 in the experts of a mixture, which would be quantized twice
    assert set(BITS) - set(refused) == {*FROM_Q8_0, "MXFP4_MOE"}
    assert all("requantizing" in text for kind, text in refused.items() if kind not in NEEDS_IMATRIX)
