"""Which files of a dataset's repository are rows."""

from pathlib import Path

import pytest

from core.events import StageError
from core.tools.hub import record
from core.tools.hub.repo import RemoteFile, Repo
from core.tools.hub.rows import choose_rows, row_files, unread_parquet

README = """---
license: mit
configs:
- config_name: zh
  default: true
  data_files:
  - split: train
    path: zh/train-*.jsonl
  - split: test
    path:
    - zh/test.jsonl
- config_name: en
  data_dir: en
  data_files: "**/*.csv"
---
# A dataset
"""
DECLARED = [
    "README.md",
    "zh/train-0.jsonl",
    "zh/train-1.jsonl",
    "zh/test.jsonl",
    "en/a.csv",
    "en/deep/b.csv",
    "x.jsonl",
]
NAMED = ["README.md", "dataset_infos.json", "title-good_train.jsonl", "title-good_test.jsonl", "data/norm.json", "a.py"]


def chosen(paths: list[str], readme: str, *names: str) -> list[str]:
    files = [RemoteFile(path, 1) for path in paths]
    return [file.path for file in choose_rows(Repo("dataset", "modelscope", "a/b", "", names), files, readme)]


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        ((), ["zh/train-0.jsonl", "zh/train-1.jsonl"]),
        (("zh", "test"), ["zh/test.jsonl"]),
        (("en",), ["en/a.csv", "en/deep/b.csv"]),
        (("zh", "en"), ["zh/train-0.jsonl", "zh/train-1.jsonl", "en/a.csv", "en/deep/b.csv"]),
        (("test",), ["zh/test.jsonl"]),
    ],
)
def test_declared_in_the_readme(names: tuple[str, ...], paths: list[str]) -> None:
    assert chosen(DECLARED, README, *names) == paths


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        ((), ["title-good_train.jsonl"]),
        (("test",), ["title-good_test.jsonl"]),
        (("title-good",), ["title-good_train.jsonl"]),
        (("norm",), ["data/norm.json"]),
        (("data", "train"), ["data/norm.json"]),
    ],
)
@pytest.mark.parametrize(
    "readme", ["", "# no head", "---\n: [\n---\n", "---\nconfigs: 5\n---\n", "---\nconfigs: [1]\n---"]
)
def test_by_their_names(readme: str, names: tuple[str, ...], paths: list[str]) -> None:
    assert chosen(NAMED, readme, *names) == paths


@pytest.mark.parametrize(
    ("paths", "readme", "names", "code"),
    [
        (DECLARED, README, ("fr",), "hub_subset_unknown"),
        (NAMED, "", ("fr",), "hub_subset_unknown"),
        (DECLARED, README.replace("  default: true\n", ""), (), "hub_subset_needed"),
        (["a.arrow", "README.md"], "", (), "hub_dataset_no_rows"),
        (["README.md"], "", (), "hub_dataset_no_rows"),
    ],
)
def test_what_cannot_be_chosen(paths: list[str], readme: str, names: tuple[str, ...], code: str) -> None:
    with pytest.raises(StageError, match=code):
        chosen(paths, readme, *names)


def test_parquet_is_read_as_the_lines_that_the_runtime_writes_beside_it(tmp_path: Path) -> None:
    repo = Repo("dataset", "modelscope", "a/b")
    names = ["data/train.parquet", "mine.jsonl"]
    (tmp_path / "data").mkdir()
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    record.write(tmp_path, repo, "", "", [RemoteFile(name, 1) for name in names])
    lines = tmp_path / "data" / "train.parquet.jsonl"
    assert row_files(tmp_path) == [lines, tmp_path / "mine.jsonl"]
    assert unread_parquet(tmp_path) == [tmp_path / "data" / "train.parquet"]
    lines.write_text("{}", encoding="utf-8")
    assert unread_parquet(tmp_path) == []
    assert row_files(tmp_path / "data") == []
