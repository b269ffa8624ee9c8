"""The sample: a whole project on a tiny model, to see all of it work in minutes."""

import json
from importlib.resources import files
from pathlib import Path

from core.config.project import TuneProject
from core.config.store import dump, with_values

MODEL = "tunesmith-demo"
"""What the sample's model is called in Ollama."""


def sample_project(model_name: str) -> TuneProject:
    """The sample's project: the tiny model, our questions, and a name of its own."""
    names = json.loads(files("resources").joinpath("sample", "identity.json").read_text(encoding="utf-8"))
    changes = json.loads(files("resources").joinpath("sample", "project.json").read_text(encoding="utf-8"))
    changes["self_cognition"] |= names["tuned"]
    changes["ollama"] |= {"name": model_name}
    return with_values(TuneProject(), **changes)


def write_sample(folder: Path, project: TuneProject) -> Path:
    """Put project and questions into the folder; unchanged files keep their time, so that nothing runs again."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_if_new(folder / "questions.jsonl", files("resources").joinpath("sample", "questions.jsonl").read_bytes())
    file = folder / "demo.tunesmith"
    _write_if_new(file, dump(project).encode())
    return file


def _write_if_new(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)
