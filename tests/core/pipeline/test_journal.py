from pathlib import Path

import pytest

from core.events import Progress, RunFinished, RunStarted
from core.pipeline import journal
from core.pipeline.journal import EVENTS, Journal, JournalTooNewError, follow, read
from core.process.tail import FileTail


def started(schema: int = 1) -> RunStarted:
    return RunStarted(
        schema_version=schema, run_id="r", project="p", stages=("train",), pid=1, create_time=0.0, version="0"
    )


def write(folder: Path, *lines: str) -> None:
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        file.writelines(lines)


def test_events_come_back_as_they_were(tmp_path: Path) -> None:
    log = Journal(tmp_path)
    log.append(started())
    log.append(RunFinished(status="done", seconds=1.5))
    log.close()
    first, last = read(tmp_path)
    assert isinstance(first, RunStarted)
    assert first.model_copy(update={"time": 0.0}) == started()
    assert first.time > 0
    assert isinstance(last, RunFinished)


def test_a_torn_last_line_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, started().model_dump_json() + "\n", '{"type": "run_fini')
    assert [event.type for event in read(tmp_path)] == ["run_started"]


def test_a_line_is_read_once_its_end_is_there(tmp_path: Path) -> None:
    tail = FileTail(tmp_path / EVENTS)
    text = started().model_dump_json()
    write(tmp_path, text[:20])
    assert list(follow(tail)) == []
    write(tmp_path, text[20:] + "\n")
    assert [event.type for event in follow(tail)] == ["run_started"]
    assert list(follow(tail)) == []


def test_garbage_lines_and_unknown_events_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "\x00\x00\n", '{"type": "from_the_future"}\n', "[]\n", started().model_dump_json() + "\n")
    assert [event.type for event in read(tmp_path)] == ["run_started"]


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    write(tmp_path, started(schema=2).model_dump_json() + "\n")
    with pytest.raises(JournalTooNewError):
        list(read(tmp_path))


def test_progress_is_thinned_but_its_end_is_kept(tmp_path: Path) -> None:
    log = Journal(tmp_path)
    for step in range(1001):
        log.append(Progress(stage="train", completed=step, total=1000))
    log.close()
    events = list(read(tmp_path))
    assert len(events) < 100
    assert isinstance(events[-1], Progress)
    assert events[-1].completed == 1000


def test_runs_are_listed_by_age(tmp_path: Path) -> None:
    for name in ("20260102-000000-aa", "20260101-000000-bb"):
        Journal(tmp_path / name).close()
    (tmp_path / "not-a-run").mkdir()
    assert [path.name for path in journal.runs(tmp_path)] == ["20260101-000000-bb", "20260102-000000-aa"]
