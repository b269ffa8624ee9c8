"""Datasets that are wrong: as check tells them, and as preparing tells what check does not look at."""

import json
import os
import shutil
import sys
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


def turns(*roles: str) -> str:
    return json.dumps({"messages": [{"role": role, "content": "x"} for role in roles]})


PICTURE = {"role": "user", "content": [{"type": "image", "image": "a.png"}]}

BAD_ROWS = [
    (BROKEN.strip(), "not valid JSON"),
    ("[" * 10_000 + "]" * 10_000, "too deeply"),
    ('{"query": "x", "response": ' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "}", "too deeply"),
    ('{"query": "x", "response": ' + "9" * 5000 + "}", "not valid JSON"),
    ('{"query": "x", "query": "y", "response": "z"}', "stands there twice"),
    ('{"Query": "x", "query": "y", "response": "z"}', "stands there twice"),
    ("NaN", "not a JSON object"),
    ("[1]", "not a JSON object"),
    ("{}", "columns are not known"),
    ('{"query": "x", "response": NaN}', "not a text"),
    ('{"query": 1, "response": "x"}', "not a text"),
    ('{"query": ["x"], "response": "x"}', "not a text"),
    ('{"query": null, "response": "x"}', "is empty"),
    ('{"query": "x", "response": null}', "answer is empty"),
    ('{"query": "x", "response": " "}', "answer is empty"),
    ('{"query": "x\\u0000", "response": "x"}', "NUL"),
    ('{"query": "x\0", "response": "x"}', "NUL"),
    ('{"query": "\\ud83d", "response": "x"}', "not valid Unicode"),
    ('{"query": "x", "response": "x", "images": ["a.png"]}', "images is not supported"),
    (json.dumps({"messages": [PICTURE, {"role": "assistant", "content": "x"}]}), "not a text"),
    ('{"messages": null}', "not a list"),
    ('{"messages": []}', "no messages"),
    ('{"messages": [null]}', "not an object"),
    (turns("assistant", "user"), "out of turn (assistant)"),
    (turns("assistant"), "out of turn (assistant)"),
    (turns("user", "user", "assistant"), "out of turn (user)"),
    (turns("user", "assistant", "system"), "out of turn (system)"),
    (turns("user", "assistant", "user"), "no answer at the end"),
    (turns("tool", "assistant"), "unknown role"),
    (turns("system"), "no messages"),
    ("x" * 3_000_000, "not valid JSON"),
]


@pytest.mark.parametrize(("row", "words"), BAD_ROWS, ids=[words + str(at) for at, (_, words) in enumerate(BAD_ROWS)])
def test_each_bad_row_is_told_in_words_by_check_and_by_a_run(home: Home, row: str, words: str) -> None:
    project = dataset(home, GOOD + row + "\n" + GOOD)
    assert home.problems(project) == {"dataset.files": "dataset_bad_rows"}
    said = home("check", project, "--lang", "en").err
    [told] = [line for line in said.splitlines() if line.startswith("  data.jsonl:2: ")]
    assert words in told
    assert len(told) < 300
    with pytest.raises(StageError) as caught:
        prepared(project, home.folder / "out")
    assert told in sentence(caught.value.code, caught.value.values, "en")
    chinese = sentence(caught.value.code, caught.value.values, "zh")
    assert "\n  data.jsonl:2：" in chinese
    # what happened is wholly Chinese, beside what the row itself holds
    first = caught.value.values["first"]
    assert isinstance(first, tuple)
    given = [str(value) for row in first for value in row.values.values()]
    assert (
        english(
            chinese,
            "data.jsonl",
            "NUL",
            "JSON",
            "Unicode",
            "messages",
            "user",
            "assistant",
            *sorted(given, key=len)[::-1],
        )
        == []
    )


@pytest.mark.parametrize(
    ("row", "words"), [("a,b,c", "3 cells where the first line names 2"), ('"a"b,c', "quote"), ("a\0,b", "NUL")]
)
def test_bad_rows_of_a_csv(home: Home, row: str, words: str) -> None:
    said = home("check", dataset(home, f"query,response\na,b\n{row}\n", "data.csv"), "--lang", "en")
    assert said.code == 2
    [told] = [line for line in said.err.splitlines() if line.startswith("  data.csv:3: ")]
    assert words in told


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
@pytest.mark.parametrize("command", ["init", "check", "plan", "run", "status", "stop", "step"])
def test_names_that_are_no_text(home: Home, command: str) -> None:
    folder = home.folder / os.fsdecode(b"bad\xff")
    folder.mkdir()
    shutil.copy(home.project(), folder / "p.tunesmith")
    more: list[str | Path] = ["prepare_dataset", "--into", home.folder / "out"] if command == "step" else []
    said = home(command, folder / "p.tunesmith", *more, "--lang", "en")
    assert said.code == 2
    assert "bad�/p.tunesmith holds bytes that are no text" in said.err
    said = home(command, home.folder / os.fsdecode(b"\xff.tunesmith"), *more, "--lang", "zh")
    assert english(said.text, "tunesmith") == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_dataset_behind_a_link_to_a_name_that_is_no_text(home: Home) -> None:
    target = home.folder / os.fsdecode(b"bad\xff.jsonl")
    target.write_text(GOOD, encoding="utf-8")
    (home.folder / "link.jsonl").symlink_to(target)
    assert home.problems(home.project(dataset={"files": ["link.jsonl"]})) == {"dataset.files": "path_not_text"}


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
