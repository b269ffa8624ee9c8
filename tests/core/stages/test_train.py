"""Where a training goes on, and when it is done."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.config.project import TuneProject
from core.config.settings import Settings
from core.config.store import with_values
from core.stages.job import Job
from core.stages.train import Train, _resume
from tests.core.models.conftest import safetensors_bytes


def job(folder: Path, **hardware: Any) -> Job:  # noqa: ANN401 - any setting
    return Job(with_values(TuneProject(), hardware=hardware), Settings(), folder / "it.tunesmith")


def checkpoint(folder: Path, step: int) -> Path:
    """A checkpoint that looks whole."""
    path = folder / f"checkpoint-{step}"
    path.mkdir()
    (path / "adapter_model.safetensors").write_bytes(safetensors_bytes({"lora_A": (2, 2)}))
    (path / "trainer_state.json").write_text(json.dumps({"global_step": step}), encoding="utf-8")
    for name in ("optimizer.pt", "scheduler.pt"):
        with zipfile.ZipFile(path / name, "w") as file:
            file.writestr("data", "")
    return path


def test_one_computer_goes_on_from_its_last_whole_checkpoint(tmp_path: Path) -> None:
    whole, torn = checkpoint(tmp_path, 9), checkpoint(tmp_path, 10)
    (torn / "optimizer.pt").write_bytes(b"PK")
    assert _resume(job(tmp_path), tmp_path) == whole


@pytest.mark.parametrize("rank", [0, 1])
def test_several_computers_begin_anew(tmp_path: Path, rank: int) -> None:
    checkpoint(tmp_path, 10)
    assert _resume(job(tmp_path, nnodes=2, node_rank=rank), tmp_path) is None
    assert list(tmp_path.iterdir()) == []  # none of it can become the new training's result


def test_who_helps_takes_part_as_often_as_it_is_asked(tmp_path: Path) -> None:
    assert Train().is_whole(job(tmp_path), ())
    assert Train().is_whole(job(tmp_path, nnodes=2), ())
    assert not Train().is_whole(job(tmp_path, nnodes=2, node_rank=1), ())
