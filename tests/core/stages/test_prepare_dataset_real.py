"""prepare_dataset with the real ms-swift: what it would drop or cut is named by file and line."""

import json
from pathlib import Path

import pytest

from core.data.prepare import REPORT
from core.events import Message, NamedRow, StageFailed
from tests.e2e.workshop import Demo, Workshop

pytestmark = pytest.mark.real


def test_real_lengths_name_the_user_s_lines(demo: Demo, tmp_path: Path) -> None:
    shop = Workshop(demo, tmp_path / "长 rows", "rows")
    answers = ["yes", "so " * 400, "no", "so " * 500, "", "a\u2028b"]
    lines = (json.dumps({"query": "Why?", "response": answer}, ensure_ascii=False) + "\n" for answer in answers)
    (shop.folder / "问 rows.jsonl").write_text("".join(lines), encoding="utf-8")
    dataset: dict[str, object] = {"files": ["问 rows.jsonl"], "split_dataset_ratio": 0.0, "on_bad_rows": "drop"}

    shop.write(dataset=dataset)
    done = shop.run("--until", "prepare_dataset")
    assert done.code == 1, done.output
    (failed,) = [event for event in shop.events() if isinstance(event, StageFailed)]
    assert (failed.code, failed.values["count"]) == ("rows_too_long", 2)
    assert "问 rows.jsonl:2" in done.output
    assert "问 rows.jsonl:4" in done.output

    shop.write(dataset={**dataset, "truncation_strategy": "delete"})
    done = shop.run("--until", "prepare_dataset")
    assert done.code == 0, done.output
    told = {event.code: event.values for event in shop.events() if isinstance(event, Message)}
    assert (told["rows_prepared"]["train"], told["rows_left_out"]["count"]) == (3 + 24, 3)
    first = told["rows_left_out"]["first"]
    assert isinstance(first, tuple)
    assert all(isinstance(row, NamedRow) for row in first)
    assert [(row.line, row.code) for row in first] == [(5, "answer_empty"), (2, "row_too_long"), (4, "row_too_long")]
    folder = shop.job().folder("prepare_dataset")
    assert str(folder / REPORT) == told["rows_left_out"]["report"]
    rows = (folder / "train.jsonl").read_text(encoding="utf-8").split("\n")
    assert len(rows) == 3 + 24 + 1
    assert not any("so so" in row for row in rows)
