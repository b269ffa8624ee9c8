"""The environment of the script that `plan` prints; tests/e2e runs the whole of one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.config.project import TuneProject
from core.config.settings import Settings
from core.config.store import with_values
from core.pipeline.by_hand import MARK
from core.pipeline.plan import PlannedStage
from core.pipeline.script import script
from core.process.command import Command
from core.process.environment import child_environment
from core.stages.base import ScriptLine
from core.stages.install_runtime import InstallRuntime
from core.stages.job import Job
from core.tools import runtime

SHELLS = {"_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL"}
"""What bash itself sets."""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job without a stage: its script is what stands before and after the steps."""
    return Job(TuneProject(), Settings(work_dir=str(tmp_path / "工作 folder")), tmp_path / "a.tunesmith")


@pytest.mark.skipif(sys.platform == "win32", reason="bash")
def test_tools_get_the_environment_of_a_run(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONIOENCODING", "MINE"):
        monkeypatch.setenv(name, "theirs")
    text = script(job, "bash") + "\nenv -0\n"
    done = subprocess.run(["bash"], input=text.encode(), capture_output=True, check=True)
    got = dict(line.split("=", 1) for line in done.stdout.decode().rstrip("\0").split("\0"))
    wanted = child_environment(job.cache_environment, os.environ)
    assert {key: value for key, value in got.items() if key not in SHELLS} == {
        key: value for key, value in wanted.items() if key not in SHELLS
    }


def test_powershell_gets_its_own_back_at_the_end(job: Job) -> None:
    before, after = script(job, "powershell").split("try {")[1].split("} finally {")
    assert {"$env:VIRTUAL_ENV = $null", "$env:PYTHONUTF8 = '1'"} <= set(before.splitlines())
    assert "Set-Item -LiteralPath Env:$name -Value $kept[$name]" in after
    assert "'VIRTUAL_ENV', " in script(job, "powershell").split("try {")[0]


def test_commands_of_a_container_are_dockers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = with_values(TuneProject(), hardware={"target": "docker", "docker_image": "an-image", "device": "cpu"})
    job = Job(project, Settings(work_dir=str(tmp_path)), tmp_path / "a.tunesmith")
    step = ScriptLine(runtime.self_test_command(job.python, "cpu"), folder=tmp_path / "made")
    monkeypatch.setattr(InstallRuntime, "script", lambda *_: [step, ScriptLine(Command(("uv", "--version")))])
    monkeypatch.setattr("core.pipeline.script.planned", lambda *_, **__: [PlannedStage(InstallRuntime(), "", ())])
    lines = script(job, "bash").splitlines()
    start = f"docker run --rm --init --pull never --label tunesmith.run={MARK} "
    assert any(start in line for line in lines)  # in a subshell, with its folder
    assert "uv --version" in lines
