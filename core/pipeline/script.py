"""The job as a script that a person can run by hand: bash or PowerShell, with the exact commands of the stages."""

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from core.pipeline import by_hand
from core.pipeline.plan import planned
from core.platform.frozen import ourselves
from core.process.command import Command, HostPath, Token, ps_quote
from core.process.environment import FORCED, SCRUBBED
from core.stages.base import ScriptLine
from core.stages.job import Job

Shell = Literal["bash", "powershell"]
_HEAD = {
    "bash": "#!/usr/bin/env bash\nset -euo pipefail\n",
    "powershell": (
        '$ErrorActionPreference = "Stop"\n$OutputEncoding = [Console]::OutputEncoding = [Text.UTF8Encoding]::new()\n'
        '$PSNativeCommandArgumentPassing = "Legacy"  # as Windows PowerShell 5.1, which knows no other way\n'
    ),
}


def script(job: Job, shell: Shell) -> str:
    """The script. Steps that only Tunesmith can do (rows, questions) call `tunesmith step`."""
    before, after = _environment({**dict.fromkeys(SCRUBBED), **FORCED, **job.cache_environment}, shell)
    parts = [_HEAD[shell], before]
    for item in planned(job, push=job.project.ollama.push):
        lines = [line for step in item.stage.script(job) for line in _step(job, step, shell)]
        if lines:
            parts.append(f"# {item.stage.name}\n" + "\n".join(lines) + "\n")
    return "\n".join(parts) + after


def _environment(changes: Mapping[str, Token | None], shell: Shell) -> tuple[str, str]:
    """What a run gives its tools: lines before the steps and after them, since PowerShell's is that of the session."""
    sets = {name: str(value) for name, value in changes.items() if value is not None}
    if shell == "bash":
        values = " ".join(f"{name}={shlex.quote(value)}" for name, value in sets.items())
        return f"unset {' '.join(sorted(changes.keys() - sets.keys()))} ${{!QT_@}}\nexport {values}\n", ""
    loop = f"foreach ($name in @({', '.join(map(ps_quote, changes))}) + @((Get-Item Env:QT_*).Name))"
    keep = f"$kept = @{{}}; {loop} {{ $kept[$name] = [Environment]::GetEnvironmentVariable($name) }}"
    lines = [f"$env:{name} = {ps_quote(sets[name]) if name in sets else '$null'}" for name in changes]
    restore = "foreach ($name in $kept.Keys) { Set-Item -LiteralPath Env:$name -Value $kept[$name] }"
    lines.append("Remove-Item Env:QT_*")
    return "\n".join([keep, "try {", *lines, ""]), f"\n}} finally {{ {restore} }}\n"


def _own_environment() -> dict[str, Token | None]:
    """What our own Python needs back of that to find Tunesmith."""
    names = ("PYTHONHOME", "PYTHONNOUSERSITE", "PYTHONPATH", "PYTHONUSERBASE")
    return {name: os.environ.get(name) for name in names if name in FORCED or name in os.environ}


def _step(job: Job, step: ScriptLine, shell: Shell) -> Iterator[str]:
    if step.folder is not None:
        yield _make_folder(step.folder, shell)
    if step.file is not None:
        yield _write_file(*step.file, shell)
    command = step.command
    if step.stage:
        words = ("step", HostPath(job.file), step.stage, "--into", HostPath(by_hand_folder(job)))
        command = Command((*ourselves(), *words), _own_environment())
    if command is not None:
        if command.argv[0] == job.python:
            command = job.target.worded(command, mark=by_hand.MARK, cwd=step.folder or job.file.parent)
        yield command.bash() if shell == "bash" else command.powershell()


def by_hand_folder(job: Job) -> Path:
    """Where the script's outputs go: beside the project, apart from the runs' artifacts."""
    return job.by_hand or job.file.with_name(f"{job.name}.by-hand")


def _make_folder(folder: Path, shell: Shell) -> str:
    if shell == "bash":
        return f"mkdir -p {shlex.quote(str(folder))}"
    return f"New-Item -Force -ItemType Directory -Path {ps_quote(str(folder))} | Out-Null"


def _write_file(path: Path, text: str, shell: Shell) -> str:
    if shell == "bash":
        return f"printf %s {shlex.quote(text)} > {shlex.quote(str(path))}"
    return f"[IO.File]::WriteAllText({ps_quote(str(path))}, {ps_quote(text)})"  # UTF-8 without BOM, as Ollama reads it
