"""Codes to sentences, in Chinese and English: with the settings' labels the only user-visible text of core.

A new code is one entry in the file of its area: ``"code": Text("What happened with {value}.", "What to do.")``. Then
run ``python scripts/translate.py``, fill in the Chinese in the ``.po`` file, and run it again.
"""

from collections.abc import Mapping

from core.events import NamedRow, Plain, Value
from core.messages import containers, data, hubs, machine, models, names, network, ollama, run, tools, training
from core.messages.language import Language, choose_language, label, languages
from core.messages.show import duration, fill, size
from core.messages.text import N_, Text

__all__ = [
    "MESSAGES",
    "N_",
    "Language",
    "Text",
    "choose_language",
    "cure",
    "duration",
    "label",
    "languages",
    "sentence",
    "size",
]

AREAS = (run, machine, data, models, training, tools, network, hubs, containers, ollama, names)

MESSAGES: dict[str, Text] = {code: text for area in AREAS for code, text in area.MESSAGES.items()}
"""What each code says."""


def sentence(code: str, values: Mapping[str, Value], language: Language) -> str:
    """What happened. A code without an entry (of a newer version's journal) shows as itself."""
    text = MESSAGES.get(code)
    return fill(label(text.sentence, language), _worded(values, language)) if text else code


def cure(code: str, values: Mapping[str, Value], language: Language) -> str:
    """What to do about it; "" where there is nothing to do."""
    text = MESSAGES.get(code)
    return fill(label(text.cure, language), _worded(values, language)) if text else ""


def _worded(values: Mapping[str, Value], language: Language) -> dict[str, Plain]:
    """The values with the rows among them as text: each on a line of its own."""
    return {
        name: "".join(f"\n  {_row(row, language)}" for row in value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }


def _row(row: NamedRow, language: Language) -> str:
    reason = sentence(row.code, row.values, language)
    code = "row_of_file" if row.file else "row_about_itself"
    return sentence(code, {**row.values, "file": row.file, "line": row.line, "reason": reason}, language)
