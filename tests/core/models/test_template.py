from pathlib import Path

import pytest

from core.events import StageError
from core.models.template import MAX_TEMPLATE, chat_template, chatml

TEMPLATES = Path(__file__).parents[2] / "data" / "chat_templates"
PLAIN = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def text_of(name: str) -> str:
    return (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")


def error_of(jinja: str | None) -> StageError:
    with pytest.raises(StageError) as caught:
        chat_template(jinja, ("<|im_end|>",))
    return caught.value


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("qwen1.5", "You are a helpful assistant."),
        ("qwen2.5", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
    ],
)
def test_chatml_with_a_default_system(name: str, system: str) -> None:
    found = chat_template(text_of(name), ("<|im_end|>", "<|endoftext|>"))
    assert (found.swift_template, found.default_system) == ("chatml", system)
    assert found.stop == ("<|im_end|>", "<|endoftext|>")
    assert system in found.go_template


def test_chatml_without_a_default_system() -> None:
    found = chat_template(PLAIN, ())
    assert (found.default_system, found.stop) == (None, ("<|im_end|>",))
    assert "{{ else }}" not in found.go_template


def test_the_format_itself() -> None:
    messages = (("user", "Hi"), ("assistant", "Hello!"))
    assert chatml(messages, "Be kind.", generate=False) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello!<|im_end|>\n"
    )
    own = (("system", "Own."), ("user", "Hi"))
    assert chatml(own, "Be kind.", generate=True) == (
        "<|im_start|>system\nOwn.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )


def test_hybrid_thinking_models_are_not_plain_chatml() -> None:
    error = error_of(text_of("qwen3"))
    assert error.code == "template_not_supported"
    assert "<think>" in str(error.values["found"])


@pytest.mark.parametrize(
    "change",
    [
        (("m.content }}", "m.content | trim }}")),
        (("m.content }}", "m.content | escape }}")),
        (("m.content }}", "m.content.split('</think>')[-1] }}")),
        (("{% for", "{{ bos_token }}{% for")),
        (("{% for", "{% if messages[0].role != 'system' %}<|im_start|>system\n<|im_end|>\n{% endif %}{% for")),
        (
            (
                "assistant\n{% endif",
                "assistant\n{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif",
            )
        ),
        (("<|im_end|>\n{% endfor", "<|im_end|>{% endfor")),
        (("m.content }}", "m.content }}{% if loop.last and not add_generation_prompt %}<eos>{% endif %}")),
    ],
)
def test_small_departures_are_refused(change: tuple[str, str]) -> None:
    assert change[0] in PLAIN
    assert error_of(PLAIN.replace(*change)).code == "template_not_supported"


@pytest.mark.parametrize("jinja", [None, "", " \n"])
def test_missing(jinja: str | None) -> None:
    assert error_of(jinja).code == "template_missing"


@pytest.mark.parametrize(
    "jinja",
    [
        "{% for",
        "{{ raise_exception('System role not supported') }}",
        "{{ 1 / 0 }}",
        "{{ messages.clear() }}",
        "{{ ''.__class__.__mro__ }}{{ messages[99].content }}",
        "{{ nothing.at.all }}",
        "{% include 'x' %}",
        "{{ range(10**9) | list }}",
    ],
)
def test_broken_or_hostile(jinja: str) -> None:
    assert error_of(jinja).code == "template_broken"


def test_size_is_bounded() -> None:
    assert error_of(PLAIN + "{#" + "x" * MAX_TEMPLATE + "#}").code == "template_too_large"


def test_the_helpers_of_transformers_are_there() -> None:
    given = "{% set text = {'<a>': '中'} | tojson %}{% set year = strftime_now('%Y') %}"
    jinja = given + '{% if text == \'{"<a>": "中"}\' and year %}' + PLAIN + "{% endif %}"
    assert chat_template(jinja, ()).swift_template == "chatml"
