"""A project whose model and rows lie on a hub: fetched, checked and measured by the real runtime."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.events import Progress, StageFinished, StageSkipped
from tests.e2e.workshop import Demo, Workshop
from tests.hub_server import HubServer, Repository

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def hub(workshop: Workshop) -> Iterator[HubServer]:
    """A hub with the sample model and its questions, at the addresses that the SDKs' variables name."""
    files: dict[str, bytes | Path] = {path.name: path for path in workshop.model.iterdir() if path.is_file()}
    rows = (workshop.folder / "问答 rows.jsonl").read_bytes()
    with HubServer() as server, pytest.MonkeyPatch.context() as patch:
        server.repositories["models", "test/sample"] = Repository(files)
        server.repositories["datasets", "test/questions"] = Repository({"README.md": b"# Rows", "train.jsonl": rows})
        patch.setenv("MODELSCOPE_ENDPOINT", server.url)
        patch.setenv("HF_ENDPOINT", server.url)
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield server


WRITE_PARQUET = """
import json, sys
import pyarrow as pa, pyarrow.parquet as pq
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
pq.write_table(pa.Table.from_pylist(rows), sys.argv[2], row_group_size=7)
"""


def test_parquet_is_read_by_the_runtime(workshop: Workshop, hub: HubServer) -> None:
    source, parquet = workshop.folder / "问答 rows.jsonl", workshop.folder / "问答.parquet"
    python = workshop.job().runtime.python
    subprocess.run([python, "-c", WRITE_PARQUET, source, parquet], check=True)
    hub.repositories["datasets", "test/parquet"] = Repository({"data/train-0.parquet": parquet})
    workshop.write(
        dataset={"files": ["test/parquet"], "split_dataset_ratio": 0.0, "max_length": 256},
        self_cognition={"samples": 0},
    )
    done = workshop.run("--until", "prepare_dataset")
    assert done.code == 0, done.output
    made = (workshop.job().folder("prepare_dataset") / "train.jsonl").read_text(encoding="utf-8")
    assert answers(made) == answers(source.read_text(encoding="utf-8"))


def answers(lines: str) -> list[str]:
    return sorted(json.loads(line)["messages"][-1]["content"] for line in lines.splitlines())


@pytest.mark.parametrize(("source", "prefix"), [("modelscope", ""), ("huggingface", "hf::")])
def test_from_the_hub_to_rows_that_are_measured(
    demo: Demo, workshop: Workshop, hub: HubServer, source: str, prefix: str
) -> None:
    workshop.write(
        model={"source": source, "model": "test/sample"},
        dataset={"files": [f"{prefix}test/questions:train#32"], "split_dataset_ratio": 0.1, "max_length": 256},
    )
    done = workshop.run("--until", "prepare_dataset")
    assert done.code == 0, done.output
    events = workshop.events()
    finished = {event.stage for event in events if isinstance(event, StageFinished)}
    assert {"fetch_model", "prepare_dataset"} <= finished
    assert any(event.stage == "fetch_model" and event.unit == "byte" for event in events if isinstance(event, Progress))
    job = workshop.job()
    assert job.model_folder.is_relative_to(demo.folder / "models" / source)
    assert (job.model_folder / "model.safetensors").read_bytes() == (workshop.model / "model.safetensors").read_bytes()
    lines = [
        len((job.folder("prepare_dataset") / name).read_text(encoding="utf-8").splitlines())
        for name in ("train.jsonl", "val.jsonl")
    ]
    assert sum(lines) == 32 + 24
    asked = len(hub.requests)
    assert workshop.run("--until", "prepare_dataset").code == 0
    assert {event.stage for event in workshop.events() if isinstance(event, StageSkipped)} >= finished
    assert len(hub.requests) == asked
