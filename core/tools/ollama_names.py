"""The names of models in Ollama, ``[[host/]namespace/]model[:tag]``: their parts, and what is wrong with one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.config.problem import Problem

DEFAULT_HOST = "registry.ollama.ai"
DEFAULT_NAMESPACE = "library"
DEFAULT_TAG = "latest"
BASE_SUFFIX = "-base"

_FIRST = "A-Za-z0-9_"
_REST = {"host": "A-Za-z0-9_.:-", "namespace": "A-Za-z0-9_-", "model": "A-Za-z0-9_.-", "tag": "A-Za-z0-9_.-"}
_LONGEST = {"host": 350, "namespace": 80, "model": 80, "tag": 80}
_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U000323af]+")
"""Han characters, and the punctuation and full-width forms that a Chinese input method gives."""


@dataclass(frozen=True, slots=True)
class ModelName:
    """A name in its four parts, with Ollama's defaults for those that were left out."""

    host: str
    namespace: str
    model: str
    tag: str

    def __str__(self) -> str:
        """The name as Ollama lists it: without default host and namespace, always with its tag."""
        front = f"{self.namespace}/"
        if self.host.lower() != DEFAULT_HOST:
            front = f"{self.host}/{front}"
        elif self.namespace.lower() == DEFAULT_NAMESPACE:
            front = ""
        return f"{front}{self.model}:{self.tag}"


def parse(name: str) -> ModelName:
    """The parts of a name; whether they are allowed is what :func:`problems` tells."""
    front, _, last = name.rpartition("/")
    host, _, namespace = front.rpartition("/")
    model, colon, tag = last.partition(":")
    return ModelName(
        host if "/" in front else DEFAULT_HOST,
        namespace if "/" in name else DEFAULT_NAMESPACE,
        model,
        tag if colon else DEFAULT_TAG,
    )


def full(name: str) -> str:
    """The name as Ollama lists it, with ``:latest`` where no tag was given."""
    return str(parse(name))


def same(one: str, other: str) -> bool:
    """Whether two names mean one model: Ollama does not tell capitals from small letters."""
    return full(one).lower() == full(other).lower()


def base_name(name: str) -> str:
    """The name for the untuned model that stands beside ``name``: ``you/m:q4`` gives ``you/m-base:q4``."""
    front, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:  # else the colon is a registry's port
        return f"{front}{BASE_SUFFIX}:{tag}"
    return name + BASE_SUFFIX


def tagged(name: str, tag: str) -> str:
    """The name with another tag, in small letters: ``you/m:mine`` and Q8_0 give ``you/m:q8_0``."""
    parts = parse(name)
    return f"{name.removesuffix(f':{parts.tag}')}:{tag.lower()}"


def problems(name: str, field: str = "ollama.name", *, push: bool = False) -> list[Problem]:
    """Everything that is wrong with a name; with ``push`` also what keeps it from being pushed."""
    if not name:
        return [Problem(field, "ollama_name_empty")]
    if "://" in name or name.count("/") > 2:
        return [Problem(field, "ollama_name_parts", {"name": name})]
    parts = parse(name)
    found = [
        problem
        for kind in ("host", "namespace", "model", "tag")
        for problem in _part_problems(kind, getattr(parts, kind), name, field)
    ]
    if push and parts.host == DEFAULT_HOST and parts.namespace == DEFAULT_NAMESPACE:
        found.append(Problem(field, "ollama_name_no_namespace", {"name": name}))
    if name != name.lower():
        found.append(Problem(field, "ollama_name_capitals", {"name": name, "lower": name.lower()}, "warning"))
    return found


def _part_problems(kind: str, text: str, name: str, field: str) -> Iterator[Problem]:
    if not text:
        yield Problem(field, "ollama_name_empty_part", {"name": name})
        return
    chinese = "".join(_CHINESE.findall(text))
    others = "".join(dict.fromkeys(re.sub(f"[{_REST[kind]}]", "", _CHINESE.sub("", text))))
    if chinese:
        yield Problem(field, "ollama_name_chinese", {"name": name, "characters": chinese})
    if others:
        yield Problem(field, "ollama_name_characters", {"text": text, "characters": others})
    if not chinese and not others and not re.match(f"[{_FIRST}]", text):
        yield Problem(field, "ollama_name_start", {"text": text, "character": text[0]})
    if len(text) > _LONGEST[kind]:
        yield Problem(field, "ollama_name_too_long", {"text": text, "length": len(text), "longest": _LONGEST[kind]})
