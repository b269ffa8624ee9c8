"""create_base in every precision that the project can ask for."""

import json
from pathlib import Path

import pytest

from core.config.project import TuneProject
from core.config.settings import RuntimeSettings, Settings
from core.config.store import with_values
from core.pipeline.plan import make_job
from core.stages.create_base import CreateBase
from core.stages.job import Job
from tests.core.models.conftest import CONFIG, Shapes, safetensors_bytes

TEMPLATE = Path(__file__).parents[2] / "data" / "chat_templates" / "qwen2.5.jinja"
PARAMETERS = 1_000_000
ROW = 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small whole model."""
    made = tmp_path / "model"
    made.mkdir()
    tokenizer = {"eos_token": "<|im_end|>", "chat_template": TEMPLATE.read_text(encoding="utf-8")}
    tokens = {"added_tokens": [{"id": 7, "content": "<|im_end|>"}]}
    texts = {"config.json": CONFIG, "tokenizer.json": tokens, "tokenizer_config.json": tokenizer}
    for name, value in texts.items():
        (made / name).write_text(json.dumps(value), encoding="utf-8")
    shapes: Shapes = {"model.embed_tokens.weight": (PARAMETERS // ROW, ROW)}
    (made / "model.safetensors").write_bytes(safetensors_bytes(shapes))
    return made


def job_of(folder: Path, outtype: str, base_name: str = "") -> Job:
    project = with_values(
        TuneProject(),
        model={"model": str(folder)},
        export={"outtype": outtype, "quantizations": ["Q8_0"]},
        ollama={"name": "me/it", "base_name": base_name},
    )
    settings = Settings(work_dir=str(folder.parent / "work"), runtime=RuntimeSettings(profile="cpu"))
    return make_job(folder.parent / "p.tunesmith", project, settings, by_hand=folder.parent / "out")


@pytest.mark.parametrize(
    ("outtype", "bytes_each"), [("f16", 2.0), ("bf16", 2.0), ("auto", 2.0), ("f32", 4.0), ("q8_0", 1.0625)]
)
def test_the_projects_precision(folder: Path, outtype: str, bytes_each: float) -> None:
    job = job_of(folder, outtype)
    convert, quantize, *_ = CreateBase().script(job)
    assert convert.command is not None
    assert quantize.command is not None
    words = [str(word) for word in convert.command.argv]
    full = Path(words[words.index("--outfile") + 1])
    assert full.name == f"base-{outtype}.gguf"
    assert words[words.index("--outtype") + 1] == outtype
    source, out = (str(word) for word in quantize.command.argv[1:3])
    assert source == full.name
    assert out.lower() != source.lower()  # one file on Windows
    forecast = CreateBase().forecast_bytes(job)
    assert forecast == pytest.approx(PARAMETERS * (bytes_each + 1.0625), rel=0.01)
    assert CreateBase().ollama_bytes(job) == pytest.approx(PARAMETERS * 1.0625, rel=0.01)


def test_a_model_that_ollama_has_takes_no_space(folder: Path) -> None:
    job = job_of(folder, "f32", "me/base")
    assert (CreateBase().forecast_bytes(job), CreateBase().ollama_bytes(job)) == (0, 0)
