"""Project files that are wrong, and what init, check and plan say of them."""

import sys
from pathlib import Path
from typing import Any

import pytest

from core.config.project import TuneProject
from core.config.store import load, save
from tests.core.cli.conftest import Home, english
from tests.core.conftest import fill

WRONG = """
schema_version = 1
nope = 1
[model]
source = "clouds"
torch_dtype = true
[dataset]
files = "rows.jsonl"
[lora]
lora_rank = "8"
lora_alpha = 0
rank = 3
use_dora = 1
[training]
seed = 2.5
learning_rate = nan
[ollama]
name = 7
"""
FOUND = {
    "model.source": "project_out_of_range",
    "model.torch_dtype": "project_out_of_range",
    "dataset.files": "project_wrong_tuple",
    "lora.lora_rank": "project_wrong_int",
    "lora.lora_alpha": "project_out_of_range",
    "lora.rank": "project_unknown_key",
    "lora.use_dora": "project_wrong_bool",
    "training.seed": "project_wrong_int",
    "training.learning_rate": "project_out_of_range",
    "ollama.name": "project_wrong_string",
    "nope": "project_unknown_key",
}


def write(home: Home, content: str | bytes, name: str = "broken.tunesmith") -> Path:
    path = home.folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_init_writes_a_file_that_check_asks_the_rest_of(home: Home) -> None:
    path = home.folder / "new folder" / "我的 project.tunesmith"
    said = home("init", path)
    assert said.code == 0
    assert str(path) in said.out
    assert load(path) == TuneProject()
    assert "lora_rank = 8" in path.read_text(encoding="utf-8")
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    problems = home.problems(path)
    assert problems["model.model"] == "model_empty"
    assert set(problems) == {"model.model", *(f"self_cognition.{name}" for name in NAMES)}


NAMES = ("model_name_zh", "model_name_en", "author_zh", "author_en")


def test_init_writes_the_labels_in_the_language(home: Home) -> None:
    path = home.folder / "zh.tunesmith"
    said = home("init", path, "--lang", "zh")
    assert english(said.out, str(path)) == []
    assert "# 模型" in path.read_text(encoding="utf-8")


def test_init_overwrites_only_with_force(home: Home) -> None:
    path = write(home, "mine")
    said = home("init", path)
    assert said.code == 2
    assert "--force" in said.err
    assert path.read_text(encoding="utf-8") == "mine"
    assert home("init", path, "--force").code == 0
    assert load(path) == TuneProject()


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_init_where_a_folder_is(home: Home, force: tuple[str, ...]) -> None:
    folder = home.folder / "folder"
    folder.mkdir()
    said = home("init", folder, *force)
    assert said.code == 2
    assert "is a folder" in said.err
    assert list(folder.iterdir()) == []


def test_all_problems_at_once(home: Home) -> None:
    path = write(home, WRONG)
    said = home("check", path)
    assert said.code == 2
    assert said.out == ""
    for field in FOUND:
        assert f"{field}: " in said.err
    assert said.err.count("→") == len(FOUND)
    assert home.problems(path) == FOUND


def test_json_says_it_to_programs(home: Home) -> None:
    said = home("check", write(home, WRONG), "--json")
    assert (said.code, said.err) == (2, "")
    for problem in said.json["problems"]:
        assert set(problem) == {"field", "code", "level", "sentence", "cure"}
        assert problem["level"] == "error"


def test_all_problems_in_chinese(home: Home) -> None:
    said = home("check", write(home, WRONG), "--lang", "zh")
    values = (
        "clouds",
        "rows.jsonl",
        "NaN",
        "float16",
        "float32",
        "bfloat16",
        "auto",
        "local",
        "sample",
        "true",
        "false",
    )
    assert english(said.err, *FOUND, *values) == []


def test_values_are_shown_as_the_file_has_them(home: Home) -> None:
    said = home("check", write(home, WRONG))
    assert 'A whole number is expected here, not "8".' in said.err
    assert "true is not possible here" in said.err


@pytest.mark.parametrize("command", ["check", "plan", "run", "status", "stop"])
def test_every_command_refuses_a_wrong_file(home: Home, command: str) -> None:
    path = write(home, WRONG)
    before = sorted(file.name for file in home.folder.iterdir())
    said = home(command, path)
    assert said.code == 2
    assert "lora.lora_rank" in said.err
    assert sorted(file.name for file in home.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("[model\n", "project_toml"),
        ("x = " + "9" * 5000, "project_toml"),  # tomllib itself gives up with another error than its own
        ("x = " + "[" * 5000, "project_toml"),
        ("x = 0x" + "f" * 5000, "project_toml"),
        ("[model]\nmodel = '模型'\n".encode("gb18030"), "project_encoding"),
        (b"\xff\xfe[\x00", "project_encoding"),
        (bytes(100), "project_toml"),
        ("schema_version = 99", "project_newer"),
        ("schema_version = 0", "project_wrong_int"),
        ("schema_version = '1'", "project_wrong_int"),
        ("model = 3", "project_wrong_table"),
        ("[[model]]", "project_wrong_table"),
    ],
)
def test_files_that_are_no_project(home: Home, content: str | bytes, code: str) -> None:
    assert list(home.problems(write(home, content)).values()) == [code]


def test_a_byte_order_mark_is_no_problem(home: Home) -> None:
    path = home.project()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert home.problems(path) == {}


