import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.tools.ollama_names import base_name, full, parse, problems, same, tagged

ACCEPTED = re.compile(
    r"(?:(?:[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}/)?[A-Za-z0-9_][A-Za-z0-9_-]{0,79}/)?"
    r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,79})?"
)
"""Ollama's grammar (types/model/name.go), written down a second time as one expression."""

PIECE = st.text("aZ_0-.山 @：", max_size=4) | st.sampled_from(["x" * 80, "x" * 81, "127.0.0.1:5000"])
NAME = st.lists(PIECE | st.sampled_from(["/", ":"]), min_size=1, max_size=6).map("".join).filter(bool)


def codes(name: str, *, push: bool = False) -> set[str]:
    return {problem.code for problem in problems(name, push=push)}


@given(NAME)
@example("A.B:80/c/d:e")
@example("a/b/c/d")
@example("http://x/y")
def test_a_name_has_an_error_exactly_if_the_grammar_refuses_it(name: str) -> None:
    refused = any(problem.level == "error" for problem in problems(name))
    assert refused == (ACCEPTED.fullmatch(name) is None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", {"ollama_name_empty"}),
        ("you/:q4", {"ollama_name_empty_part"}),
        ("m:", {"ollama_name_empty_part"}),
        ("/m", {"ollama_name_empty_part"}),
        ("山姆模型:q4", {"ollama_name_chinese"}),
        ("m：q4", {"ollama_name_chinese"}),  # the colon of a Chinese keyboard
        ("山姆-Samge", {"ollama_name_chinese", "ollama_name_capitals"}),
        ("a b!", {"ollama_name_characters"}),
        ("you.x/m", {"ollama_name_characters"}),
        ("-m", {"ollama_name_start"}),
        ("m" * 81, {"ollama_name_too_long"}),
        ("a/b/c/d", {"ollama_name_parts"}),
        ("https://ollama.com/you/m", {"ollama_name_parts"}),
        ("You/My-Model", {"ollama_name_capitals"}),
        ("you/my_model-1.5b:q4_K_M", {"ollama_name_capitals"}),
        ("you/my_model-1.5b:q4", set()),
    ],
)
def test_what_is_wrong_is_named(name: str, expected: set[str]) -> None:
    assert codes(name) == expected


def test_capitals_are_a_warning_and_chinese_an_error_with_the_characters() -> None:
    chinese, capitals = problems("山姆-Samge模型")
    assert (chinese.level, chinese.values["characters"]) == ("error", "山姆模型")
    assert (capitals.level, capitals.values["lower"]) == ("warning", "山姆-samge模型")


def test_only_a_push_needs_a_namespace() -> None:
    assert codes("m:q4") == set()
    assert codes("m:q4", push=True) == {"ollama_name_no_namespace"}
    assert codes("you/m:q4", push=True) == set()


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("m", "m:latest"),
        ("library/m", "m:latest"),
        ("registry.ollama.ai/library/m:q4", "m:q4"),
        ("registry.ollama.ai/you/m", "you/m:latest"),
        ("127.0.0.1:5000/me/m:q4", "127.0.0.1:5000/me/m:q4"),
    ],
)
def test_full_is_what_ollama_lists(name: str, listed: str) -> None:
    assert full(name) == listed
    assert same(name, listed.upper())


def test_the_base_model_keeps_namespace_and_tag() -> None:
    assert base_name("you/m:q4") == "you/m-base:q4"
    assert base_name("m") == "m-base"


@given(st.from_regex(ACCEPTED, fullmatch=True))
def test_a_written_name_is_read_back(name: str) -> None:
    assert parse(full(name)) == parse(full(full(name)))
    assert same(name, full(name))


@pytest.mark.parametrize(
    ("name", "with_tag"),
    [
        ("m", "m:q8_0"),
        ("m:latest", "m:q8_0"),
        ("you/m:mine", "you/m:q8_0"),
        ("127.0.0.1:5000/you/m", "127.0.0.1:5000/you/m:q8_0"),
        ("127.0.0.1:5000/you/m:5000", "127.0.0.1:5000/you/m:q8_0"),
    ],
)
def test_a_types_tag_takes_the_place_of_the_names_own(name: str, with_tag: str) -> None:
    assert tagged(name, "Q8_0") == with_tag
