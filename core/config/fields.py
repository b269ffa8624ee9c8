"""How a setting of a project is declared: once, with everything that page, command line, check and docs need."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

Level = Literal["basic", "advanced"]


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """The facts of one setting beside its type, default and range (which pydantic holds).

    ``label`` and ``help`` are English msgids, translated by :mod:`core.messages`. ``flag`` is the ms-swift argument
    that carries the value (an environment variable where it is in capitals), or "" where Tunesmith itself uses it.
    """

    label: str
    help: str
    unit: str
    level: Level
    flag: str


class Section(BaseModel):
    """A table of the project file: frozen, no unknown keys, types as written (``"8"`` is not 8)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def setting(
    default: Any,  # noqa: ANN401 - mirrors pydantic.Field
    label: str,
    help: str,  # noqa: A002 - the field's own word
    *,
    unit: str = "",
    level: Level = "basic",
    flag: str = "",
    **constraints: Any,  # noqa: ANN401 - mirrors pydantic.Field
) -> Any:  # noqa: ANN401 - mirrors pydantic.Field
    """A pydantic field that knows its label, help, unit, level and ms-swift flag.

    ``constraints`` are pydantic's (``ge``, ``le``, ``gt``, ``lt``, ``min_length``, ``pattern`` with ``examples``).
    """
    info: Any = SettingInfo(label, help, unit, level, flag)
    return Field(default, title=label, description=help, json_schema_extra={"setting": info}, **constraints)


def setting_info(field: FieldInfo) -> SettingInfo:
    """The declared facts of a section's field (``Section.model_fields[name]``)."""
    extra = field.json_schema_extra
    info: object = extra.get("setting") if isinstance(extra, dict) else None
    if isinstance(info, SettingInfo):
        return info
    msg = f"the field {field.title!r} was not declared with setting()"
    raise TypeError(msg)
