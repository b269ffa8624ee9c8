"""The chat template: what is trained must be what is served.

The truth is the Jinja in the model's own folder. It is rendered on a few conversations and compared byte for byte with
what ms-swift's template ``chatml`` trains: only models that agree are tuned, others are refused with a sentence.
The Jinja is foreign code: it runs in Jinja's immutable sandbox, and its size is bounded; its running time is not.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Template, TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.events import StageError

SERVED = "chatml"
"""ms-swift's name of the template that is compared with the model's own, and served."""
MAX_TEMPLATE = 200 * 1024
"""The longest known template has some 20 KB."""

Messages = Sequence[tuple[str, str]]
"""A conversation as (role, content)."""

_END = "<|im_end|>"
_ASSISTANT = "<|im_start|>assistant\n"
# white space, thinking and markup show what a template would trim, cut or escape
_USER, _ANSWER, _SYSTEM = " Zquery\n", "\n<think>\nZthought\n</think>\n\nZreply & <b>'\"</b> ", " Zsystem \n"
_ASKED: Messages = (("user", _USER),)
_CONVERSATIONS: tuple[Messages, ...] = (
    _ASKED,
    (("system", _SYSTEM), *_ASKED),
    (*_ASKED, ("assistant", "Zplain"), *_ASKED, ("assistant", _ANSWER)),
    (("system", _SYSTEM), *_ASKED, ("assistant", _ANSWER), *_ASKED, ("assistant", "Zplain"), *_ASKED),
)
_THINKING: tuple[dict[str, bool], ...] = ({}, {"enable_thinking": False}, {"enable_thinking": True})


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """How a model's chats are written, for the one who trains and for the one who serves.

    ``default_system`` is what the Jinja says where a conversation has no system message (None: nothing); ms-swift is
    told by ``--system``. ``go_template`` is the same format for Ollama before 0.30, which cannot read Jinja.
    """

    swift_template: str
    default_system: str | None
    stop: tuple[str, ...]
    go_template: str


def chat_template(jinja_text: str | None, eos: Sequence[str]) -> ChatTemplate:
    """The format of a model whose Jinja renders ChatML; ``eos``: the texts that end its answers, the tokenizer's first.

    StageError where there is no Jinja, where it does not work, and where it renders anything but ChatML.
    """
    if not jinja_text or not jinja_text.strip():
        raise StageError("template_missing")
    if len(jinja_text) > MAX_TEMPLATE:
        raise StageError("template_too_large", characters=len(jinja_text), limit=MAX_TEMPLATE)
    template = _compile(jinja_text)
    tokens = {"bos_token": "<|bos|>", "eos_token": eos[0] if eos else _END}
    system = _default_system(_render(template, _ASKED, add_generation_prompt=True, **tokens))
    for conversation in _CONVERSATIONS:
        for generate in (True, False):
            expected = chatml(conversation, system, generate=generate)
            for thinking in _THINKING:
                found = _render(template, conversation, add_generation_prompt=generate, **tokens, **thinking)
                if found != expected:
                    raise _not_supported(found, expected)
    return ChatTemplate(SERVED, system, tuple(dict.fromkeys((_END, *eos))), _go_template(system))


def chatml(messages: Messages, default_system: str | None, *, generate: bool) -> str:
    """A conversation in ChatML; with ``generate`` the beginning of an answer follows."""
    if default_system is not None and messages[0][0] != "system":
        messages = (("system", default_system), *messages)
    return "".join(_turns(messages)) + (_ASSISTANT if generate else "")


def _turns(messages: Messages) -> Iterator[str]:
    for role, content in messages:
        yield f"<|im_start|>{role}\n{content}{_END}\n"


def _default_system(rendered: str) -> str | None:
    """The system turn before the first question; an empty one counts as none, since ms-swift would leave it out."""
    head, tail = "<|im_start|>system\n", f"{_END}\n{chatml(_ASKED, None, generate=True)}"
    if rendered.startswith(head) and rendered.endswith(tail):
        return rendered[len(head) : -len(tail)] or None
    return None


def _compile(jinja_text: str) -> Template:
    """The environment is that of transformers, so that the same Jinja gives the same text."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _strftime_now
    try:
        return environment.from_string(jinja_text)
    except (TemplateError, RecursionError, SyntaxError) as error:
        raise StageError("template_broken", reason=str(error)) from None


def _render(template: Template, messages: Messages, **values: object) -> str:
    rows = [{"role": role, "content": content} for role, content in messages]
    try:
        return template.render(messages=rows, **values)
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything; a refused conversation is one of them
        raise StageError("template_broken", reason=str(error) or type(error).__name__) from None


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _tojson(
    value: object,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _strftime_now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _not_supported(found: str, expected: str) -> StageError:
    """Shows the first place where the model's format and ChatML part."""
    pairs = enumerate(zip(found, expected, strict=False))
    place = next((place for place, (a, b) in pairs if a != b), min(len(found), len(expected)))
    begin = max(0, place - 20)
    return StageError("template_not_supported", found=found[begin : begin + 60], expected=expected[begin : begin + 60])


def _go_template(default_system: str | None) -> str:
    """ChatML in Ollama's template language; texts are quoted, so that Go's white space rules never bite."""
    end = _go(f"{_END}\n")
    otherwise = "" if default_system is None else "{{ else }}" + _go("".join(_turns([("system", default_system)])))
    parts = (
        "{{ if .System }}" + _go("<|im_start|>system\n") + "{{ .System }}" + end + otherwise + "{{ end }}",
        "{{ range $i, $m := .Messages }}",
        '{{ if eq $m.Role "user" }}' + _go("<|im_start|>user\n") + "{{ $m.Content }}" + _go(f"{_END}\n{_ASSISTANT}"),
        '{{ else if eq $m.Role "assistant" }}{{ $m.Content }}',
        # the last answer stays open: Ollama lets the model go on from it
        "{{ if gt (len (slice $.Messages $i)) 1 }}" + end + "{{ end }}{{ end }}{{ end }}",
    )
    return "".join(parts)


def _go(text: str) -> str:
    return "{{ " + json.dumps(text, ensure_ascii=False) + " }}"
