"""Reads and writes project files: TOML inside, a schema version, migration, and every problem at once."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.config.fields import setting_info
from core.config.problem import Problem
from core.config.project import SCHEMA_VERSION, TuneProject, sections
from core.events import Value
from core.platform.files import move

SUFFIX = ".tunesmith"
_SHOWN = 80
"""Characters of a wrong value that a sentence repeats."""
_TYPES = ("int", "float", "bool", "string", "tuple")


class ProjectInvalidError(Exception):
    """The file is not a project that can be used; ``problems`` says all that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


def load(path: Path) -> TuneProject:
    """The project in a file of any name. Raises ProjectInvalidError with each problem found."""
    return parse(_read(path), str(path))


def parse(text: str, path: str = "") -> TuneProject:
    """The project in a TOML text. Raises ProjectInvalidError with each problem found."""
    try:
        data = migrate(tomllib.loads(text))
        # by way of JSON, since TOML's arrays are the tuples of a strict model there
        as_json = json.dumps(data, default=str)
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits, or as many brackets
        raise ProjectInvalidError([Problem("", "project_toml", {"path": path, "reason": str(error)})]) from error
    try:
        return TuneProject.model_validate_json(as_json)
    except ValidationError as error:
        raise ProjectInvalidError([_problem(details) for details in error.errors()]) from error


def migrate(data: dict[str, Any]) -> dict[str, Any]:
    """The data in the shape of today's schema. Version 1 is the first: nothing to move yet, a newer one is refused."""
    version = data.pop("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version < 1:
        raise ProjectInvalidError([Problem("schema_version", "project_wrong_int", {"got": str(version)})])
    if version > SCHEMA_VERSION:
        values: dict[str, Value] = {"version": version, "known": SCHEMA_VERSION}
        raise ProjectInvalidError([Problem("schema_version", "project_newer", values)])
    return data


def dump(project: TuneProject, *, translate: Callable[[str], str] = str) -> str:
    """The project as TOML: each basic setting spelled out with its label, an advanced one where it differs."""
    document = tomlkit.document()
    document.add("schema_version", tomlkit.item(SCHEMA_VERSION))
    for section, kind in sections().items():
        table = tomlkit.table()
        values = getattr(project, section)
        for name, field in kind.model_fields.items():
            info, value = setting_info(field), getattr(values, name)
            if info.level == "basic" or value != field.default:
                item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
                table.add(name, item.comment(translate(info.label)))
        document.add(tomlkit.nl())
        document.add(section, table)
    return tomlkit.dumps(document)


def save(project: TuneProject, path: Path, *, translate: Callable[[str], str] = str) -> None:
    """Write the project beside its final name, then rename: a crash leaves the old file whole."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(dump(project, translate=translate), encoding="utf-8", newline="\n")
        move(part, path)
    finally:
        part.unlink(missing_ok=True)  # a full disk leaves half of it


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ProjectInvalidError([Problem("", "project_missing", {"path": str(path)})]) from error
    except UnicodeDecodeError as error:
        raise ProjectInvalidError([Problem("", "project_encoding", {"path": str(path)})]) from error
    except OSError as error:
        if isinstance(error, IsADirectoryError | PermissionError) and path.is_dir():  # Windows: access denied
            raise ProjectInvalidError([Problem("", "project_is_folder", {"path": str(path)})]) from error
        values: dict[str, Value] = {"path": str(path), "reason": error.strerror or str(error)}
        raise ProjectInvalidError([Problem("", "project_unreadable", values)]) from error


def _problem(details: ErrorDetails) -> Problem:
    """A pydantic error as a problem of ours."""
    field = ".".join(str(part) for part in details["loc"])
    kind = details["type"]
    got = _as_written(details.get("input"))
    if kind == "extra_forbidden":
        return Problem(field, "project_unknown_key", {"key": field})
    if kind == "missing":
        return Problem(field, "project_missing_key", {"key": field})
    if kind.endswith(("_type", "_parsing", "_from_float")) or kind in ("model_attributes_type", "model_type"):
        expected = next((name for name in _TYPES if kind.startswith(name)), "table")
        return Problem(field, f"project_wrong_{expected}", {"got": got})
    return Problem(field, "project_out_of_range", {"got": got, "limits": _limits(details)})


def _as_written(value: object) -> str:
    """A value as the file has it, in short: a text in quotes, ``true`` instead of Python's True."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _limits(details: ErrorDetails) -> str:
    """The range that pydantic names, in signs that need no translation; of a pattern the field's examples."""
    if details["type"] == "string_pattern_mismatch":
        section, name = details["loc"]
        return " | ".join(sections()[str(section)].model_fields[str(name)].examples or [])
    context = details.get("ctx", {})
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "≥"}
    found = [f"{sign} {context[key]}" for key, sign in signs.items() if key in context]
    return ", ".join(found) or str(context.get("expected", details["msg"])).replace(" or ", ", ")


def with_values(project: TuneProject, **changes: dict[str, Any]) -> TuneProject:
    """The project with some settings changed: ``with_values(p, lora={"lora_rank": 16})``; checked like a file."""
    data = json.loads(project.model_dump_json())
    for section, values in changes.items():
        data[section] |= values
    try:
        return TuneProject.model_validate_json(json.dumps(data, default=list))
    except ValidationError as error:
        raise ProjectInvalidError([_problem(details) for details in error.errors()]) from error
