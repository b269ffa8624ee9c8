import csv
import json
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.encoding import detect_encoding
from core.data.readers import read_rows
from core.data.rows import BadRow, RawRow
from core.data.validate import Summary, read_conversations
from core.events import StageError


def read(path: Path) -> list[RawRow | BadRow]:
    return list(read_rows(path, detect_encoding(path)))


def told(rows: list[RawRow | BadRow]) -> list[tuple[int, object]]:
    """Line and data, or line and reason."""
    return [(row.line, row.data if isinstance(row, RawRow) else row.code) for row in rows]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".txt", ".JSONL"])
def test_json_lines_with_bad_ones_between(tmp_path: Path, suffix: str) -> None:
    text = '{"a": 1}\n\n{"a": \n[1]\n"x"\n{"a": "\0"}\n   \n{"a": 2}'
    assert told(read(write(tmp_path / f"a{suffix}", text))) == [
        (1, {"a": 1}),
        (3, "json_syntax"),
        (4, "json_not_object"),
        (5, "json_not_object"),
        (6, "nul_bytes"),
        (8, {"a": 2}),
    ]


def test_json_that_breaks_parsers_is_one_bad_row(tmp_path: Path) -> None:
    text = "[" * 100_000 + "\n" + '{"a": ' + "9" * 5000 + '}\n{"a": 2}\n'
    assert told(read(write(tmp_path / "a.jsonl", text))) == [(1, "json_depth"), (2, "json_syntax"), (3, {"a": 2})]


def test_a_name_that_stands_twice_is_one_bad_row(tmp_path: Path) -> None:
    text = '{"a": 1, "b": 2, "a": 3}\n{"x": [{"b": 1, "b": 1}], "y": \n{"a": {"c": [{"b": 1, "b": 2}]}}\n{"a": 2}\n'
    rows = read(write(tmp_path / "a.jsonl", text))
    assert told(rows) == [(1, "key_repeated"), (2, "json_syntax"), (3, "key_repeated"), (4, {"a": 2})]
    assert [row.values.get("key") for row in rows if isinstance(row, BadRow)] == ["a", None, "b"]
    array = '[{"a": 1},\n{"a": 1, "a": 1},\n{"a": 2}]'
    assert told(read(write(tmp_path / "a.json", array))) == [(1, {"a": 1}), (2, "key_repeated"), (3, {"a": 2})]


@pytest.mark.parametrize(
    "make", [lambda depth: "[" * depth + "]" * depth, lambda depth: '{"a":' * depth + "1" + "}" * depth]
)
def test_nesting_of_any_depth_is_read_or_told(tmp_path: Path, make: Callable[[int], str]) -> None:
    limit = sys.getrecursionlimit()
    depths = [*range(limit - 120, limit, 3), 10_000]
    rows = "".join(f'{{"query": "q", "response": {make(depth)}}}\n' for depth in depths)
    path = write(tmp_path / "a.jsonl", '{"query": "q", "response": "a"}\n' + rows)
    found = list(read_conversations(path, "utf-8", Summary()))
    codes = [row.code for row in found if isinstance(row, BadRow)]
    assert (len(codes), codes[0], codes[-1]) == (len(depths), "content_not_text", "json_depth")
    assert set(codes) == {"content_not_text", "json_depth"}


def test_windows_line_ends_and_line_separators_inside_text(tmp_path: Path) -> None:
    text = '{"a": "x\u2028y"}\r\n{"a": "z"}\r\n'
    assert told(read(write(tmp_path / "a.jsonl", text))) == [(1, {"a": "x\u2028y"}), (2, {"a": "z"})]


