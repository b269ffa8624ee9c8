from pathlib import Path

import pytest

from core.events import Message, Progress, RunFinished, RunStarted, StageFailed
from core.pipeline import journal
from core.pipeline.journal import BALLAST, EVENTS, Journal, JournalTooNewError, finished, follow, read, reserve
from core.process.tail import FileTail
from tests.core.conftest import fill


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


def test_a_full_disk_keeps_the_last_words(small_disk: Path) -> None:
    run = small_disk / "run"
    reserve(run)
    log = Journal(run)
    log.append(started())
    fill(small_disk)
    progress = Message(stage="train", code="stop_requested", values={"text": "x" * 9000})
    with pytest.raises(OSError, match="space"):
        log.append(progress)
    assert (run / BALLAST).exists()  # not spent on what a program that still runs says
    tail = tuple("长" * 500 for _ in range(30))
    log.append(StageFailed(stage="train", code="disk_ran_full", tail=tail))
    log.append(RunFinished(status="failed", seconds=1.0))
    log.close()
    assert [event.type for event in read(run)] == ["run_started", "stage_failed", "run_finished"]


def test_a_line_that_does_not_fit_leaves_no_half_line(small_disk: Path) -> None:
    log = Journal(small_disk / "run")
    log.append(started())
    fill(small_disk)
    with pytest.raises(OSError, match="space"):
        log.append(StageFailed(stage="train", code="disk_ran_full", tail=("x" * 100_000,)))
    (small_disk / "filler").unlink()
    log.append(RunFinished(status="failed", seconds=1.0))
    log.close()
    assert [event.type for event in read(small_disk / "run")] == ["run_started", "run_finished"]


def test_the_ballast_goes_with_the_last_word(tmp_path: Path) -> None:
    reserve(tmp_path / "run")
    assert (tmp_path / "run" / BALLAST).stat().st_size == 65_536
    Journal(tmp_path / "run").close()
    assert not (tmp_path / "run" / BALLAST).exists()


@pytest.mark.parametrize("torn", ['{"type": "run_fini', "\0" * 4096, '{"type": "run_fini' + "\0" * 700])
def test_what_is_appended_after_a_torn_line_stands_on_its_own(tmp_path: Path, torn: str) -> None:
    write(tmp_path, started().model_dump_json() + "\n", torn)
    log = Journal(tmp_path)
    log.append(RunFinished(status="interrupted", seconds=0.0))
    log.close()
    assert [event.type for event in read(tmp_path)] == ["run_started", "run_finished"]


def test_two_writers_do_not_mix_their_lines(tmp_path: Path) -> None:
    one, other = Journal(tmp_path), Journal(tmp_path)
    for number in range(50):
        for log in (one, other):
            log.append(Message(stage="", code="x", values={"number": number, "text": "长" * 9000}))
    one.close()
    other.close()
    numbers = [event.values["number"] for event in read(tmp_path) if isinstance(event, Message)]
    assert numbers == [number for number in range(50) for _ in range(2)]


def test_the_last_word_is_read_from_the_end_alone(tmp_path: Path) -> None:
    assert finished(tmp_path) is None
    (tmp_path / EVENTS).touch()
    assert finished(tmp_path) is None
    write(tmp_path, started().model_dump_json() + "\n")
    assert finished(tmp_path) is None
    write(tmp_path, *("x" * 999 + "\n" for _ in range(9)))
    last = RunFinished(status="stopped", seconds=2.0)
    write(tmp_path, last.model_dump_json() + "\n")
    assert finished(tmp_path) == last
    write(tmp_path, "\0" * 100)
    assert finished(tmp_path) == last
