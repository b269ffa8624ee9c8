"""The command line called in-process, in a home of its own: settings, work folder, a small model and a project."""

import json
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from core.cli import main
from core.cli.main import HELP
from core.config.project import TuneProject
from core.config.settings import RuntimeSettings, Settings, save_settings
from core.config.store import save, with_values
from core.tools.runtime_state import locked_versions
from tests.core.models.conftest import CONFIG, safetensors_bytes

CODES = {0, 1, 2, 3, 130}
TEMPLATE = Path(__file__).parents[2] / "data" / "chat_templates" / "qwen2.5.jinja"
ROW = {"query": "What is the capital of France?", "response": "Paris."}

NAMES = {"tunesmith", "ollama", "llama", "cpp", "com", "modelscope", "huggingface", "gguf", "toml", "json", "csv"}
NAMES |= {"utf", "gpu", "cpu", "ram", "uv", "nvidia", "git", "lfs", "pull", "windows", "linux", "serve", "instruct"}
NAMES |= {"chatml", "qwen", "swift", "ms", "python", "lora", "safetensors", "config", "chat"}
NAMES |= {
    *HELP,
    "command",
    "project",
    "stage",
    "into",
    "dir",
    "id",
    "folder",
    "pattern",
    "revision",
    "hugging",
    "face",
    "bin",
}
"""Words that a Chinese sentence may hold: names of things, and of our commands."""


def english(text: str, *given: str) -> list[str]:
    """The English words of a text beside names, quoted commands, paths and names of settings; ``given`` is user's."""
    for part in sorted(given, key=lambda part: "/" not in part):
        text = re.sub(r"\S*/\S*", " ", text) if "/" not in part else text
        text = text.replace(part, " ")
    text = re.sub(r'\S*[/_{}<>]\S*|"[^"]*"|\'[^\']*\'|\b[a-z]+\.[a-z0-9_.]+|--?[a-z]+', " ", text)
    return [word for word in re.findall(r"[A-Za-z]{2,}", text) if word.lower() not in NAMES]


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    @property
    def json(self) -> Any:  # noqa: ANN401 - as json.loads
        return json.loads(self.out)


class Home:
    """A user's home folder, and the command line in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: str | Path) -> Said:
        """Run the command line; no bad input may give a traceback, a mistake of ours, or another exit code."""
        self._capsys.readouterr()
        try:
            code: object = main([str(word) for word in words])
        except SystemExit as end:  # argparse, for --help and for wrong arguments
            code = end.code
        captured = self._capsys.readouterr()
        assert isinstance(code, int)
        said = Said(code, captured.out, captured.err)
        assert not re.search("^Traceback", said.text, re.MULTILINE)
        assert not (self.folder / "config" / "crash.log").exists(), said.text
        assert code in CODES
        return said

    def settings(self, python: str | Path = "", profile: Literal["auto", "cpu"] = "cpu") -> Settings:
        """Save settings whose work folder lies here; ``python``: the training runtime's interpreter."""
        runtime = RuntimeSettings(python=str(python), profile=profile)
        settings = Settings(work_dir=str(self.folder / "work"), runtime=runtime)
        save_settings(settings)
        return settings

    def model(self) -> Path:
        """A small whole model folder with the template of Qwen2.5."""
        folder = self.folder / "模型"
        folder.mkdir(exist_ok=True)
        template = TEMPLATE.read_text(encoding="utf-8")
        tokens = {"added_tokens": [{"id": 7, "content": "<|im_end|>"}]}
        texts = {"config.json": CONFIG, "tokenizer.json": tokens}
        texts["tokenizer_config.json"] = {"eos_token": "<|im_end|>", "chat_template": template}
        for name, value in texts.items():
            (folder / name).write_text(json.dumps(value), encoding="utf-8")
        (folder / "model.safetensors").write_bytes(safetensors_bytes({"model.embed_tokens.weight": (32, 8)}))
        return folder

    def rows(self, name: str = "rows.jsonl", rows: int = 3) -> Path:
        """A file of good rows."""
        path = self.folder / name
        lines = [json.dumps({**ROW, "query": f"{ROW['query']} {number}"}) for number in range(rows)]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    def project(self, name: str = "项目.tunesmith", **changes: dict[str, Any]) -> Path:
        """A project that check finds nothing wrong with, but for the changes."""
        whole: dict[str, dict[str, Any]] = {
            "model": {"model": str(self.model())},
            "dataset": {"files": [str(self.rows())]},
            "self_cognition": {"samples": 0},
        }
        for section, values in changes.items():
            whole[section] = whole.get(section, {}) | values
        path = self.folder / name
        save(with_values(TuneProject(), **whole), path)
        return path

    def problems(self, project: Path) -> dict[str, str]:
        """What check finds: code by field. Each has a sentence and a cure, in both languages."""
        found: list[dict[str, str]] = []
        for language in ("zh", "en"):
            said = self("check", project, "--json", "--lang", language)
            found = said.json["problems"]
            assert said.code == (2 if any(problem["level"] == "error" for problem in found) else 0)
            for problem in found:
                assert problem["cure"], problem
                assert problem["sentence"] != problem["code"], "a code without an entry"
                assert "?" not in problem["sentence"] + problem["cure"], "a value is missing"
        return {problem["field"]: problem["code"] for problem in found}


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TUNESMITH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("OLLAMA_HOST", "OLLAMA_MODELS", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    made = Home(tmp_path, capsys)
    if sys.platform == "win32":
        made.settings()
    else:
        made.settings(fake_python(tmp_path / "fake_python"))  # no test may install a runtime
    return made


def fake_python(path: Path, failure: str = "host_oom") -> Path:
    """A fake of the training runtime's interpreter: names the locked versions, but fails at all else as a real one did.

    ``failure`` is the transcript of what the real one printed.
    """
    said = Path(__file__).parents[2] / "transcripts" / "failures" / f"{failure}.txt"
    versions = json.dumps({"torch": "2.9.0", **locked_versions()})
    answer = f'if [ "$1" = -c ]; then echo {shlex.quote(versions)}; exit; fi'
    path.write_text(f"#!/bin/sh\n{answer}\ncat {shlex.quote(str(said))} >&2\nexit 1\n", encoding="utf-8")
    path.chmod(0o755)
    return path
