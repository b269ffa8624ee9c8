"""This computer's main memory."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Memory:
    """Main memory in bytes; ``available`` can be had without swapping."""

    total: int
    available: int


def memory() -> Memory:
    """The main memory now."""
    now = psutil.virtual_memory()
    return Memory(total=now.total, available=now.available)
