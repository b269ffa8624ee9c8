# ruff: noqa: S311 - choices of rows, no secrets
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.sampling import MOST_ROWS, Entry, divide, parse_entry, split, take
from core.events import StageError


@pytest.mark.parametrize(
    ("text", "path", "count"),
    [
        ("a.jsonl", "a.jsonl", None),
        ("a.jsonl#500", "a.jsonl", 500),
        ("x#1/a#b.jsonl", "x#1/a#b.jsonl", None),
        ("x#1/a#b.jsonl#20", "x#1/a#b.jsonl", 20),
        ("a.jsonl#1#2", "a.jsonl#1", 2),
        ("a.jsonl#", "a.jsonl#", None),
        ("a.jsonl#-5", "a.jsonl#-5", None),
        ("a.jsonl#５", "a.jsonl#５", None),
        ("#5", "#5", None),
        ("a" * 5000 + "#5", "a" * 5000, 5),
    ],
)
def test_only_digits_at_the_end_count(text: str, path: str, count: int | None) -> None:
    assert parse_entry(text) == Entry(Path(path), count)


def test_a_file_of_the_whole_name_goes_before(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl#7"
    path.touch()
    assert parse_entry(str(path)) == Entry(path)
    assert parse_entry(f"{path}#3") == Entry(path, 3)


@pytest.mark.parametrize("count", [0, MOST_ROWS + 1])
def test_counts_that_make_no_sense(count: int) -> None:
    with pytest.raises(StageError, match="dataset_take"):
        parse_entry(f"a.jsonl#{count}")


def test_taking_more_than_there_is_copies_all_then_some() -> None:
    taken = take(range(10), 34, Random(1))
    counts = Counter(taken)
    assert len(taken) == 34
    assert set(counts) == set(range(10))
    assert sorted(counts.values()) == [3] * 6 + [4] * 4
    assert taken == take(range(10), 34, Random(1)) != take(range(10), 34, Random(2))


def test_taking_fewer_repeats_none() -> None:
    taken = take(range(100), 30, Random(1))
    assert len(set(taken)) == 30
    assert taken != list(range(30))
    assert take([], 30, Random(1)) == []
    assert take(range(3), None, Random(1)) == [0, 1, 2]


@settings(deadline=None)
@given(st.integers(0, 300), st.floats(0, 1), st.integers())
def test_a_split_parts_all_rows(rows: int, ratio: float, seed: int) -> None:
    train, held_out = split(range(rows), ratio, Random(seed))
    assert sorted(train + held_out) == list(range(rows))
    assert bool(train) == bool(rows)
    assert len(held_out) == (min(max(1, int(rows * ratio)), rows - 1) if ratio > 0 and rows > 1 else 0)
    assert (train, held_out) == split(range(rows), ratio, Random(seed))


def test_a_split_is_random_by_seed() -> None:
    assert split(range(1000), 0.1, Random(1))[1] != split(range(1000), 0.1, Random(2))[1]


@settings(deadline=None)
@given(st.integers(1, 100), st.none() | st.integers(1, 500), st.floats(0, 0.5), st.integers())
def test_what_is_held_out_is_never_trained_on(rows: int, count: int | None, ratio: float, seed: int) -> None:
    train, held_out = divide(range(rows), count, ratio, Random(seed))
    assert not set(train) & set(held_out)
    assert len(train) + len(held_out) == (rows if count is None else count)
    assert train
