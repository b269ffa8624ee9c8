import codecs
import os
from pathlib import Path

import pytest

import core.data.encoding
from core.data.encoding import detect_encoding
from core.events import StageError

ROWS = '{"query": "你好", "response": "好"}\n'


def fail(path: Path) -> StageError:
    with pytest.raises(StageError) as caught:
        detect_encoding(path)
    return caught.value


@pytest.mark.parametrize(
    ("written", "mark", "found"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8-sig"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "utf-32"),
        ("gbk", b"", "gb18030"),
        ("gb18030", b"", "gb18030"),
    ],
)
def test_each_encoding_is_found_and_reads_back(tmp_path: Path, written: str, mark: bytes, found: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(mark + ROWS.encode(written))
    assert detect_encoding(path) == found
    assert path.read_text(encoding=found) == ROWS


def test_gb18030_far_behind_ascii_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"query": "a", "response": "b"}\n' * 100_000 + ROWS.encode("gb18030"))
    assert detect_encoding(path) == "gb18030"


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_neither_encoding_names_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(core.data.encoding, "_CHUNK", chunk)
    path = tmp_path / "a.jsonl"
    path.write_bytes(ROWS.encode() * 2 + b'{"query": "\xff\xff"}\n' + ROWS.encode())
    error = fail(path)
    assert error.code == "dataset_encoding"
    assert error.values == {"path": str(path), "line": 3}


def test_a_byte_order_mark_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(codecs.BOM_UTF16_BE + "ab\ncd\n".encode("utf-16-be") + b"\xd8")  # half a character
    assert fail(path).values["line"] == 3


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.jsonl", b"", "dataset_file_empty"),
        ("a.parquet", b"PAR1", "dataset_suffix"),
        ("a", b"{}", "dataset_suffix"),
        ("a.jsonl", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "dataset_lfs_pointer"),
    ],
)
def test_files_that_are_no_datasets(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert fail(path).code == code


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    assert fail(tmp_path / "none.jsonl").code == "dataset_missing"
    assert fail(tmp_path / "a\0b.jsonl").code == "dataset_missing"
    assert fail(tmp_path).code == "dataset_is_folder"
    too_long = fail(tmp_path / ("a" * 1000 + ".jsonl")).code
    assert too_long == ("dataset_missing" if os.name == "nt" else "dataset_unreadable")  # as the system says


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jsonl")
    assert fail(tmp_path / "a.jsonl").code == "dataset_unreadable"
