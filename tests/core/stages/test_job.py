"""What a job makes of its project on this computer: which cards, which format, which versions."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from core.config.project import TuneProject
from core.config.settings import RuntimeSettings, Settings
from core.config.store import with_values
from core.events import StageError
from core.hardware.gpu import Gpu
from core.stages import merge
from core.stages.job import Job
from core.tools.runtime_state import locked_versions
from tests.core.cli.conftest import fake_python
from tests.core.models.conftest import CONFIG, safetensors_bytes

NEW = Gpu(0, "RTX 3090", 24 * 2**30, 20 * 2**30, "580.1", (13, 0), (8, 6), "GPU-0abc")
OLD = Gpu(1, "V100", 16 * 2**30, 10**6, "580.1", (13, 0), (7, 0), "GPU-1abc")


@pytest.fixture(autouse=True)
def _two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("core.stages.job.gpus", lambda: (NEW, OLD))


def job(folder: Path, python: str = "", **changes: dict[str, Any]) -> Job:
    settings = Settings(work_dir=str(folder), runtime=RuntimeSettings(python=python))
    return Job(with_values(TuneProject(), **changes), settings, folder / "it.tunesmith")


@pytest.mark.parametrize(
    ("setting", "environment", "cards"),
    [
        ("", None, (NEW, OLD)),
        ("1", None, (OLD,)),
        ("GPU-1,GPU-0", None, (OLD, NEW)),
        ("", "1", (OLD,)),
        ("", "", ()),
        ("", "-1", ()),
        ("0", "1", (NEW,)),  # the project is what the children are told
    ],
)
def test_the_cards_of_a_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, environment: str | None, cards: tuple[Gpu, ...]
) -> None:
    if environment is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", environment)
    made = job(tmp_path, hardware={"cuda_visible_devices": setting})
    assert made.gpus == cards
    assert made.device == ("cuda" if cards else "cpu")


@pytest.mark.parametrize(
    ("visible", "dtype", "profile"), [("0", "bfloat16", "cu130"), ("1", "float16", "cu128"), ("", "float16", "cu128")]
)
def test_format_and_runtime_fit_the_chosen_cards(tmp_path: Path, visible: str, dtype: str, profile: str) -> None:
    made = job(tmp_path, hardware={"cuda_visible_devices": visible})
    assert (made.torch_dtype, made.runtime.profile) == (dtype, profile)


def test_the_cpu_has_a_format_of_its_own(tmp_path: Path) -> None:
    assert job(tmp_path, hardware={"device": "cpu"}).torch_dtype == "float32"
    assert job(tmp_path, model={"torch_dtype": "bfloat16"}, hardware={"device": "cpu"}).torch_dtype == "bfloat16"


@pytest.mark.parametrize(("visible", "on_cpu"), [("", False), ("0", False), ("1", True)])
def test_a_merge_asks_the_chosen_cards_for_room(tmp_path: Path, visible: str, on_cpu: bool) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(safetensors_bytes({"model.embed_tokens.weight": (32, 8)}))
    made = job(tmp_path, model={"model": "."}, hardware={"cuda_visible_devices": visible})
    assert merge._on_cpu(made) == on_cpu


def test_versions_before_the_runtime_is_made(tmp_path: Path) -> None:
    found = job(tmp_path, lora={"quant_bits": 4}).versions("torch", "peft", "bitsandbytes", "autoawq")
    assert found["torch"] == "2.11.0+cu128"
    assert found["peft"] == locked_versions()["peft"]
    assert found["bitsandbytes"]
    assert found["autoawq"] == ""  # not asked for


@pytest.mark.skipif(sys.platform == "win32", reason="the fake is a shell script")
def test_versions_of_an_environment_of_the_users(tmp_path: Path) -> None:
    python = fake_python(tmp_path / "python")
    assert job(tmp_path, str(python)).versions("torch") == {"torch": "2.9.0"}
    with pytest.raises(StageError) as caught:
        job(tmp_path, str(tmp_path / "none")).versions("torch")
    assert caught.value.code == "runtime_python_missing"


def test_who_only_helps_is_not_the_leader(tmp_path: Path) -> None:
    assert job(tmp_path, hardware={"nnodes": 2, "node_rank": 1}).helps
    assert not job(tmp_path, hardware={"nnodes": 2}).helps
    assert not job(tmp_path, hardware={"node_rank": 1}).helps
