"""Writes the table of all settings into the READMEs, from what TuneProject declares; ``--check`` only compares."""

import argparse
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import annotated_types
from pydantic.fields import FieldInfo

from core.config.project import settings
from core.messages import Language, label

ROOT = Path(__file__).resolve().parent.parent
READMES: dict[Path, Language] = {ROOT / "README.md": "en", ROOT / "README.zh.md": "zh"}
BEGIN, END = "<!-- settings: written by scripts/settings_table.py -->", "<!-- end of settings -->"
HEADERS: dict[Language, tuple[str, ...]] = {
    "en": ("Setting", "What it is", "Default", "Range", "Level", "ms-swift"),
    "zh": ("设置", "含义", "默认值", "取值范围", "级别", "ms-swift"),
}
LEVELS: dict[Language, dict[str, str]] = {
    "en": {"basic": "basic", "advanced": "advanced"},
    "zh": {"basic": "基本", "advanced": "高级"},
}


def table(language: Language) -> str:
    """A Markdown table for each section."""
    parts, rows = [], dict[str, list[str]]()
    for section, name, field, info in settings():
        unit = f"({label(info.unit, language)})" if info.unit else ""
        cells = (
            code(name),
            f"**{label(info.label, language)}**<br>{label(info.help, language)}",
            code(toml(field.default)),
            f"{limits(field)} {unit}".strip(),
            LEVELS[language][info.level],
            code(info.flag),
        )
        rows.setdefault(section, []).append(row(cells))
    head = row(HEADERS[language]) + row(["---"] * len(HEADERS[language]))
    for section, lines in rows.items():
        parts.append(f"`[{section}]`\n\n{head}{''.join(lines)}")
    return "\n".join(parts)


def row(cells: typing.Iterable[str]) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def code(text: str) -> str:
    """The text as code; nothing for nothing."""
    return f"`{text}`" if text else ""


def toml(value: object) -> str:
    """A default as the project file spells it."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(toml(item) for item in value)}]"
        case _:
            return str(value)


def limits(field: FieldInfo) -> str:
    """What a field may hold beyond its type: the choices, or the ends of its range."""
    if typing.get_origin(field.annotation) is typing.Literal:
        return ", ".join(code(toml(choice)) for choice in typing.get_args(field.annotation))
    return ", ".join(_ends(field))


def _ends(field: FieldInfo) -> Iterator[str]:
    for mark in field.metadata:
        match mark:
            case annotated_types.Ge(end):
                yield f"≥ {end}"
            case annotated_types.Gt(end):
                yield f"> {end}"
            case annotated_types.Le(end):
                yield f"≤ {end}"
            case annotated_types.Lt(end):
                yield f"< {end}"
            case _:
                pass


def with_table(text: str, language: Language) -> str:
    """A README with today's table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the marks {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n\n{table(language)}\n{END}{after}"


def main() -> int:
    """Write the tables, or with ``--check`` only compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check, stale = parser.parse_args().check, 0
    for path, language in READMES.items():
        old = path.read_text(encoding="utf-8")
        new = with_table(old, language)
        if new != old and check:
            print(f"not up to date: {path.name}")
            stale += 1
        elif new != old:
            path.write_text(new, encoding="utf-8", newline="\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
