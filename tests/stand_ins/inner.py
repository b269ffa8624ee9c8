"""What the stand-ins for Docker and WSL share. NOT the real engines: no container is made, nothing is isolated.

A stand-in takes the argv that the real program would get, and really runs the inner command: as a session of its own,
so that it outlives the stand-in as it does the real program, with only the variables that it was given, and with the
paths inside turned back into those here. Its mark is renamed, since nobody outside sees what runs inside.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = "STAND_IN_STATE"
"""The variable that names the folder of images, containers and the drive C:."""
PYTHON = "STAND_IN_PYTHON"
"""The variable that names the interpreter which is ``python`` inside; without it the one that runs the stand-in."""
_MARK = "TUNESMITH_RUN="


def state() -> Path:
    """The stand-in's own folder."""
    return Path(os.environ[STATE])


def run(words: Sequence[str], env: dict[str, str], folder: str, places: dict[str, str]) -> int:
    """Run the inner command; ``places``: beginnings of paths inside, and what they are here."""

    def here(text: str) -> str:
        text = text.replace(_MARK, f"{_MARK}inside-")
        for inside, real in places.items():
            text = text.replace(inside, real)
        return text

    argv = [here(word) for word in words]
    argv[0] = os.environ.get(PYTHON, sys.executable) if argv[0] in ("python", "python3") else argv[0]
    given = {name: here(f"{name}={value}").partition("=")[2] for name, value in env.items()}
    path = {"PATH": os.environ["PATH"], STATE: os.environ[STATE]}
    try:
        process = subprocess.Popen(argv, env={**path, **given}, cwd=here(folder), start_new_session=True)
    except FileNotFoundError:
        print(f'exec: "{argv[0]}": executable file not found in $PATH', file=sys.stderr)
        return 127
    code = process.wait()
    return 128 - code if code < 0 else code


def install(folder: Path, *names: str) -> dict[str, str]:
    """Put stand-ins of these names into a folder; returns the environment in which they are found first."""
    programs, kept = folder / "bin", folder / "state"
    programs.mkdir(parents=True)
    (kept / "c").mkdir(parents=True)
    for name in names:
        module = f"tests.stand_ins.{name.removesuffix('.exe')}"
        text = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        program = programs / name
        program.write_text(text + f"from {module} import main\nsys.exit(main(sys.argv[1:]))\n", encoding="utf-8")
        program.chmod(0o755)
    return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", STATE: str(kept)}
