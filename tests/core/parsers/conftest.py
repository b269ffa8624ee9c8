from collections.abc import Callable
from pathlib import Path

import pytest

from core.events import Event
from core.parsers.parser import Parser
from core.process.lines import LineSplitter

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"

Replay = Callable[[Parser, str], list[Event]]


@pytest.fixture
def replay() -> Replay:
    """All events that a parser makes of a recorded output, its bytes cut into lines as in a run."""

    def run(parser: Parser, name: str) -> list[Event]:
        splitter = LineSplitter()
        lines = splitter.feed((TRANSCRIPTS / name).read_bytes()) + splitter.close()
        return [event for line in lines for event in parser.feed(line.text)]

    return run
