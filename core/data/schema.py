"""The formats in which datasets come, and the way from each to one: a conversation of messages."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from core.data.rows import Conversation, Message, RowError, excerpt

Format = Literal["messages", "sharegpt", "alpaca", "query_response"]

_LISTS = ("messages", "conversations", "conversation")
_PAIRS = (
    ("query", "response"),
    ("prompt", "completion"),
    ("prompt", "response"),
    ("question", "answer"),
    ("input", "output"),
    ("问题", "回答"),
    ("问题", "答案"),
)
_ALPACA_ANSWERS = ("output", "response")
_SYSTEMS = ("system", "system_prompt")
_ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant"}
_UNSUPPORTED = {"images", "image", "videos", "video", "audios", "audio", "tools", "functions"}

EXPECTED = "; ".join(["messages", "conversations", "instruction + output", *(" + ".join(pair) for pair in _PAIRS)])
"""The columns that are understood, for a sentence that must name them."""


def normalise(data: Mapping[str, object]) -> tuple[Format, Conversation]:
    """A row's format and its conversation; raises RowError where it has neither.

    Column names match whatever their case. Columns that no format knows are left out, but a row whose pictures, sounds
    or tools would be lost with them is refused.
    """
    row = {name.strip().lower(): value for name, value in data.items()}
    if len(row) < len(data):
        repeated, _ = Counter(name.strip().lower() for name in data).most_common(1)[0]
        raise RowError("key_repeated", key=excerpt(repeated))
    # where rows of several formats were put into one table, each has null in the columns of the others
    filled = {name: value for name, value in row.items() if value is not None}
    form = recognise(filled)
    row = filled if form else row
    form = form or recognise(row)
    if form is None:
        raise RowError("row_columns", columns=excerpt(", ".join(data)))
    unsupported = next((name for name in sorted(_UNSUPPORTED & row.keys()) if _decoded(row[name])), None)
    if unsupported:
        raise RowError("row_unsupported", column=unsupported)
    turns = _listed(row) if form in {"messages", "sharegpt"} else _paired(row, form)
    return form, Conversation(tuple(_with_system(row, turns)))


def recognise(row: Mapping[str, object]) -> Format | None:
    """The format of a row, by its (lower-case) column names."""
    listed = next((name for name in _LISTS if name in row), None)
    if listed:
        items = _decoded(row[listed])
        first = items[0] if isinstance(items, list) and items else None
        return "sharegpt" if isinstance(first, dict) and "from" in first else "messages"
    if "instruction" in row and any(name in row for name in _ALPACA_ANSWERS):
        return "alpaca"
    return "query_response" if any(query in row and answer in row for query, answer in _PAIRS) else None


def _listed(row: Mapping[str, object]) -> list[Message]:
    """The turns of a messages or ShareGPT row."""
    items = _decoded(next(row[name] for name in _LISTS if name in row))
    if not isinstance(items, list):
        raise RowError("messages_not_list", excerpt=excerpt(items))
    return [_message(item) for item in items]


def _message(item: object) -> Message:
    if not isinstance(item, dict):
        raise RowError("message_not_object", excerpt=excerpt(item))
    role = item.get("role") or item.get("from")
    if not isinstance(role, str):
        raise RowError("role_unknown", role=excerpt(role))
    role = _ROLES.get(role, role)
    # a turn that calls a tool, or that its author kept out of the loss, means something that is not carried here
    if item.get("tool_calls") or item.get("function_call"):
        raise RowError("row_unsupported", column="tool_calls")
    if role == "assistant" and any(item.get(name) == 0 for name in ("loss", "loss_scale", "weight")):
        raise RowError("row_unsupported", column="loss")
    content = item.get("content")
    return Message(role, _text(item.get("value") if content is None else content))


def _paired(row: Mapping[str, object], form: Format) -> list[Message]:
    """The turns of an Alpaca or query/response row, its history first."""
    if form == "alpaca":
        parts = (_text(row["instruction"]), _text(row.get("input")))
        query = "\n".join(part for part in parts if part)
        answer = next(row[name] for name in _ALPACA_ANSWERS if name in row)
    else:
        names = next(pair for pair in _PAIRS if all(name in row for name in pair))
        query, answer = _text(row[names[0]]), row[names[1]]
    return [*_history(row.get("history")), Message("user", query), Message("assistant", _text(answer))]


def _history(value: object) -> Iterator[Message]:
    """Earlier turns: ``[[query, answer], ...]``."""
    pairs = _decoded(value) or []
    for pair in pairs if isinstance(pairs, list) else [pairs]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise RowError("history_shape", excerpt=excerpt(value))
        yield Message("user", _text(pair[0]))
        yield Message("assistant", _text(pair[1]))


def _with_system(row: Mapping[str, object], turns: list[Message]) -> list[Message]:
    """The turns with the row's system prompt before them, unless they bring their own; empty ones are left out."""
    turns = [turn for turn in turns if turn.role != "system" or turn.content.strip()]
    system = next((_text(row[name]) for name in _SYSTEMS if row.get(name)), "")
    if system.strip() and not (turns and turns[0].role == "system"):
        return [Message("system", system), *turns]
    return turns


def _decoded(value: object) -> object:
    """A list that a csv cell holds as JSON text; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else None
    except (ValueError, RecursionError):
        return value


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError("content_not_text", excerpt=excerpt(value))
    return value
