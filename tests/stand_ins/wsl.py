"""A stand-in for ``wsl.exe`` with one distribution, Ubuntu; tests.stand_ins.inner says what it is and is not."""

import sys
from collections.abc import Sequence

from tests.stand_ins.inner import run, state


def main(words: Sequence[str]) -> int:
    """Do what the words say."""
    if list(words) == ["--list", "--verbose"]:
        print("  NAME      STATE           VERSION\n* Ubuntu    Running         2")
        return 0
    folder, rest = "/", list(words)
    while rest and rest[0] in ("--distribution", "--cd"):
        flag, value, *rest = rest
        if flag == "--cd":
            folder = value
        elif value != "Ubuntu":
            print("Error code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND", file=sys.stderr)
            return 255
    if not rest or rest.pop(0) != "--exec":
        return 255
    env: dict[str, str] = {}
    if rest[0] == "env":
        rest.pop(0)
        while "=" in rest[0]:
            name, _, value = rest.pop(0).partition("=")
            env[name] = value
    return run(rest, env, folder, {"/mnt/c": str(state() / "c")})
