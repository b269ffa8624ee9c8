"""Two processes of one computer train one adapter, over gloo: its loss falls as that of one process does."""

import json

import pytest

from core.stages.job import Job
from core.stages.train import is_whole_adapter
from tests.e2e.test_two_computers import free_port
from tests.e2e.workshop import Demo, Workshop

pytestmark = pytest.mark.real

TOLERANCE = 0.05
"""Part of a loss. The rows of a step are the same ones as long as their number can be divided by the processes, and
ms-swift weighs them by their tokens in both cases; what remains is the order of additions."""


def losses(job: Job) -> dict[int, float]:
    """The loss of each step."""
    lines = (job.folder("train") / "logging.jsonl").read_text(encoding="utf-8").splitlines()
    found = [values for values in map(json.loads, lines) if "loss" in values]
    return {int(values["global_step/max_steps"].partition("/")[0]): values["loss"] for values in found}


def test_the_loss_falls_as_with_one(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert demo.first.code == 0, demo.first.output
    jobs = []
    for processes in (1, 2):
        shop = Workshop(demo, tmp_path_factory.mktemp(f"{processes} processes"), "shared")
        same = {"num_train_epochs": 3, "evaluate_rows": 0, "logging_steps": 1, "per_device_train_batch_size": 4}
        shop.write(
            hardware={"device": "cpu", "nproc_per_node": processes, "master_port": free_port()},
            training={**same, "gradient_accumulation_steps": 2 // processes},
            dataset={"split_dataset_ratio": 0.0},  # 56 rows: seven steps of eight
            lora={"lora_dropout": 0.0},  # by chance, and each process has its own
        )
        done = shop.run("--until", "train", timeout=500)
        assert done.code == 0, done.output
        jobs.append(shop.job())
    one, two = map(losses, jobs)
    assert json.loads((jobs[1].adapter / "args.json").read_text(encoding="utf-8"))["global_world_size"] == 2
    assert is_whole_adapter(jobs[1].adapter)
    assert two.keys() == one.keys()
    assert two[max(two)] < 0.5 * two[1]
    for step, loss in one.items():
        assert two[step] == pytest.approx(loss, rel=TOLERANCE), step
