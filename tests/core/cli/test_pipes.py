"""The command line as a process of its own: pipes, encodings, exit codes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.core.cli.conftest import Home, english


def tunesmith(
    *words: str | Path, env: Mapping[str, str] | None = None, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    """Run the command line without a terminal."""
    argv = [sys.executable, "-m", "core", *map(str, words)]
    whole = {**os.environ, **(env or {})}
    return subprocess.run(argv, env=whole, stdout=stdout, stderr=subprocess.PIPE, timeout=60, check=False)


PLAIN = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii:strict"}
"""As cron and some containers have it, and a pipe that takes ASCII only."""


def test_chinese_in_a_locale_of_ascii(home: Home) -> None:
    path = home.project(ollama={"name": "samge/模型"})
    done = tunesmith("check", path, "--json", "--lang", "zh", env=PLAIN)
    assert done.returncode == 2
    assert done.stderr == b""
    (problem,) = json.loads(done.stdout.decode("utf-8"))["problems"]
    assert "samge/模型" in problem["sentence"]
    assert english(problem["cure"]) == []


@pytest.mark.skipif(sys.platform == "win32", reason="other locales' names")
def test_an_encoding_of_the_pipe_is_not_ours(home: Home) -> None:
    done = tunesmith("--help", "--lang", "zh", env={"PYTHONIOENCODING": "gbk:strict"})
    assert done.returncode == 0
    assert done.stdout.decode("utf-8").startswith("用法：")


@pytest.mark.parametrize("words", [("check", "--json"), ("plan", "--shell", "bash")])
def test_a_reader_that_goes_away(home: Home, words: tuple[str, ...]) -> None:
    """As `head -1` does: no traceback, and no complaint of the interpreter at its end."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        path = home.project()
        if words[0] == "check":
            path.write_text("lora = 1", encoding="utf-8")
        done = tunesmith(words[0], path, *words[1:], stdout=writer)
    finally:
        os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""


def test_the_exit_code_is_the_process_s(home: Home) -> None:
    assert tunesmith("runner", home.folder / "nothing").returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_a_name_that_is_not_utf8(home: Home) -> None:
    name = os.fsdecode(b"\xd6\xd0.tunesmith")  # GBK, from an archive of another system
    done = tunesmith("check", home.folder / name)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr.decode("utf-8")
