"""What went wrong, told from a tool's last lines or its exit code: the way from messages to codes of core.messages."""

import re
from collections.abc import Iterable, Sequence

from core.events import Value
from core.parsers.failures.container import CONTAINER
from core.parsers.failures.llama_cpp import LLAMA_CPP, LLAMA_CPP_GENERAL
from core.parsers.failures.machine import MACHINE, MACHINE_GENERAL
from core.parsers.failures.network import NETWORK, NETWORK_GENERAL
from core.parsers.failures.pattern import Failure, failure
from core.parsers.failures.training import TRAINING, TRAINING_GENERAL

Diagnosis = tuple[str, dict[str, Value]]

TAIL_LINES = 200
"""A failure explains itself at the end."""
MAX_LINE = 2000
"""Characters of a line that are looked at: the message comes first, long lists follow."""

SPECIFIC: tuple[Failure, ...] = (*CONTAINER, *MACHINE, *LLAMA_CPP, *TRAINING, *NETWORK)
"""Each tells its cause. In one line the first entry of this order counts, among lines the last."""
GENERAL: tuple[Failure, ...] = (
    *TRAINING_GENERAL,
    *LLAMA_CPP_GENERAL,
    *NETWORK_GENERAL,
    *MACHINE_GENERAL,
)
"""Often only the consequence of a specific one: asked when none of those was seen."""
SILENT = (failure("merge_stale", r"already exists.*skipping the saving process"),)
"""Said by tools that nevertheless end with exit code 0."""

_HARMLESS = re.compile(
    r"^\s*(?:\[?(?:INFO|WARN(?:ING)?|DEBUG)\b|raise )|^warning: "
    r"|\b(?:User|Future|Deprecation|Runtime)Warning:|could not be imported: "
)
"""Lines by which tools say that they go on."""

_EXITS: dict[str, tuple[int, ...]] = {
    "killed_by_system": (-9, 137),
    "memory_exhausted_exit": (0xC0000017, 0xC000012D),
    "illegal_instruction_exit": (-4, 132, 0xC000001D),
    "memory_access": (-11, 139, 0xC0000005, 0xC00000FD),
    "program_aborted": (-6, 134, 0xC0000409),
    "program_library_missing": (0xC0000135, 0xC0000139, 0xC0000142),
    "ended_from_outside": (-15, 143, 0xC000013A),
    "program_missing": (127,),
}
"""POSIX signals (negative, or by way of a shell above 128) and Windows' NTSTATUS."""


def diagnose(lines: Sequence[str], stage: str) -> Diagnosis | None:
    """The code and values for what a failed tool said last, or None where no message is known."""
    said = [line[:MAX_LINE] for line in lines[-TAIL_LINES:] if not _HARMLESS.search(line[:MAX_LINE])]
    return _last(said, SPECIFIC, stage) or _last(said, GENERAL, stage)


def diagnose_exit(code: int) -> Diagnosis | None:
    """What an exit code alone says; ask it after :func:`diagnose`, whose messages say more."""
    status = code & 0xFFFFFFFF if code < -255 else code  # NTSTATUS is read as signed by some
    known = next((name for name, codes in _EXITS.items() if status in codes), None)
    return (known, {"exit": code}) if known else None


def silent_failure(lines: Iterable[str], stage: str) -> Diagnosis | None:
    """A failure that the tool itself took for a success."""
    return _last([line[:MAX_LINE] for line in lines], SILENT, stage)


def _last(lines: Sequence[str], table: Sequence[Failure], stage: str) -> Diagnosis | None:
    for line in reversed(lines):
        for entry in table:
            if (not entry.stages or stage in entry.stages) and (match := entry.pattern.search(line)):
                return entry.code, {name: value for name, value in match.groupdict().items() if value is not None}
    return None
