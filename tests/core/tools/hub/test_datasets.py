"""A hub's dataset on its way into the rows that are trained on."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from core.config.project import TuneProject
from core.config.settings import load_settings
from core.config.store import with_values
from core.data.prepare import prepare
from core.pipeline.check import check
from core.stages.hub_files import dataset_repos
from core.stages.job import Job
from core.tools.hub.record import RECORD
from tests.core.tools.hub.conftest import Fetch
from tests.hub_server import HubServer, Repository

DATASET = "owner/rows"
SOURCES = pytest.mark.parametrize("source", ["modelscope", "huggingface"])


def rows(word: str, count: int) -> bytes:
    lines = [json.dumps({"query": f"{word} {number}", "response": word}, ensure_ascii=False) for number in range(count)]
    return "\n".join(lines).encode()


@pytest.fixture(autouse=True)
def _dataset(hub: HubServer) -> None:
    files: dict[str, bytes | Path] = {
        "README.md": b"---\nconfigs:\n- config_name: default\n  data_files: zh/train*\n"
        b"- config_name: en\n  data_files: en.csv\n---\n",
        "zh/train-0.jsonl": rows("问", 30),
        "zh/train-1.jsonl": rows("答", 10),
        "en.csv": b"query,response\nWhy?,Because.\n",
        "video.mp4": b"x" * 5000,
    }
    hub.repositories["datasets", DATASET] = Repository(files)


@SOURCES
def test_only_the_subsets_files(fetch: Fetch, source: str) -> None:
    assert fetch("dataset", DATASET, source).names == {"zh/train-0.jsonl", "zh/train-1.jsonl", RECORD}


@SOURCES
def test_a_named_subset(fetch: Fetch, source: str) -> None:
    assert fetch("dataset", f"{DATASET}:en/train", source).names == {"en.csv", RECORD}


@SOURCES
def test_an_unknown_one(fetch: Fetch, source: str) -> None:
    assert fetch("dataset", f"{DATASET}:fr", source).failure == "hub_subset_unknown"
    assert fetch("dataset", "owner/other", source).failure == "hub_repo_missing"


@SOURCES
def test_without_a_readme(fetch: Fetch, hub: HubServer, source: str) -> None:
    del hub.repositories["datasets", DATASET].files["README.md"]
    assert fetch("dataset", DATASET, source).names == {"zh/train-0.jsonl", "zh/train-1.jsonl", RECORD}


@pytest.mark.usefixtures("fetch")
@pytest.mark.parametrize(("prefix", "source"), [("", "modelscope"), ("hf::", "huggingface")])
def test_so_many_rows_of_it_beside_a_file(
    tmp_path: Path, prefix: str, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.jsonl").write_bytes(rows("mine", 5))
    changes: dict[str, dict[str, Any]] = {
        "dataset": {"files": ["mine.jsonl", f"{prefix}{DATASET}#20"], "split_dataset_ratio": 0.0},
        "self_cognition": {"samples": 0},
        "model": {"source": "sample"},
    }
    job = Job(with_values(TuneProject(), **changes), load_settings(), tmp_path / "x.tunesmith")
    assert not [problem for problem in check(job) if problem.field.startswith("dataset")]
    assert main(["fetch", "dataset", DATASET, "--from", source]) == 0
    folder = Path(capsys.readouterr().out.splitlines()[-1])
    assert [repo.folder(job.work) for repo in dataset_repos(job)] == [folder]
    made = prepare(job.dataset, job.project.self_cognition, 42, tmp_path / "out", lambda _done, _total: None)
    answers = Counter(
        json.loads(line)["messages"][-1]["content"] for line in made.train.read_text(encoding="utf-8").splitlines()
    )
    assert answers["mine"] == 5
    assert answers["问"] + answers["答"] == 20
    assert answers["答"] > 0
