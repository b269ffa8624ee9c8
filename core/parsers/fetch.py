"""``tunesmith fetch --json``: our own events, one JSON object a line, between the hubs' warnings."""

from collections.abc import Iterator

from pydantic import ValidationError

from core.events import ADAPTER, Event, Message, Progress, StageFailed


class Fetch:
    """A download that another process of ours does for a stage; ``failure`` is how it ended, where it failed."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self.failure: StageFailed | None = None

    def feed(self, line: str) -> Iterator[Event]:
        """The progress as the stage's own."""
        if not line.startswith("{"):
            return
        try:
            event = ADAPTER.validate_json(line)
        except ValidationError:
            return
        match event:
            case Progress() | Message():
                yield event.model_copy(update={"stage": self._stage})
            case StageFailed():
                self.failure = event
            case _:
                pass
