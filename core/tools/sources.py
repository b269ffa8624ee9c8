"""The table of what comes from elsewhere: ``resources/tools.toml``, checked and typed."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from core.events import StageError

_STRICT = ConfigDict(extra="forbid", strict=False)


@dataclass(frozen=True, slots=True, config=_STRICT)
class Address:
    """Where something can be had; ``region`` "cn" marks a mirror in China.

    ``kind``: a package index, a page of links to wheels, one file, the common beginning of several files' addresses,
    or a container image without its tag.
    """

    url: str
    kind: Literal["index", "find-links", "file", "prefix", "image"]
    region: Literal["", "cn"] = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Source:
    """One thing from elsewhere; the head of tools.toml says what the fields mean."""

    what: str
    version: str
    how: Literal["package-index", "wheel-member", "torch", "python", "url", "package-index-mirror", "image"]
    licence: str
    size: int = 0
    package: str = ""
    requirements: str = ""
    member: str = ""
    sha256: str = ""
    unverified: bool = False
    addresses: tuple[Address, ...] = ()


@cache
def sources() -> dict[str, Source]:
    """The whole table, by name."""
    text = files("resources").joinpath("tools.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Source]).validate_python(tomllib.loads(text))


def source(name: str) -> Source:
    """One entry of the table."""
    return sources()[name]


def ordered(addresses: Sequence[Address], *, china: bool) -> tuple[Address, ...]:
    """The addresses in the order in which they are tried: in China its mirrors first, elsewhere last."""
    return tuple(sorted(addresses, key=lambda address: (address.region == "cn") != china))


def unverified_error(thing: Source) -> StageError:
    """That something is not used before the user allows it."""
    return StageError("source_unverified", what=thing.what, address=thing.addresses[0].url)
