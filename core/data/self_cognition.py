"""Rows that teach a model its own name and author, in Chinese and English.

ms-swift fills {{NAME}} in only for a folder of a certain name, and trains on the literal text otherwise without a word;
so it is done here.
"""

import json
from importlib.resources import files
from random import Random

from core.config.problem import Problem
from core.config.sections.inputs import SelfCognitionSection
from core.data.rows import Conversation, Message
from core.events import StageError

_ROWS = "sample/self_cognition.jsonl"
_NAMES = ("model_name_zh", "model_name_en", "author_zh", "author_en")


def check_self_cognition(section: SelfCognitionSection) -> list[Problem]:
    """The names that cannot be taught; none are needed where no rows are wanted."""
    problems: list[Problem] = []
    for name in _NAMES if section.samples else ():
        value: str = getattr(section, name)
        if not value.strip():
            problems.append(Problem(f"self_cognition.{name}", "self_cognition_empty"))
        elif "{" in value or "}" in value:
            problems.append(Problem(f"self_cognition.{name}", "self_cognition_braces", {"name": value}))
    return problems


def self_cognition_rows(section: SelfCognitionSection, seed: int) -> list[Conversation]:
    """Exactly ``section.samples`` conversations, as often Chinese as English, in an order that the seed gives.

    The bundled rows stand with the most telling first and the languages by turns, so fewer rows than there are lose
    the least.
    """
    problems = check_self_cognition(section)
    if problems:
        raise StageError(problems[0].code, field=problems[0].field, **problems[0].values)
    rows = [_filled(section, row) for row in _bundled()]
    order = [rows[number % len(rows)] for number in range(section.samples)]
    Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
    return order


def _bundled() -> list[dict[str, str]]:
    with files("resources").joinpath(_ROWS).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _filled(section: SelfCognitionSection, row: dict[str, str]) -> Conversation:
    chinese = row["tag"] == "zh"
    name = section.model_name_zh if chinese else section.model_name_en
    author = section.author_zh if chinese else section.author_en

    def fill(text: str) -> str:
        return text.replace("{{NAME}}", name).replace("{{AUTHOR}}", author)

    return Conversation((Message("user", fill(row["query"])), Message("assistant", fill(row["response"]))))
