import json
from pathlib import Path

import pytest

from core.data.rows import BadRow, Conversation, GoodRow, Message, RowError
from core.data.validate import SHOWN, Summary, check, read_conversations
from core.events import StageError


def talk(text: str) -> Conversation:
    """``u:hello a:you``: a conversation in short."""
    names = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}
    return Conversation(tuple(Message(names[turn[0]], turn[2:].replace("_", " ")) for turn in text.split()))


@pytest.mark.parametrize("text", ["u:q a:a", "s:s u:q a:a", "u:q a:a u:q a:a", "u:{{name}} a:{NAME}"])
def test_good_conversations(text: str) -> None:
    check(talk(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_messages"),
        ("s:s", "no_messages"),
        ("u:q", "no_answer"),
        ("u:q a:a u:q", "no_answer"),
        ("a:a", "role_order"),
        ("u:q u:q a:a", "role_order"),
        ("u:q a:a a:a", "role_order"),
        ("u:q a:a s:s", "role_order"),
        ("s:s s:s u:q a:a", "role_order"),
        ("u:q t:t a:a", "role_unknown"),
        ("u:q a:", "answer_empty"),
        ("u:q a:_\n", "answer_empty"),
        ("u:_ a:a", "content_blank"),
        ("u:q a: u:q a:a", "content_blank"),
        ("u:q a:I_am_{{NAME}}", "placeholder_left"),
        ("u:by_{{AUTHOR}}? a:a", "placeholder_left"),
        ("s:{{NAME}} u:q a:a", "placeholder_left"),
        ("u:q a:a\0b", "nul_bytes"),
        ("u:q a:\ud83d", "invalid_unicode"),
    ],
)
def test_bad_conversations(text: str, code: str) -> None:
    with pytest.raises(RowError) as caught:
        check(Conversation(()) if not text else talk(text.replace("\n", "")))
    assert caught.value.code == code


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def pair(query: object, response: object) -> dict[str, object]:
    return {"query": query, "response": response}


def test_rows_are_counted_by_reason_with_their_lines(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", pair("1", "x"), pair("2", ""), {"text": "x"}, pair("1", "x"), [], pair("3", " "))
    summary = Summary()
    found = list(read_conversations(path, "utf-8", summary))
    assert [row.code if isinstance(row, BadRow) else "good" for row in found] == [
        "good",
        "answer_empty",
        "row_columns",
        "good",
        "json_not_object",
        "answer_empty",
    ]
    assert (summary.good, summary.bad_count) == (2, 4)
    assert summary.bad["answer_empty"].count == 2
    assert summary.bad["answer_empty"].first == ["a.jsonl:2", "a.jsonl:6"]
    assert summary.formats == {"query_response": 2}
    assert (summary.duplicates.count, summary.duplicates.first) == (1, ["a.jsonl:4"])
    values = summary.bad_values()
    assert isinstance(values["first"], tuple)
    assert values["count"] == 4
    assert [(row.file, row.line, row.code) for row in values["first"]] == [
        ("a.jsonl", 2, "answer_empty"),
        ("a.jsonl", 3, "row_columns"),
        ("a.jsonl", 5, "json_not_object"),
        ("a.jsonl", 6, "answer_empty"),
    ]


def test_lists_of_lines_are_capped_and_counts_are_not(tmp_path: Path) -> None:
    summary = Summary()
    list(read_conversations(lines(tmp_path / "a.jsonl", *[pair("q", "")] * 30), "utf-8", summary))
    assert summary.bad_count == 30
    assert len(summary.bad["answer_empty"].first) == len(summary.first_bad) == SHOWN


def test_formats_may_mix_row_by_row(tmp_path: Path) -> None:
    summary = Summary()
    path = lines(tmp_path / "a.jsonl", pair("q", "a"), {"instruction": "q", "output": "a"}, pair("q", "a"))
    assert list(read_conversations(path, "utf-8", summary)) == [
        GoodRow(path, line, talk("u:q a:a")) for line in (1, 2, 3)
    ]
    assert summary.formats == {"query_response": 2, "alpaca": 1}


@pytest.mark.parametrize("count", [1, 19, 20, 5000])
def test_a_file_of_other_columns_is_refused_as_a_whole(tmp_path: Path, count: int) -> None:
    summary = Summary()
    with pytest.raises(StageError) as caught:
        list(read_conversations(lines(tmp_path / "a.jsonl", *[{"title": "x", "abs": "y"}] * count), "utf-8", summary))
    assert caught.value.code == "dataset_columns"
    assert caught.value.values["columns"] == "title, abs"
    assert "instruction + output" in str(caught.value.values["expected"])
    assert summary.bad_count <= 20


def test_a_known_row_that_is_bad_settles_the_format(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", {"title": "x"}, pair("q", ""), *[{"title": "x"}] * 50)
    assert len(list(read_conversations(path, "utf-8", Summary()))) == 52
