"""One entry of the catalogue of tools' messages."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that a tool prints, the code it stands for, and (named groups) the values of its sentence.

    ``stages`` empty: whatever stage prints it.
    """

    code: str
    pattern: re.Pattern[str]
    stages: frozenset[str]


def failure(code: str, pattern: str, *stages: str) -> Failure:
    """An entry; letters' case does not count."""
    return Failure(code, re.compile(pattern, re.IGNORECASE), frozenset(stages))
