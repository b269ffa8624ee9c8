"""What a project may write for a hub's dataset."""

from pathlib import Path

import pytest

from core.events import StageError
from core.tools.hub.entry import hub_entry
from core.tools.hub.repo import Repo


@pytest.mark.parametrize(
    ("text", "source", "name", "revision", "names", "take"),
    [
        ("AI-ModelScope/ruozhiba", "modelscope", "AI-ModelScope/ruozhiba", "", (), ""),
        ("AI-ModelScope/ruozhiba#500", "modelscope", "AI-ModelScope/ruozhiba", "", (), "#500"),
        ("ms::a/b:zh/train#5", "modelscope", "a/b", "", ("zh", "train"), "#5"),
        ("modelscope:a/b", "modelscope", "a/b", "", (), ""),
        ("hf::a/b.c:x", "huggingface", "a/b.c", "", ("x",), ""),
        ("HF:squad", "huggingface", "squad", "", (), ""),
        (" a/b@v1.0:zh ", "modelscope", "a/b", "v1.0", ("zh",), ""),
    ],
)
def test_datasets(
    text: str, source: str, name: str, revision: str, names: tuple[str, ...], take: str, tmp_path: Path
) -> None:
    found = hub_entry(text, tmp_path)
    assert found is not None
    assert found.repo == Repo("dataset", source, name, revision, names)  # type: ignore[arg-type]
    assert found.take == take
    assert found.text(tmp_path).endswith(take)


@pytest.mark.parametrize(
    "text",
    [
        "rows.jsonl",
        "data/rows.jsonl",
        "data/rows.jsonl#5",
        "/abs/rows",
        "C:/x/rows.csv",
        "a/b/c",
        "../a",
        "~/a",
        "",
        "\0",
    ],
)
def test_files(text: str, tmp_path: Path) -> None:
    assert hub_entry(text, tmp_path) is None


def test_what_lies_beside_the_project_is_no_dataset_of_a_hub(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows").write_text("", encoding="utf-8")
    assert hub_entry("data/rows", tmp_path) is None


@pytest.mark.parametrize("text", ["hf::", "ms::a", "hf::a/b/c", "ms::a/b#x", "hf::../x"])
def test_a_prefix_with_something_else(text: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match="hub_id_invalid"):
        hub_entry(text, tmp_path)


def test_each_choice_has_a_folder_of_its_own(tmp_path: Path) -> None:
    texts = ["a/b", "hf::a/b", "a/b:x", "a/b:x/train", "a/b@v1", "a/b@v1:x", "a/b-x"]
    folders = [entry.repo.folder(tmp_path) for text in texts if (entry := hub_entry(text, tmp_path))]
    assert len(set(folders)) == len(texts)
    assert hub_entry("a/b#5", tmp_path).repo.folder(tmp_path) == folders[0]  # type: ignore[union-attr]
