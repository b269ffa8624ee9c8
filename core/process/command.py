"""A command to run: argv, environment and folder as one value that can print itself as a script line."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HostPath:
    """A path of this computer inside an argv; a Target that runs elsewhere (Docker, WSL) translates it."""

    path: Path
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        return f"{self.prefix}{self.path}{self.suffix}"


Token = str | HostPath


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run.

    ``argv`` is never given to a shell. ``env`` changes the scrubbed environment of
    :func:`core.process.environment.child_environment`: None deletes a variable. ``cwd`` None is the stage's folder.
    """

    argv: tuple[Token, ...]
    env: Mapping[str, str | None] = field(default_factory=dict)
    cwd: Path | None = None

    def bash(self) -> str:
        """The command as one line of a bash script."""
        sets = [f"{key}={shlex.quote(value)}" for key, value in self.env.items() if value is not None]
        unsets = [f"-u {shlex.quote(key)}" for key, value in self.env.items() if value is None]
        front = ["env", *unsets, *sets] if sets or unsets else []
        line = " ".join([*front, *(shlex.quote(str(token)) for token in self.argv)])
        return f"(cd {shlex.quote(str(self.cwd))} && {line})" if self.cwd else line

    def powershell(self) -> str:
        """The command as lines of a PowerShell script that ends at the first failure."""
        lines = []
        if self.cwd:
            lines.append(f"Push-Location -LiteralPath {ps_quote(str(self.cwd))}")
        for key, value in self.env.items():
            lines.append(
                f"$env:{key} = {ps_quote(value)}" if value is not None else f"Remove-Item -ErrorAction Ignore Env:{key}"
            )
        lines.append("& " + " ".join(ps_quote(str(token)) for token in self.argv))
        lines.append("if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }")
        if self.cwd:
            lines.append("Pop-Location")
        return "\n".join(lines)


def ps_quote(text: str) -> str:
    """A text as one word of PowerShell."""
    return "'" + text.replace("'", "''") + "'"
