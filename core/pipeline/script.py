"""The job as a script that a person can run by hand: bash or PowerShell, with the exact commands of the stages."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from core.pipeline.plan import planned
from core.process.command import Command
from core.stages.base import ScriptLine
from core.stages.job import Job

Shell = Literal["bash", "powershell"]
_HEAD = {
    "bash": "#!/usr/bin/env bash\nset -euo pipefail\n",
    "powershell": (
        '$ErrorActionPreference = "Stop"\n$OutputEncoding = [Console]::OutputEncoding = [Text.UTF8Encoding]::new()\n'
    ),
}


def script(job: Job, shell: Shell) -> str:
    """The script. Steps that are Tunesmith's own (rows, Modelfile, questions) call `tunesmith run --until`."""
    parts = [_HEAD[shell]]
    for item in planned(job, push=job.project.ollama.push):
        lines = [line for step in item.stage.script(job) for line in _step(job, step, shell)]
        if lines:
            parts.append(f"# {item.stage.name}\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _step(job: Job, step: ScriptLine, shell: Shell) -> Iterator[str]:
    for folder in step.make_folders:
        yield _make_folder(folder, shell)
    command = step.command or Command(("tunesmith", "run", str(job.file), "--until", step.stage))
    yield command.bash() if shell == "bash" else command.powershell()


def _make_folder(folder: Path, shell: Shell) -> str:
    if shell == "bash":
        return f"mkdir -p {shlex.quote(str(folder))}"
    quoted = str(folder).replace("'", "''")
    return f"New-Item -Force -ItemType Directory -Path '{quoted}' | Out-Null"
