"""The presets: what fits which card, always at the same rows a step."""

import pytest

from core.config.project import TuneProject
from core.config.store import with_values
from core.models.folder import ModelFolder
from core.models.presets import DEFAULT, RESERVE, ROWS_A_STEP, Machine, fit, presets
from tests.core.models.test_forecast import MODELS as SHAPES

GIB = 2**30
MODELS = {"0.5B": SHAPES["qwen2.5-0.5b"], "1.5B": SHAPES["qwen2.5-1.5b"], "7B": SHAPES["qwen2.5-7b"]}
PROJECT = with_values(TuneProject(), dataset={"max_length": 1024})

# bits of the weights / batch, c: gradient checkpointing; -: does not fit
TABLE = """
        quick  balanced  best   low_vram  recipe_2024
0.5B 8   16/1   16/1     16/1    4/2c      -
0.5B 12  16/2   16/2     16/2    4/4c      -
0.5B 16  16/2   16/2     16/2    4/4c      -
0.5B 24  16/4   16/4     16/4    4/8c      16/4
1.5B 8   16/1c  16/1c    16/1c   4/2c      -
1.5B 12  16/1   16/1     16/1    4/4c      -
1.5B 16  16/1   16/1     16/1    4/4c      -
1.5B 24  16/2   16/2     16/2    4/8c      -
7B 8     -      -        -       -         -
7B 12    4/2c   4/2c     4/1c    4/2c      -
7B 16    4/4c   4/4c     4/2c    4/4c      -
7B 24    16/2c  16/2c    16/2c   4/8c      -
"""
ROWS = [row.split() for row in TABLE.strip().splitlines()[1:]]


def card(gigabytes: int) -> Machine:
    return Machine(gigabytes * GIB, "bfloat16", is_gpu=True)


def short(name: str, model: ModelFolder, machine: Machine) -> str:
    found = fit(presets()[name], PROJECT, model, machine)
    assert found.forecast is not None
    assert found.fits == (found.forecast.total * RESERVE <= machine.memory)
    done = with_values(PROJECT, **found.changes)
    way = f"{done.lora.quant_bits or 16}/{done.training.per_device_train_batch_size}"
    return way + ("c" if done.training.gradient_checkpointing else "") if found.fits else "-"


def test_order_and_default() -> None:
    assert list(presets()) == TABLE.split()[:5]
    assert DEFAULT in presets()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row[:2]))
def test_what_fits_which_card(row: list[str]) -> None:
    model, gigabytes, *expected = row
    assert [short(name, MODELS[model], card(int(gigabytes))) for name in presets()] == expected


@pytest.mark.parametrize("name", list(presets()))
@pytest.mark.parametrize("gigabytes", [1, 8, 24, 80])
def test_a_step_has_the_same_rows_on_every_card(name: str, gigabytes: int) -> None:
    training = with_values(PROJECT, **fit(presets()[name], PROJECT, MODELS["7B"], card(gigabytes)).changes).training
    assert training.per_device_train_batch_size * training.gradient_accumulation_steps == ROWS_A_STEP


def test_the_recipe_of_2024_is_what_a_project_begins_with() -> None:
    assert with_values(TuneProject(), **presets()["recipe_2024"].changes) == TuneProject()


def test_without_a_card_nothing_is_quantized() -> None:
    machine = Machine(4 * GIB, "float32", is_gpu=False)
    for preset in presets().values():
        assert with_values(PROJECT, **fit(preset, PROJECT, MODELS["7B"], machine).changes).lora.quant_bits == 0


def test_a_model_that_is_not_known_gets_a_way_in_between() -> None:
    found = fit(presets()[DEFAULT], PROJECT, None, card(24))
    training = with_values(PROJECT, **found.changes).training
    assert (training.per_device_train_batch_size, training.gradient_checkpointing) == (4, True)
    assert found.fits
    assert found.forecast is None
