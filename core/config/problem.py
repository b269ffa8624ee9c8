"""What is wrong with a project: found by checks, worded by :mod:`core.messages`."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from core.events import Value


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: where (``section.setting`` or ""), what (a code of core.messages), and the sentence's values."""

    field: str
    code: str
    values: dict[str, Value] = dataclasses.field(default_factory=dict)
    level: Literal["error", "warning"] = "error"
