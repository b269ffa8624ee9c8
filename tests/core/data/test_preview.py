from pathlib import Path

from core.config.problem import Problem
from core.config.sections.inputs import DatasetSection
from core.data.prepare import REPORT
from core.data.preview import LOOK, check_dataset, preview
from core.events import NamedRow, Value

GOOD = '{"instruction": "你", "output": "好"}\n'
BAD = '{"instruction": "你", "output": ""}\n'


def write(path: Path, text: str, encoding: str = "utf-8") -> str:
    path.write_text(text, encoding=encoding)
    return str(path)


def test_a_look_at_the_first_rows(tmp_path: Path) -> None:
    text = BAD + '{"query": "你", "response": "好"}\n' + GOOD * 500 + BAD
    found = preview(Path(write(tmp_path / "a.jsonl", text, "gb18030")), rows=10)
    assert (found.encoding, found.formats) == ("gb18030", ("alpaca", "query_response"))
    assert [message.content for message in found.rows[0].messages] == ["你", "好"]
    assert (len(found.rows), [row.line for row in found.bad_rows]) == (9, [1])


def test_good_files_have_no_problems(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", GOOD * LOOK + BAD)  # what lies behind the look is found by prepare
    assert check_dataset(DatasetSection(files=(file, f"{file}#3"), val_files=(file,))) == []


def test_every_file_s_problem_is_told_at_once(tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.jsonl", GOOD + BAD)
    columns = write(tmp_path / "columns.csv", "title,abs\n1,2\n")
    section = DatasetSection(files=(bad, columns, f"{bad}#0"), val_files=(str(tmp_path / "none.csv"),))
    problems = check_dataset(section)
    assert [(problem.field, problem.code, problem.level) for problem in problems] == [
        ("dataset.files", "dataset_bad_rows", "error"),
        ("dataset.files", "dataset_columns", "error"),
        ("dataset.files", "dataset_take", "error"),
        ("dataset.val_files", "dataset_missing", "error"),
    ]


def test_bad_rows_that_will_be_dropped_are_a_warning(tmp_path: Path) -> None:
    section = DatasetSection(files=(write(tmp_path / "a.jsonl", GOOD + BAD),), on_bad_rows="drop")
    values = {"excerpt": '{"instruction": "你", "output": ""}'}
    first = (NamedRow(file="a.jsonl", line=2, code="answer_empty", values=values),)
    shown: dict[str, Value] = {"count": 1, "first": first, "report": REPORT}
    assert check_dataset(section) == [Problem("dataset.files", "dataset_bad_rows", shown, "warning")]
