"""``swift infer``: a bar without a name counts the rows, and each row of its result file is an answer."""

import json
from collections.abc import Iterator

from core.events import Answer, Event
from core.parsers.tqdm import Tqdm


class SwiftInfer:
    """Questions that ``model`` answers. Feed it the tool's output, and the lines of its result file."""

    def __init__(self, stage: str, model: str) -> None:
        self._stage, self._model = stage, model
        self._bar = Tqdm(stage, {"": "row"})

    def feed(self, line: str) -> Iterator[Event]:
        """How many rows are answered, or an answer."""
        if not line.startswith("{"):
            yield from self._bar.feed(line)
        elif answer := self._answer(line):
            yield answer

    def _answer(self, line: str) -> Answer | None:
        try:
            row = json.loads(line)
            questions = [message["content"] for message in row["messages"] if message["role"] == "user"]
            return Answer(stage=self._stage, model=self._model, prompt=str(questions[-1]), text=str(row["response"]))
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            return None
