"""Several computers train one adapter: here two projects on one of them, the leader's and a helper's.

The leader has an address of its own, 127.0.0.2, where all of Linux' loopback answers.
"""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.events import Message, StageFinished
from core.stages.train import is_whole_adapter
from tests.e2e.workshop import Demo, Workshop

pytestmark = pytest.mark.real

LEADER = "127.0.0.2"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LEADER, 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_leader_has_the_adapter_and_the_helper_ends_well(
    demo: Demo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert demo.first.code == 0, demo.first.output
    port = free_port()
    computers = [Workshop(demo, tmp_path_factory.mktemp(f"computer {rank}"), "shared") for rank in (0, 1)]
    for rank, computer in enumerate(computers):
        hardware = {"device": "cpu", "nnodes": 2, "node_rank": rank, "master_addr": LEADER, "master_port": port}
        computer.write(hardware=hardware, training={"num_train_epochs": 1, "evaluate_rows": 0, "logging_steps": 1})
    with ThreadPoolExecutor() as both:
        leader, helper = both.map(lambda computer: computer.run("--until", "train", timeout=500), computers)
    assert leader.code == 0, leader.output
    assert helper.code == 0, helper.output
    assert [event.stage for event in computers[1].events() if isinstance(event, StageFinished)][-1] == "train"
    assert any(isinstance(event, Message) and event.code == "training_helped" for event in computers[1].events())
    adapter = computers[0].job().adapter
    assert is_whole_adapter(adapter)
    assert json.loads((adapter / "args.json").read_text(encoding="utf-8"))["global_world_size"] == 2
    assert not computers[1].job().adapter.exists()
