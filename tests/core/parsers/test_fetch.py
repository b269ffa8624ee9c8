"""The events of a download that runs in another process, between the lines of its libraries."""

from core.events import Message, Progress, StageFailed, StageFinished, StageStarted
from core.parsers.fetch import Fetch

LINES = [
    StageStarted(stage="fetch", fingerprint="").model_dump_json(),
    "2026-01-01 | WARNING | modelscope_hub.download | retrying",
    Progress(stage="fetch", completed=5, total=10, unit="byte", speed=2.5, detail="a 50%").model_dump_json(),
    "{broken",
    '{"type": "no such event"}',
    Message(stage="fetch", code="x").model_dump_json(),
    StageFinished(stage="fetch", fingerprint="", seconds=1).model_dump_json(),
]


def test_progress_and_messages_become_the_stages_own() -> None:
    reader = Fetch("fetch_model")
    events = [event for line in LINES for event in reader.feed(line)]
    assert [event.type for event in events] == ["progress", "message"]
    progress = events[0]
    assert isinstance(progress, Progress)
    assert (progress.stage, progress.completed, progress.speed) == ("fetch_model", 5, 2.5)
    assert reader.failure is None


def test_its_failure_is_kept() -> None:
    reader = Fetch("prepare_dataset")
    line = StageFailed(stage="fetch", code="hub_refused", values={"status": 403}).model_dump_json()
    assert not list(reader.feed(line))
    assert reader.failure is not None
    assert (reader.failure.code, reader.failure.values) == ("hub_refused", {"status": 403})
