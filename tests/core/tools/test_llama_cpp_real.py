"""A real llama-quantize, of the folder that TUNESMITH_TEST_LLAMA_CPP names."""

import os
import subprocess
from pathlib import Path

import pytest

from core.process.command import Command
from core.tools import llama_cpp, llama_cpp_check
from core.tools.llama_cpp import Binaries

pytestmark = pytest.mark.real


def _run(command: Command) -> str:
    argv = [str(token) for token in command.argv]
    done = subprocess.run(
        argv, cwd=command.cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, timeout=60
    )
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def binaries() -> Binaries:
    """The programs to try."""
    folder = os.environ.get("TUNESMITH_TEST_LLAMA_CPP")
    if not folder:
        pytest.skip("TUNESMITH_TEST_LLAMA_CPP names no folder")
    found = llama_cpp.find_binaries(Path(folder))
    assert found is not None
    return found


def test_it_is_the_pinned_version(binaries: Binaries) -> None:
    command = llama_cpp.version_command(binaries)
    assert command is not None
    assert llama_cpp.version_of(_run(command)) == llama_cpp.BUILD


@pytest.mark.parametrize("kind", llama_cpp_check.TYPES)
def test_it_quantizes_byte_for_byte(binaries: Binaries, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "中文 folder"
    folder.mkdir()
    llama_cpp_check.write_model(folder)
    _run(llama_cpp_check.command(binaries.quantize, folder, kind))
    assert llama_cpp_check.check(folder, kind)
