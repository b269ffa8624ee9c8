"""The llama-quantize that the demo built."""

import subprocess
from pathlib import Path

import pytest

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
