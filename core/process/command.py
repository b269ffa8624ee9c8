"""A command to run: argv, environment and folder as one value that can print itself as a script line."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

_QUOTE = re.compile(r'(\\*)"')
"""A quote with the backslashes before it, which Windows' rules double."""


@dataclass(frozen=True, slots=True)
class HostPath:
    """A path of this computer in an argv or a variable; a Target that runs elsewhere (Docker, WSL) translates it."""

    path: PurePath
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
    env: Mapping[str, Token | None] = field(default_factory=dict)
    cwd: Path | None = None

    def bash(self) -> str:
        """The command as one line of a bash script."""
        sets = [f"{key}={shlex.quote(str(value))}" for key, value in self.env.items() if value is not None]
        unsets = [f"-u {shlex.quote(key)}" for key, value in self.env.items() if value is None]
        front = ["env", *unsets, *sets] if sets or unsets else []
        line = " ".join([*front, *(shlex.quote(str(token)) for token in self.argv)])
        return f"(cd {shlex.quote(str(self.cwd))} && {line})" if self.cwd else line

    def powershell(self) -> str:
        """The command as lines of a PowerShell script that ends at the first failure.

        Folder and environment are the command's alone: PowerShell's are those of the whole session. ``$null`` removes a
        variable; so does an empty text in most versions, hence no value of ours is empty.
        """
        lines = [
            "& " + " ".join(ps_argument(str(token)) for token in self.argv),
            "if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }",
        ]
        before = [f"$old_{key} = $env:{key}" for key in self.env]
        after = [f"$env:{key} = $old_{key}" for key in self.env]
        if self.cwd:
            before.append(f"Push-Location -LiteralPath {ps_quote(str(self.cwd))}")
            after.append("Pop-Location")
        if not before:
            return "\n".join(lines)
        sets = [f"$env:{key} = {'$null' if value is None else ps_quote(str(value))}" for key, value in self.env.items()]
        block = ["try {", *_indented([*sets, *lines]), "} finally {", *_indented(after), "}"]
        return "\n".join([*before, *block])


def ps_quote(text: str) -> str:
    """A text as one word of PowerShell."""
    return "'" + text.replace("'", "''") + "'"


def ps_argument(text: str) -> str:
    """A text as an argument of a program, for a PowerShell that leaves quotes to us (all versions do, or can)."""
    escaped = _QUOTE.sub(lambda found: found[1] * 2 + '\\"', text)
    return ps_quote(escaped or '""')


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
