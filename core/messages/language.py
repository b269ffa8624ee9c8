"""Which language is spoken, and the gettext catalogues."""

import gettext
import locale
import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["en", "zh"]

DOMAIN = "tunesmith"


def languages() -> tuple[Language, ...]:
    """The languages that are spoken; the first is the one of the msgids."""
    return get_args(Language)


def choose_language(
    preferred: str | None, system: str | None = None, environment: Mapping[str, str] = os.environ
) -> Language:
    """The language to speak: the preferred one if it is set and known, else the system's.

    ``system`` is what the operating system names as its display language, where that is known better than by the locale
    (Windows: see :mod:`core.platform`). Anything that is not Chinese is spoken to in English.
    """
    names = (preferred, environment.get("LC_ALL"), environment.get("LC_MESSAGES"), environment.get("LANG"), system)
    named = next((name for name in names if name and name != "auto"), None) or locale.getlocale()[0] or ""
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"


@cache
def translations(language: Language) -> gettext.NullTranslations:
    """The compiled catalogue of a language; English needs none."""
    if language == "en":
        return gettext.NullTranslations()
    compiled = files("resources") / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
    with compiled.open("rb") as file:
        return gettext.GNUTranslations(file)


def label(msgid: str, language: Language) -> str:
    """A marked text of the program (a setting's label, help or unit) in a language."""
    return translations(language).gettext(msgid) if msgid else ""  # gettext keeps its own header under ""
