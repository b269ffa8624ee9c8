import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.project import TuneProject, settings
from core.config.store import ProjectInvalidError, dump, load, parse, save, with_values

DEFAULTS = {
    "training.num_train_epochs": 3,
    "lora.lora_rank": 8,
    "lora.lora_alpha": 32,
    "lora.lora_dropout": 0.05,
    "lora.target_modules": ("all-linear",),
    "training.gradient_checkpointing": False,
    "training.per_device_train_batch_size": 4,
    "training.weight_decay": 0.05,
    "training.learning_rate": 5e-5,
    "training.gradient_accumulation_steps": 4,
    "model.torch_dtype": "auto",
    "self_cognition.samples": 3000,
}


def test_the_defaults_are_the_recipes() -> None:
    found = {f"{section}.{name}": field.default for section, name, field, _ in settings()}
    assert {key: found[key] for key in DEFAULTS} == DEFAULTS


def test_each_setting_is_declared_whole() -> None:
    for section, name, field, info in settings():
        assert info.label, f"{section}.{name}"
        assert info.help.endswith("."), f"{section}.{name}"
        assert field.title == info.label


def test_a_new_file_spells_out_every_basic_setting() -> None:
    text = dump(TuneProject())
    assert "lora_rank = 8" in text
    for _, name, _, info in settings():
        assert (f"\n{name} = " in text) == (info.level == "basic"), name


def test_everything_comes_back(tmp_path: Path) -> None:
    project = with_values(TuneProject(), dataset={"files": ["数据 1.jsonl#5"]}, training={"seed": 7})
    path = tmp_path / "任意 name.txt"
    save(project, path)
    assert load(path) == project
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def codes(text: str) -> dict[str, str]:
    with pytest.raises(ProjectInvalidError) as error:
        parse(text)
    return {problem.field: problem.code for problem in error.value.problems}


def test_all_problems_at_once() -> None:
    text = """
        [lora]
        lora_rank = "8"
        x = 1
        target_modules = "q_proj"
        [training]
        learning_rate = 5
        lr_scheduler_type = "zigzag"
        gradient_checkpointing = 1
        num_train_epochs = "many"
        [nope]
        a = 1
    """
    assert codes(text) == {
        "lora.lora_rank": "project_wrong_int",
        "lora.x": "project_unknown_key",
        "lora.target_modules": "project_wrong_tuple",
        "training.learning_rate": "project_out_of_range",
        "training.lr_scheduler_type": "project_out_of_range",
        "training.gradient_checkpointing": "project_wrong_bool",
        "training.num_train_epochs": "project_wrong_float",
        "nope": "project_unknown_key",
    }
    assert codes("lora = 3") == {"lora": "project_wrong_table"}


def test_what_is_no_project(tmp_path: Path) -> None:
    assert codes("[lora") == {"": "project_toml"}
    assert codes("schema_version = 9") == {"schema_version": "project_newer"}
    for name, content, code in (
        ("missing", None, "project_missing"),
        ("gbk", "标题".encode("gbk"), "project_encoding"),
    ):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ProjectInvalidError) as error:
            load(path)
        assert error.value.problems[0].code == code


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "bom.tunesmith"
    path.write_bytes(b"\xef\xbb\xbf[lora]\nlora_rank = 4\n")
    assert load(path).lora.lora_rank == 4


@given(st.text(max_size=300))
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(ProjectInvalidError):
        parse(text)