@pytest.mark.parametrize(
    ("path", "code"),
    [("no.tunesmith", "project_missing"), (".", "project_is_folder"), ("rows.jsonl/x", "project_missing")],
)
def test_paths_that_are_no_file(home: Home, path: str, code: str) -> None:
    home.rows()
    assert home.problems(home.folder / path) == {"": code}


def test_a_name_that_is_too_long(home: Home) -> None:
    said = home("check", home.folder / ("x" * 300))
    assert said.code == 2
    assert "→" in said.err


def test_a_sound_project(home: Home) -> None:
    path = home.project()
    said = home("check", path)
    assert (said.code, said.out, said.err) == (0, "The project is sound.\n", "")
    assert home("check", path, "--json").json == {"problems": []}
    assert english(home("check", path, "--lang", "zh").out) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the fake interpreter is a shell script")
def test_plan_lists_the_stages(home: Home) -> None:
    path = home.project(ollama={"name": "me/it:q4"})
    stages = home("plan", path, "--json").json["stages"]
    names = [stage["stage"] for stage in stages]
    assert names[:3] == ["fetch_model", "prepare_dataset", "train"]  # the runtime is given in the settings
    assert "push_ollama" not in names
    assert {stage["state"] for stage in stages} == {"waiting"}
    table = home("plan", path, "--lang", "zh").out
    assert english(table, *names) == []


def test_a_table_in_a_pipe_is_not_cut(home: Home) -> None:
    lines = home("plan", home.project()).out.splitlines()
    assert all(len(line.split()) >= 3 for line in lines)


def test_plan_needs_no_dataset_yet(home: Home) -> None:
    assert home("plan", home.project(dataset={"files": ["not there.jsonl"]})).code == 0


def test_a_script_needs_the_model(home: Home) -> None:
    said = home("plan", home.project(model={"model": "not there"}), "--shell", "bash")
    assert said.code == 2
    assert said.out == ""
    assert "model.model" in said.err
    assert "→" in said.err
    later = home("plan", home.project(model={"source": "sample"}), "--shell", "bash")
    assert later.code == 1
    assert "not on this computer" in later.err


def test_a_powershell_script_changes_nothing_for_who_runs_it(home: Home) -> None:
    """What one command is given must not reach the next; and an empty text would remove a variable."""
    lines = home("plan", home.project(), "--shell", "powershell").out.splitlines()
    sets = [line for line in lines if line.lstrip().startswith("$env:")]
    kept = next(line for line in lines if line.startswith("$kept = "))
    assert lines.index("try {") == lines.index(kept) + 1
    assert lines[-1].startswith("} finally { foreach ($name in $kept.Keys) ")
    assert "    $env:CUDA_VISIBLE_DEVICES = '-1'" in sets
    for line in sets:
        name, _, value = line.strip().partition(" = ")
        assert value != "''"
        if not line.startswith("    "):  # for all commands: restored at the very end
            assert f"'{name[5:]}'" in kept
        else:
            assert value == f"$old_{name[5:]}" or f"    {name} = $old_{name[5:]}" in sets


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_the_folders_follow_the_file_behind_a_link(home: Home) -> None:
    path = home.project()
    link = home.folder / "link.tunesmith"
    link.symlink_to(path)
    script = home("plan", link, "--shell", "bash").out
    assert "项目.by-hand" in script
    assert "link.by-hand" not in script


def test_step_names_the_stages(home: Home) -> None:
    said = home("step", home.project(), "push_ollama", "--into", home.folder / "out")
    assert said.code == 2
    assert "prepare_dataset" in said.err
    assert not (home.folder / "out").exists()


def test_step_into_a_folder_that_cannot_be(home: Home) -> None:
    path = home.project()
    said = home("step", path, "prepare_dataset", "--into", home.rows() / "out")
    assert said.code == 1
    assert "→" in said.err


@pytest.mark.parametrize("text", ["~nobody-of-this-name/rows.jsonl", "~rows.jsonl", "rows\0.jsonl"])
@pytest.mark.parametrize("changes", ["dataset", "model"])
def test_paths_that_cannot_be_one(home: Home, text: str, changes: str) -> None:
    values: dict[str, dict[str, Any]] = {"dataset": {"files": [text]}, "model": {"model": text}}
    path = home.project("any.tunesmith", **{changes: values[changes]})
    assert home("check", path).code == 2
    assert home("plan", path).code in {0, 1}


def test_init_onto_a_full_disk_leaves_nothing(home: Home, small_disk: Path) -> None:
    fill(small_disk)
    said = home("init", small_disk / "new.tunesmith")
    assert said.code == 1
    assert "The disk is full" in said.err
    assert "磁盘" in home("init", small_disk / "new.tunesmith", "--lang", "zh").err
    with pytest.raises(OSError, match="space"):
        save(TuneProject(), small_disk / "new.tunesmith")
    assert [file.name for file in small_disk.iterdir()] == ["filler"]


def test_init_overwriting_on_a_full_disk_keeps_the_old_file(home: Home, small_disk: Path) -> None:
    path = small_disk / "old.tunesmith"
    save(TuneProject(), path)
    before = path.read_bytes()
    fill(small_disk)
    assert home("init", path, "--force").code == 1
    assert path.read_bytes() == before
    assert sorted(file.name for file in small_disk.iterdir()) == ["filler", "old.tunesmith"]


def test_init_below_a_file(home: Home) -> None:
    rows = home.rows()
    said = home("init", rows / "folder" / "new.tunesmith")
    assert said.code == 1
    assert f"{rows} is a file, not a folder." in said.err
