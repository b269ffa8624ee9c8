"""What a code says: the type of the catalogue's entries."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """English msgids with ``{name}`` placeholders: what happened, and what to do about it ("" where nothing is).

    ``{name:size}`` shows bytes as GB, ``{name:duration}`` seconds as hours and minutes.
    """

    sentence: str
    cure: str


def N_(msgid: str) -> str:  # noqa: N802 - gettext's own name
    """Mark a text for the catalogue where it stands; :func:`core.messages.label` translates it."""
    return msgid