def test_json_array_names_the_line_of_each_object(tmp_path: Path) -> None:
    text = '\n[\n  {"a": 1},\n  {\n    "a": 2\n  }, 3,\n  {"a": "\u4f60"}\n]\n'
    assert told(read(write(tmp_path / "a.json", text))) == [
        (3, {"a": 1}),
        (4, {"a": 2}),
        (6, "json_not_object"),
        (7, {"a": "\u4f60"}),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[\n{"a": 1},\n{"a": }\n]', 3),
        ('[\n{"a": 1}\n{"a": 2}\n]', 3),
        ('[\n{"a": 1},\n', 3),
        ('[{"a": 1}]\n[{"a": 2}]', 1),
        ("[" * 100_000, 1),
    ],
)
def test_a_broken_array_is_the_file_s_fault(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(StageError) as caught:
        read(write(tmp_path / "a.json", text))
    assert (caught.value.code, caught.value.values["line"]) == ("dataset_json", line)


def test_json_with_one_object_a_line(tmp_path: Path) -> None:
    assert told(read(write(tmp_path / "a.json", '{"a": 1}\nx\n{"a": 2}\n'))) == [
        (1, {"a": 1}),
        (2, "json_syntax"),
        (3, {"a": 2}),
    ]


def test_json_that_holds_one_long_object(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="dataset_json_object"):
        read(write(tmp_path / "a.json", json.dumps({"data": [{"a": 1}]}, indent=1)))


def test_csv_rows_begin_where_they_begin(tmp_path: Path) -> None:
    text = 'a,b\n1,"x\ny\nz"\n\n2,w\n3\n4,5,6\n7,"q"x\n,\n8,\0\n9,v\n'
    assert told(read(write(tmp_path / "a.csv", text))) == [
        (2, {"a": "1", "b": "x\ny\nz"}),
        (6, {"a": "2", "b": "w"}),
        (7, "csv_columns"),
        (8, "csv_columns"),
        (9, "csv_syntax"),
        (11, "nul_bytes"),
        (12, {"a": "9", "b": "v"}),
    ]


def test_csv_quote_that_is_never_closed_is_told_with_the_lines_it_takes(tmp_path: Path) -> None:
    *_, last = read(write(tmp_path / "a.csv", 'a,b\n1,2\n3,"4\n5,6\n7,8\n'))
    assert isinstance(last, BadRow)
    assert (last.line, last.code, last.values) == (3, "csv_syntax", {"lines": 3})


def test_csv_cell_larger_than_python_s_limit(tmp_path: Path) -> None:
    assert told(read(write(tmp_path / "a.csv", "a\n" + "x" * 200_000))) == [(2, {"a": "x" * 200_000})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", "\t")])
def test_csv_as_spreadsheets_write_it(tmp_path: Path, encoding: str, name: str, delimiter: str) -> None:
    path = tmp_path / name
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([["问题", "回答"], ["你好,\n吗;", '"好"\t']])
    assert told(read(path)) == [(2, {"问题": "你好,\n吗;", "回答": '"好"\t'})]


def test_csv_header_that_names_a_column_twice(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="dataset_csv_header"):
        read(write(tmp_path / "a.csv", "a,a\n1,2\n"))


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", "a,b\n"), ("a.jsonl", "\n \n"), ("a.json", "[]"), ("a.json", " ")]
)
def test_files_without_rows(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(StageError, match="dataset_file_empty"):
        read(write(tmp_path / name, text))


def test_a_file_that_changes_its_encoding_under_the_reader(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"a": "\u4f60"}\n', "gb18030")
    with pytest.raises(StageError, match="dataset_unreadable"):
        list(read_rows(path, "utf-8"))


@pytest.mark.parametrize(
    ("name", "row"), [("a.jsonl", '{"a": "some text of a row"}\n'), ("a.csv", "some,text of a row\n")]
)
def test_large_files_are_streamed(tmp_path: Path, name: str, row: str) -> None:
    path = write(tmp_path / name, row * 20_000)
    tracemalloc.start()
    count = sum(1 for _ in read_rows(path, "utf-8"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count >= 19_999
    assert peak < 200_000 < path.stat().st_size


def test_excerpts_are_short_and_printable(tmp_path: Path) -> None:
    [row] = read(write(tmp_path / "a.jsonl", "\x1b[31m" + "x" * 1000))
    assert isinstance(row, BadRow)
    shown = row.values["excerpt"]
    assert isinstance(shown, str)
    assert shown.isprintable()
    assert len(shown) < 200
