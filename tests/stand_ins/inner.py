"""What the stand-ins for Docker and WSL share. NOT the real engines: no container is made, nothing is isolated.

A stand-in takes the argv that the real program would get, and really runs the inner command: as no child of its own,
so that it outlives the stand-in as it does the real program, with only the variables that it was given, and with the
paths inside turned back into those here. Its mark is renamed, since nobody outside sees what runs inside.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
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
    with tempfile.TemporaryDirectory(dir=state()) as made:
        order, result = Path(made, "order"), Path(made, "result")
        order.write_text(json.dumps([argv, {**path, **given}, here(folder), str(result)]), encoding="utf-8")
        subprocess.run([sys.executable, __file__, order], env=path, start_new_session=True, check=True)
        while not result.exists():
            time.sleep(0.02)
        code = int(result.read_text(encoding="utf-8"))
    return 128 - code if code < 0 else code


def engine(order: Path) -> None:
    """Run the inner command as nobody's child, as the engine does: who started it can neither find nor wait for it."""
    argv, env, folder, result = json.loads(order.read_text(encoding="utf-8"))
    if os.fork():
        return
    try:
        code = subprocess.run(argv, env=env, cwd=folder, start_new_session=True, check=False).returncode
    except FileNotFoundError:
        print(f'exec: "{argv[0]}": executable file not found in $PATH', file=sys.stderr)
        code = 127
    with contextlib.suppress(OSError):  # who started it is gone
        part = Path(f"{result}.part")
        part.write_text(str(code), encoding="utf-8")
        part.rename(result)


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


if __name__ == "__main__":
    engine(Path(sys.argv[1]))
