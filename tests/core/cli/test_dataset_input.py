"""Datasets that are wrong: as check tells them, and as preparing tells what check does not look at."""

import json
from pathlib import Path

import pytest

from core.config.sections.inputs import DatasetSection, SelfCognitionSection
from core.config.settings import Settings
from core.config.store import load
from core.data.prepare import REPORT, Prepared, prepare
from core.data.preview import LOOK
from core.data.schema import EXPECTED
from core.events import StageError
from core.messages import cure, sentence
from core.stages.job import Job
from tests.core.cli.conftest import ROW, Home, english

GOOD = json.dumps(ROW) + "\n"
BROKEN = '{"query": "x", \n'
OTHER = json.dumps({"colour": "red", "size": 3}) + "\n"


def dataset(home: Home, content: str | bytes, name: str = "data.jsonl", entry: str = "", **values: object) -> Path:
    """A project whose dataset is this file, named by ``entry``."""
    (home.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return home.project(dataset={"files": [entry or name], **values})


def prepared(project: Path, folder: Path) -> Prepared:
    """What prepare_dataset does before it asks ms-swift."""
    section: DatasetSection = Job(load(project), Settings(), project.resolve()).dataset
    return prepare(section, SelfCognitionSection(samples=0), 42, folder, lambda *_: None)


def refusal(project: Path, folder: Path) -> str:
    """The code that preparing ends with; it has a sentence, and nothing of the rows is left."""
    with pytest.raises(StageError) as caught:
        prepared(project, folder)
    error = caught.value
    for language in ("en", "zh"):
        assert sentence(error.code, error.values, language) != error.code
        assert cure(error.code, error.values, language)
    assert [file.name for file in folder.iterdir() if file.name != REPORT] == []
    return error.code


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        ("", "data.jsonl", "dataset_file_empty"),
        ("\n \n", "data.jsonl", "dataset_file_empty"),
        ("[]", "data.json", "dataset_file_empty"),
        ("query,response\n", "data.csv", "dataset_file_empty"),
        (OTHER * 3, "data.jsonl", "dataset_columns"),
        ("colour,size\nred,3\n", "data.csv", "dataset_columns"),
        ('[{"query": "a", "response": "b"}, {', "data.json", "dataset_json"),
        ('{"data":\n []}', "data.json", "dataset_json_object"),
        ("query,query\na,b\n", "data.csv", "dataset_csv_header"),
        (b"version https://git-lfs.github.com/spec/v1\n", "data.jsonl", "dataset_lfs_pointer"),
        (b"\x81\x20\xff\xff\n", "data.jsonl", "dataset_encoding"),
        (GOOD, "data.xlsx", "dataset_suffix"),
    ],
)
def test_files_that_cannot_be_used(home: Home, content: str | bytes, name: str, code: str) -> None:
    project = dataset(home, content, name)
    assert home.problems(project) == {"dataset.files": code}
    assert refusal(project, home.folder / "out") == code


@pytest.mark.parametrize(
    ("content", "name"), [("", "data.jsonl"), (OTHER, "data.jsonl"), ("query,query\na,b\n", "data.csv")]
)
def test_files_that_cannot_be_used_in_chinese(home: Home, content: str, name: str) -> None:
    said = home("check", dataset(home, content, name), "--lang", "zh")
    assert english(said.text, EXPECTED, "colour, size", "query, query", "query,response") == []


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig", "utf-16"])
def test_a_csv_of_excel_is_fine(home: Home, encoding: str) -> None:
    project = dataset(home, "query,response\n你是谁？,我是山姆模型。\n".encode(encoding), "数据.csv")
    assert home.problems(project) == {}
    made = prepared(project, home.folder / "out")
    assert "我是山姆模型。" in made.train.read_text(encoding="utf-8")


def test_a_missing_file_and_a_folder(home: Home) -> None:
    project = home.project(dataset={"files": ["nothing.jsonl"], "val_files": ["模型"]})
    assert home.problems(project) == {"dataset.files": "dataset_missing", "dataset.val_files": "dataset_is_folder"}
    assert str(home.folder / "nothing.jsonl") in home("check", project).err


def test_nothing_to_train_on(home: Home) -> None:
    project = home.project(dataset={"files": []})
    assert home.problems(project) == {"dataset.files": "dataset_no_files"}
    assert refusal(project, home.folder / "out") == "dataset_empty"


def test_a_broken_line_stops_or_is_dropped(home: Home) -> None:
    content = GOOD + BROKEN + GOOD
    stopping = dataset(home, content)
    assert home.problems(stopping) == {"dataset.files": "dataset_bad_rows"}
    assert "data.jsonl:2" in home("check", stopping).err
    assert refusal(stopping, home.folder / "stop") == "dataset_bad_rows"
    report = (home.folder / "stop" / REPORT).read_text(encoding="utf-8")
    assert json.loads(report)["line"] == 2

    dropping = dataset(home, content, on_bad_rows="drop")
    said = home("check", dropping)
    assert said.code == 0
    assert "data.jsonl:2" in said.err
    assert "sound" in said.out
    made = prepared(dropping, home.folder / "drop")
    assert (sum(map(len, made.numbers.values())), made.summary.bad_count) == (2, 1)


def test_what_check_does_not_look_at_is_found_when_preparing(home: Home) -> None:
    content = GOOD * (LOOK + 50) + BROKEN
    project = dataset(home, content)
    assert home.problems(project) == {}
    assert refusal(project, home.folder / "stop") == "dataset_bad_rows"
    dropping = dataset(home, content, on_bad_rows="drop")
    made = prepared(dropping, home.folder / "drop")
    assert made.summary.bad["json_syntax"].first == [f"data.jsonl:{LOOK + 51}"]


def test_all_rows_dropped(home: Home) -> None:
    project = dataset(home, BROKEN * 3, on_bad_rows="drop")
    assert refusal(project, home.folder / "out") == "dataset_empty"


@pytest.mark.parametrize(("count", "code"), [("0", "dataset_take"), ("99999999", "dataset_take")])
def test_numbers_of_rows_that_cannot_be(home: Home, count: str, code: str) -> None:
    project = dataset(home, GOOD, entry=f"data.jsonl#{count}")
    found = home.problems(project)
    assert found == {"dataset.files": code}
    assert home("run", project).code == 2
    assert home("status", project).code == 0  # looks at no dataset


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_number_of_rows(home: Home, count: int) -> None:
    content = "".join(json.dumps({**ROW, "query": str(number)}) + "\n" for number in range(3))
    project = dataset(home, content, entry=f"data.jsonl#{count}", split_dataset_ratio=0.0)
    assert home.problems(project) == {}
    made = prepared(project, home.folder / "out")
    assert len(made.numbers[made.train]) == count


@pytest.mark.parametrize("entry", ["data.jsonl#x", "data.jsonl#-1", "data.jsonl#", "#5"])
def test_what_only_looks_like_a_number_of_rows(home: Home, entry: str) -> None:
    project = dataset(home, GOOD, entry=entry)
    assert home.problems(project)["dataset.files"] in {"dataset_missing", "dataset_is_folder"}
