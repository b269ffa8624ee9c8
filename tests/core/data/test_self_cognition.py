from collections import Counter

import pytest

from core.config.problem import Problem
from core.config.sections.inputs import SelfCognitionSection
from core.data.rows import Conversation
from core.data.self_cognition import check_self_cognition, self_cognition_rows
from core.data.validate import check
from core.events import StageError

SAMGE = SelfCognitionSection(
    samples=3000, model_name_zh="山姆模型", model_name_en="Samge Model", author_zh="山姆", author_en="Samge"
)


def pairs(rows: list[Conversation]) -> dict[str, str]:
    return {row.messages[0].content: row.messages[1].content for row in rows}


@pytest.mark.parametrize("samples", [0, 1, 7, 100, 250, 3000])
def test_exactly_so_many_rows(samples: int) -> None:
    assert len(self_cognition_rows(SAMGE.model_copy(update={"samples": samples}), 1)) == samples


def test_names_stand_where_the_placeholders_were() -> None:
    rows = self_cognition_rows(SAMGE, 1)
    found = pairs(rows)
    assert found["你是谁？"] == "我是山姆模型，由山姆训练的人工智能助手。"
    assert found["Who are you?"] == "I am Samge Model, an AI assistant trained by Samge."
    assert found["你是山姆模型吗？"] == "是的，我是山姆模型。"
    for row in rows:
        check(row)  # finds placeholders that are left
    chinese = [row for row in rows if any(char >= "\u4e00" for char in row.messages[0].content)]
    assert len(chinese) == 1500
    assert not any("Samge" in message.content for row in chinese for message in row.messages)


def test_names_that_look_like_patterns_are_taken_as_they_are() -> None:
    section = SAMGE.model_copy(update={"samples": 100, "model_name_en": r"\1 $NAME NAME"})
    assert pairs(self_cognition_rows(section, 1))["What is your name?"] == r"My name is \1 $NAME NAME."


def test_each_row_as_often_as_the_next() -> None:
    counts = Counter(self_cognition_rows(SAMGE, 1))
    assert set(counts.values()) == {30}
    assert len(counts) == 100


def test_few_rows_are_the_most_telling_ones_in_both_languages() -> None:
    assert set(pairs(self_cognition_rows(SAMGE.model_copy(update={"samples": 2}), 1))) == {"你是谁？", "Who are you?"}


def test_the_order_is_the_seed_s() -> None:
    assert self_cognition_rows(SAMGE, 1) == self_cognition_rows(SAMGE, 1) != self_cognition_rows(SAMGE, 2)


def test_names_that_are_missing_or_have_braces_are_refused() -> None:
    section = SAMGE.model_copy(update={"model_name_zh": " ", "author_en": "{{AUTHOR}}"})
    assert check_self_cognition(section) == [
        Problem("self_cognition.model_name_zh", "self_cognition_empty"),
        Problem("self_cognition.author_en", "self_cognition_braces", {"name": "{{AUTHOR}}"}),
    ]
    with pytest.raises(StageError) as caught:
        self_cognition_rows(section, 1)
    assert (caught.value.code, caught.value.values) == (
        "self_cognition_empty",
        {"field": "self_cognition.model_name_zh"},
    )


def test_no_names_are_needed_for_no_rows() -> None:
    section = SelfCognitionSection(samples=0)
    assert check_self_cognition(section) == []
    assert self_cognition_rows(section, 1) == []
