import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import StageError
from core.tools.modelfile import Modelfile, missing_stops

TEXT = st.text('a" \n\r\\<|{}。é', min_size=1, max_size=12)


def read(text: str) -> list[tuple[str, str]]:
    """Test code: Ollama's Modelfile reader in short. A value ends at the end of a line, if its quotes do."""
    found, pending = [], ""
    for character in text:
        if character not in "\r\n" or not _whole(pending):
            pending += character
        else:
            keyword, _, value = pending.strip().partition(" ")
            key = keyword
            if keyword == "PARAMETER":
                key, _, value = value.partition(" ")
            found.append((key, _unquoted(value)))
            pending = ""
    assert not pending.strip(), "a quote was left open"
    return found


def _value(line: str) -> str:
    parts = line.strip().split(" ", 2)
    return line.strip().split(" ", 2 if parts[0] == "PARAMETER" else 1)[-1].strip()


def _whole(line: str) -> bool:
    value = _value(line)
    if value.startswith('"""'):
        return len(value) >= 6 and value.endswith('"""')
    return not value.startswith('"') or (len(value) >= 2 and value.endswith('"'))


def _unquoted(value: str) -> str:
    value = value.strip()
    for quote in ('"""', '"'):
        if value.startswith(quote):
            return value[len(quote) : -len(quote)]
    return value


@given(template=TEXT, system=TEXT, stop=TEXT)
def test_ollama_reads_back_what_was_written(template: str, system: str, stop: str) -> None:
    modelfile = Modelfile("./模 型.gguf", template, system, {"stop": (stop, "<|im_end|>"), "temperature": 0.7})
    expected = [
        ("FROM", "./模 型.gguf"),
        ("TEMPLATE", template),
        ("SYSTEM", system),
        ("stop", stop),
        ("stop", "<|im_end|>"),
        ("temperature", "0.7"),
    ]
    if any(re.search(r'"""\s*[\r\n]', text) for text in (template, system, stop)):
        with pytest.raises(StageError):
            modelfile.text()
    else:
        assert read(modelfile.text()) == expected


def test_three_quotes_at_the_end_of_an_inner_line_cannot_be_written() -> None:
    with pytest.raises(StageError) as caught:
        Modelfile("m.gguf", system='say """ \nand go on').text()
    assert caught.value.code == "modelfile_triple_quotes"
    assert 'say """x\n' in Modelfile("m.gguf", system='say """x\nand go on').text()


def test_what_is_empty_is_left_out() -> None:
    modelfile = Modelfile("m.gguf")
    assert modelfile.text() == 'FROM "m.gguf"\n'
    assert modelfile.api_arguments() == {}


def test_the_api_gets_the_same_unquoted() -> None:
    modelfile = Modelfile("m.gguf", "{{ .Prompt }}", 'be "kind"', {"stop": ("<a>", "<b>"), "num_ctx": 512})
    assert modelfile.api_arguments() == {
        "template": "{{ .Prompt }}",
        "system": 'be "kind"',
        "parameters": {"stop": ["<a>", "<b>"], "num_ctx": 512},
    }


def test_missing_stops_are_named() -> None:
    stops = ["<|im_end|>", "<|endoftext|>"]
    assert missing_stops(Modelfile("m"), stops) == ("<|im_end|>", "<|endoftext|>")
    assert missing_stops(Modelfile("m", parameters={"stop": ("<|im_end|>",)}), stops) == ("<|endoftext|>",)
    assert missing_stops(Modelfile("m", parameters={"stop": "<|im_end|>"}), stops) == ("<|endoftext|>",)
