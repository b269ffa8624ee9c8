"""The training presets (resources/presets.toml), and how each is made to fit a card."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from core.config.project import TuneProject
from core.config.store import with_values
from core.models.folder import ModelFolder
from core.models.forecast import VramForecast, vram_forecast

DEFAULT = "balanced"
ROWS_A_STEP = 16
RESERVE = 1.08
"""PyTorch reserves more than a training holds."""
BATCHES = (8, 4, 2, 1)
_IN_BETWEEN = {"per_device_train_batch_size": 4, "gradient_checkpointing": True}

Changes = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Preset:
    """A named choice of settings; ``adapts`` to the card, ``saves`` memory from the start."""

    name: str
    changes: Changes
    adapts: bool
    saves: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """What trains: the memory that is there in bytes, the weights' format, and whether QLoRA can be had (CUDA)."""

    memory: int
    dtype: str
    is_gpu: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """A preset as it is for a model on a machine. Without a model there is no forecast, and nothing to refuse."""

    changes: Changes
    forecast: VramForecast | None
    fits: bool


@cache
def presets() -> dict[str, Preset]:
    """All presets by name, in the order of the page."""
    table = tomllib.loads(files("resources").joinpath("presets.toml").read_text(encoding="utf-8"))
    return {
        name: Preset(name, {"lora": row["lora"], "training": row["training"]}, row["adapts"], row.get("saves", False))
        for name, row in table.items()
    }


def fit(preset: Preset, project: TuneProject, model: ModelFolder | None, machine: Machine) -> Fit:
    """The preset's settings: of the ways to train at the same rows a step the fastest that fits, else the leanest.

    For a model that is not known yet a way in between.
    """
    found = Fit(preset.changes, None, fits=True)
    for way in _ways(preset, machine):
        changes = {section: values | way.get(section, {}) for section, values in preset.changes.items()}
        if model is None:
            found = Fit(changes, None, fits=True)
            if way == {} or way["training"] | _IN_BETWEEN == way["training"]:
                break
            continue
        forecast = forecast_of(with_values(project, **changes), model, machine)
        found = Fit(changes, forecast, fits=fits(forecast, machine))
        if found.fits:
            break
    return found


def forecast_of(project: TuneProject, model: ModelFolder, machine: Machine) -> VramForecast:
    """The memory of a project's training."""
    return vram_forecast(
        model,
        lora_rank=project.lora.lora_rank,
        batch=project.training.per_device_train_batch_size,
        length=project.dataset.max_length,
        gradient_checkpointing=project.training.gradient_checkpointing,
        quant_bits=project.lora.quant_bits,
        dtype=machine.dtype,
    )


def fits(forecast: VramForecast, machine: Machine) -> bool:
    """Whether a training has room, with what PyTorch takes beside it."""
    return forecast.total * RESERVE <= machine.memory


def _ways(preset: Preset, machine: Machine) -> Iterator[Changes]:
    """The fastest first: large batches, then with gradient checkpointing, then with the base model in 4 bits."""
    if not preset.adapts:
        yield {}
        return
    for bits in (0, 4) if machine.is_gpu else (0,):
        for checkpointing in (False, True):
            if preset.saves and machine.is_gpu and not (bits and checkpointing):
                continue
            for batch in BATCHES:
                yield {
                    "lora": {"quant_bits": bits},
                    "training": {
                        "per_device_train_batch_size": batch,
                        "gradient_accumulation_steps": ROWS_A_STEP // batch,
                        "gradient_checkpointing": checkpointing,
                    },
                }
