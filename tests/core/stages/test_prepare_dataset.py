"""prepare_dataset by the command line, with a small program in ms-swift's place: a row's tokens are its words."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from core.data.prepare import REPORT
from core.pipeline.manifest import MANIFEST
from core.tools.runtime_state import locked_versions
from tests.core.cli.conftest import Home, Said, english, home

__all__ = ["home"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the program in ms-swift's place is a shell script")

MEASURE = """
import json, sys
from pathlib import Path
arguments = sys.argv[2:]
files = arguments[: arguments.index("--model")]
out = Path(arguments[arguments.index("--out") + 1])
with out.open("w", encoding="utf-8") as lengths:
    for file in files:
        for row, line in enumerate(Path(file).open(encoding="utf-8"), 1):
            words = [word for turn in json.loads(line)["messages"] for word in turn["content"].split()]
            found = {"tokens": len(words), "labels": 0 if "UNLEARNT" in words else 1}
            found = {"error": "ValueError: no such word"} if "REFUSED" in words else found
            lengths.write(json.dumps({"file": file, "row": row, **found}) + "\\n")
print("[1/1]")
"""
OWN = {"model_name_zh": "山姆模型", "model_name_en": "Samge Model", "author_zh": "山姆", "author_en": "Samge"}


def runtime(home: Home) -> None:
    """Settings whose training runtime is the small program."""
    measure, python = home.folder / "measure.py", home.folder / "python"
    measure.write_text(MEASURE, encoding="utf-8")
    versions = shlex.quote(json.dumps({"torch": "2.9.0", **locked_versions()}))
    real = f"exec {shlex.quote(sys.executable)} {shlex.quote(str(measure))}"
    python.write_text(f'#!/bin/sh\nif [ "$1" = -c ]; then echo {versions}; exit; fi\n{real} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    home.settings(python)


def prepare(home: Home, *answers: str, language: str = "en", own: int = 0, **dataset: Any) -> Said:  # noqa: ANN401
    """Prepare questions.jsonl with these answers, each of them to the question "Why?"."""
    runtime(home)
    rows = (json.dumps({"query": "Why?", "response": answer}) + "\n" for answer in answers)
    (home.folder / "questions.jsonl").write_text("".join(rows), encoding="utf-8")
    settings = {"files": ["questions.jsonl"], "max_length": 32, "split_dataset_ratio": 0.0, **dataset}
    project = home.project(dataset=settings, self_cognition={"samples": own, **OWN})
    return home("step", project, "prepare_dataset", "--into", home.folder / "out", "--lang", language)


def made(home: Home, name: str) -> list[dict[str, Any]]:
    path = home.folder / "out" / "prepare_dataset" / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]] if path.exists() else []


def answers(home: Home, name: str = "train.jsonl") -> list[str]:
    return sorted(row["messages"][-1]["content"] for row in made(home, name))


def report(home: Home) -> list[tuple[object, object]]:
    assert all(
        row.get("file", str(home.folder / "questions.jsonl")).endswith("questions.jsonl") for row in made(home, REPORT)
    )
    return [(row.get("line"), row["reason"]) for row in made(home, REPORT)]


LONG = "so " * 40


def test_long_rows_stop_it_and_are_named_by_file_and_line(home: Home) -> None:
    said = prepare(home, "a", LONG, "b", LONG + "so", LONG)
    assert said.code == 1
    assert "3 rows of the dataset are longer than 32 tokens; the longest has 42." in said.err
    assert "\n  questions.jsonl:2: 41 tokens, with 32 allowed.\n  questions.jsonl:4: 42 tokens" in said.err
    assert str(home.folder / "out" / "prepare_dataset" / REPORT) in said.err
    assert report(home) == [(2, "row_too_long"), (4, "row_too_long"), (5, "row_too_long")]


def test_what_is_left_out_and_cut_is_counted_as_it_is_in_the_end(home: Home) -> None:
    rows = ["a", "", LONG, "b REFUSED", "c", LONG, "d UNLEARNT", "e"]
    said = prepare(home, *rows, on_bad_rows="drop", truncation_strategy="delete", own=150)
    assert said.code == 0, said.text
    assert {"a", "c", "e"} == set(answers(home)) & {row.strip() for row in rows}
    assert len(answers(home)) == 153
    assert "Prepared 153 rows to train on, 0 to measure on; 150 of them are about" in said.out
    assert "Left out 5 rows of the dataset: 1 that cannot be used, 2 that ms-swift refuses, 2 longer" in said.out
    assert "questions.jsonl:2: The answer is empty." in said.out
    assert "questions.jsonl:4: ms-swift refuses it: ValueError: no such word" in said.out
    assert "questions.jsonl:7: Nothing of an answer is left to learn from." in said.out
    assert report(home) == [
        (2, "answer_empty"),
        (4, "row_refused"),
        (7, "row_nothing_learnt"),
        (3, "row_too_long"),
        (6, "row_too_long"),
    ]


def test_rows_that_are_cut_stay_and_are_told(home: Home) -> None:
    said = prepare(home, "a", LONG, truncation_strategy="right")
    assert said.code == 0, said.text
    assert len(answers(home)) == 2
    assert "1 rows of the dataset are longer than 32 tokens and will be cut off." in said.out
    assert "questions.jsonl:2: 41 tokens, cut off to 32." in said.out
    assert "Left out" not in said.out
    assert report(home) == [(2, "row_cut")]


def test_refused_rows_stop_it(home: Home) -> None:
    said = prepare(home, "a", "b REFUSED", truncation_strategy="right")
    assert said.code == 1
    assert "ms-swift cannot use 1 rows of the dataset." in said.err
    assert "questions.jsonl:2: ms-swift refuses it: ValueError: no such word" in said.err


def test_rows_about_itself_are_named_by_what_they_are(home: Home) -> None:
    said = prepare(home, "a", own=300, max_length=16, truncation_strategy="delete")
    assert said.code == 0, said.text
    listed = made(home, REPORT)
    assert f"Left out {len(listed)} rows" in said.out
    assert "\n  A row about the model's name and author (“Please introduce yourself.”): 21 tokens" in said.out
    assert {row["reason"] for row in listed} == {"row_too_long"}
    questions = {row["question"] for row in listed}
    assert 0 < len(questions) == len(listed) < 100  # each once, however often it is taken
    assert f"Prepared {301 - 3 * len(listed)} rows to train on" in said.out
    assert f"{300 - 3 * len(listed)} of them are about" in said.out
    assert not questions & {row["messages"][0]["content"] for row in made(home, "train.jsonl")}


def test_nothing_is_left_to_train_on_or_to_measure_on(home: Home) -> None:
    said = prepare(home, LONG, LONG, truncation_strategy="delete")
    assert said.code == 1
    assert "No row is left to train on: 2 rows" in said.err
    (home.folder / "val.jsonl").write_text(json.dumps({"query": "Why?", "response": LONG}), encoding="utf-8")
    said = prepare(home, "a", val_files=["val.jsonl"], truncation_strategy="delete")
    assert said.code == 0, said.text
    assert "Prepared 1 rows to train on, 0 to measure on" in said.out
    assert not (home.folder / "out" / "prepare_dataset" / "val.jsonl").exists()
    assert "val.jsonl:1: 41 tokens" in said.out


def test_a_row_taken_many_times_is_named_once(home: Home) -> None:
    said = prepare(home, "a", LONG, files=["questions.jsonl#20"], truncation_strategy="delete")
    assert said.code == 0, said.text
    assert "Left out 1 rows" in said.out
    assert report(home) == [(2, "row_too_long")]
    assert "Prepared 10 rows" in said.out


def test_a_run_names_the_report_where_it_lies(home: Home) -> None:
    prepare(home, "a", LONG, "", on_bad_rows="drop", truncation_strategy="delete")
    project = home.folder / "项目.tunesmith"
    said = home("run", project, "--until", "prepare_dataset", "--lang", "en")
    assert said.code == 0, said.text
    (report,) = (Path(line.partition(" in ")[2]) for line in said.out.splitlines() if "All are listed" in line)
    assert [json.loads(line)["line"] for line in report.read_text(encoding="utf-8").splitlines()] == [3, 2]
    assert sorted(path.name for path in report.parent.iterdir()) == [MANIFEST, REPORT, "train.jsonl"]
    facts = json.loads((report.parent / MANIFEST).read_text(encoding="utf-8"))["facts"]
    assert {name: facts[name] for name in ("train_rows", "val_rows", "left_out_rows", "cut_rows", "train_tokens")} == {
        "train_rows": 1,
        "val_rows": 0,
        "left_out_rows": 2,
        "cut_rows": 0,
        "train_tokens": 2,
    }

    stopping = prepare(home, "a", LONG, "", on_bad_rows="drop", truncation_strategy="stop")
    assert stopping.code == 1
    said = home("run", project, "--until", "prepare_dataset", "--lang", "en")
    assert said.code == 1
    assert "questions.jsonl:2: 41 tokens" in said.err
    assert Path(said.err.partition("All are listed in ")[2].strip().splitlines()[0]).exists()
    assert "questions.jsonl:2：41 个词元" in home("status", project, "--lang", "zh").text
    (state,) = (stage for stage in home("status", project, "--json").json["stages"].values() if stage.get("code"))
    assert state["code"] == "rows_too_long"


@pytest.mark.parametrize("strategy", ["stop", "delete", "right"])
def test_all_of_it_in_chinese(home: Home, strategy: str) -> None:
    rows = ["a", "", LONG, "b UNLEARNT"]
    said = prepare(home, *rows, language="zh", on_bad_rows="drop", truncation_strategy=strategy)
    assert "questions.jsonl:3：41 个词元" in said.text
    assert english(said.text, "questions.jsonl:", "query", "Why?", "response", "drop", "delete", "right", "left") == []


def test_line_separators_inside_a_row_part_no_line(home: Home) -> None:
    text = "a\u2028b\u2029c\x85d\x1ce\x0bf"
    said = prepare(home, text, LONG, text + "g", truncation_strategy="delete")
    assert said.code == 0, said.text
    assert answers(home) == [text, text + "g"]
