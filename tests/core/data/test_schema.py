import csv
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.encoding import detect_encoding
from core.data.rows import Conversation, GoodRow, Message, RowError
from core.data.schema import normalise
from core.data.validate import Summary, read_conversations

HELLO = Conversation((Message("user", "q"), Message("assistant", "a")))


def talk(*turns: tuple[str, str]) -> Conversation:
    return Conversation(tuple(Message(*turn) for turn in turns))


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}, "messages"),
        ({"conversations": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}, "messages"),
        ({"messages": '[{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]'}, "messages"),
        ({"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}, "sharegpt"),
        ({"conversation": [{"from": "user", "value": "q"}, {"from": "assistant", "value": "a"}]}, "sharegpt"),
        ({"instruction": "q", "input": "", "output": "a"}, "alpaca"),
        ({"instruction": "q", "input": None, "output": "a", "system": None, "history": None}, "alpaca"),
        ({"instruction": "", "input": "q", "output": "a"}, "alpaca"),
        ({"query": "q", "response": "a"}, "query_response"),
        ({"Question ": "q", " ANSWER": "a", "id": 7}, "query_response"),
        ({"prompt": "q", "completion": "a"}, "query_response"),
        ({"input": "q", "output": "a", "history": "[]", "system": ""}, "query_response"),
        ({"问题": "q", "回答": "a"}, "query_response"),
        ({"messages": None, "instruction": None, "output": None, "query": "q", "response": "a"}, "query_response"),
        ({"query": None, "prompt": "q", "response": "a"}, "query_response"),
    ],
)
def test_each_format_becomes_the_same_conversation(row: dict[str, object], form: str) -> None:
    assert normalise(row) == (form, HELLO)


def test_alpaca_joins_instruction_and_input_as_ms_swift_does() -> None:
    row = {"instruction": "Translate", "input": "你好", "output": "hello", "system": "S", "history": [["x", "y"]]}
    assert normalise(row)[1] == talk(
        ("system", "S"), ("user", "x"), ("assistant", "y"), ("user", "Translate\n你好"), ("assistant", "hello")
    )


def test_system_prompts_are_kept_once_and_empty_ones_dropped() -> None:
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    own, empty = {"role": "system", "content": "own"}, {"role": "system", "content": " "}
    with_own = talk(("system", "own"), ("user", "q"), ("assistant", "a"))
    assert normalise({"messages": [own, *turns], "system": "other"})[1] == with_own
    assert normalise({"messages": [empty, *turns], "system": "own"})[1] == with_own
    assert normalise({"messages": [empty, *turns], "system": ""})[1] == HELLO


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"text": "a"}, "row_columns"),
        ({"query": "q"}, "row_columns"),
        ({}, "row_columns"),
        ({"messages": "hello"}, "messages_not_list"),
        ({"messages": {"role": "user"}}, "messages_not_list"),
        ({"messages": ["hello"]}, "message_not_object"),
        ({"messages": [{"content": "q"}]}, "role_unknown"),
        ({"messages": [{"role": 3, "content": "q"}]}, "role_unknown"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}]}]}, "content_not_text"),
        ({"conversations": [{"from": "human", "value": 3}]}, "content_not_text"),
        ({"query": "q", "response": 2}, "content_not_text"),
        ({"query": "q", "response": "a", "system": {"a": 1}}, "content_not_text"),
        ({"query": "q", "response": "a", "history": "hello"}, "history_shape"),
        ({"query": "q", "response": "a", "history": 3}, "history_shape"),
        ({"query": "q", "response": "a", "history": [["x"]]}, "history_shape"),
        ({"query": "q", "Query ": "x", "response": "a"}, "key_repeated"),
        ({"query": "q", "response": "a", "images": ["a.png"]}, "row_unsupported"),
        ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": 1}]}]}, "row_unsupported"),
        ({"messages": [{"role": "assistant", "content": "a", "loss": False}]}, "row_unsupported"),
    ],
)
def test_rows_of_no_format_say_why(row: dict[str, object], code: str) -> None:
    with pytest.raises(RowError) as caught:
        normalise(row)
    assert caught.value.code == code


def test_empty_lists_of_pictures_and_true_losses_do_no_harm() -> None:
    turns = [{"role": "user", "content": "q", "loss": None}, {"role": "assistant", "content": "a", "loss": True}]
    assert normalise({"messages": turns, "images": [], "tools": "[]"}) == ("messages", HELLO)


# Any conversation, written in any format into any file, must read back as it was.

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30).filter(
    lambda text: text.strip() and "{{" not in text
)
conversations = st.builds(
    lambda system, pairs: talk(
        *([("system", system)] if system else []),
        *(turn for question, answer in pairs for turn in (("user", question), ("assistant", answer))),
    ),
    st.none() | texts,
    st.lists(st.tuples(texts, texts), min_size=1, max_size=3),
)


def parted(row: Conversation) -> tuple[str, list[list[str]], list[str]]:
    """System prompt, earlier pairs, and the last one."""
    contents = [message.content for message in row.messages]
    system = contents.pop(0) if row.messages[0].role == "system" else ""
    *history, last = [contents[at : at + 2] for at in range(0, len(contents), 2)]
    return system, history, last


def as_messages(row: Conversation) -> dict[str, object]:
    return {"messages": [{"role": turn.role, "content": turn.content} for turn in row.messages]}


def as_sharegpt(row: Conversation) -> dict[str, object]:
    names = {"user": "human", "assistant": "gpt", "system": "system"}
    return {"conversations": [{"from": names[turn.role], "value": turn.content} for turn in row.messages]}


def as_alpaca(row: Conversation) -> dict[str, object]:
    system, history, last = parted(row)
    return {"instruction": last[0], "input": "", "output": last[1], "system": system, "history": history}


def as_query_response(row: Conversation) -> dict[str, object]:
    system, history, last = parted(row)
    return {"query": last[0], "response": last[1], "system": system, "history": history}


def write_lines(path: Path, rows: list[dict[str, object]], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="\n") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_array(path: Path, rows: list[dict[str, object]], encoding: str) -> None:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding=encoding)


def write_csv(path: Path, rows: list[dict[str, object]], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(rows[0])
        for row in rows:
            writer.writerow(cell if isinstance(cell, str) else json.dumps(cell) for cell in row.values())


@pytest.mark.parametrize("shape", [as_messages, as_sharegpt, as_alpaca, as_query_response])
@pytest.mark.parametrize(("suffix", "write"), [("jsonl", write_lines), ("json", write_array), ("csv", write_csv)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(conversations, min_size=1, max_size=4), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_conversations_read_back_from_any_format(
    shape: Callable[[Conversation], dict[str, object]],
    suffix: str,
    write: Callable[[Path, list[dict[str, object]], str], None],
    rows: list[Conversation],
    encoding: str,
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{suffix}"
        write(path, [shape(row) for row in rows], encoding)
        found = list(read_conversations(path, detect_encoding(path), Summary()))
        assert [row.conversation for row in found if isinstance(row, GoodRow)] == rows
