"""A command as a line for a shell: bash really runs it; PowerShell's text is compared, there is none to run it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.process.command import Command, HostPath, ps_argument

PATH = Path("/a b")
FOLDER = Path("/c d")
BOTH = Command(("prog", "it's", HostPath(PATH, suffix="#3")), {"A": "1 2", "B": None}, FOLDER)
SHOW = "import os, sys; print(sys.argv[1:], os.environ.get('A'), os.environ.get('B'), os.getcwd())"


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="runs bash")
def test_bash_runs_it_and_is_as_before(tmp_path: Path) -> None:
    folder = tmp_path / "it's 这里"
    folder.mkdir()
    words = ("it's", '"', "", "a b", "$HOME", "新\n行")
    line = Command((HostPath(Path(sys.executable)), "-c", SHOW, *words), {"A": "1 2", "B": None}, folder).bash()
    script = f'{line}\necho "$A $B $PWD"'
    env = {**os.environ, "A": "old", "B": "old"}
    done = subprocess.run(["bash", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{list(words)} 1 2 None {folder}", f"old old {tmp_path}"]


def test_powershell_gives_folder_and_environment_to_the_command_alone() -> None:
    assert BOTH.powershell().splitlines() == [
        "$old_A = $env:A",
        "$old_B = $env:B",
        f"Push-Location -LiteralPath '{FOLDER}'",
        "try {",
        "    $env:A = '1 2'",
        "    $env:B = $null",
        f"    & 'prog' 'it''s' '{PATH}#3'",
        "    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }",
        "} finally {",
        "    $env:A = $old_A",
        "    $env:B = $old_B",
        "    Pop-Location",
        "}",
    ]


def test_a_plain_command_stays_plain_in_powershell() -> None:
    lines = Command(("prog", "a")).powershell().splitlines()
    assert lines == ["& 'prog' 'a'", "if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }"]


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("", "'\"\"'"),
        ('say "hi"', "'say \\\"hi\\\"'"),
        ('a\\"', "'a\\\\\\\"'"),
        ("C:\\a b\\c", "'C:\\a b\\c'"),
        ("it's $env:A `", "'it''s $env:A `'"),
    ],
)
def test_arguments_of_powershell(text: str, argument: str) -> None:
    """A quote in a word is lost, and an empty word with it, unless they are written for the program to read."""
    assert ps_argument(text) == argument
