"""The families of models that can be tuned and converted: resources/families.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Family:
    """What ms-swift and llama.cpp call an architecture."""

    architecture: str
    model_type: str
    gguf: str


def family(architecture: str) -> Family | None:
    """The family of a model class (``architectures`` of config.json); None if it is not known."""
    return _families().get(architecture)


@cache
def _families() -> dict[str, Family]:
    table = tomllib.loads(files("resources").joinpath("families.toml").read_text(encoding="utf-8"))
    return {architecture: Family(architecture, **names) for architecture, names in table.items()}
