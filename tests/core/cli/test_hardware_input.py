"""Hardware that a project asks for and this computer does not have, as check tells it."""

import sys
from typing import Any

import pytest

from core.hardware.gpu import Gpu
from tests.core.cli.conftest import Home, english

CARDS = tuple(
    Gpu(index, f"RTX {index}", 24 * 2**30, 24 * 2**30, "580.1", (13, 0), (8, 6), f"GPU-{index}abc") for index in (0, 1)
)


@pytest.fixture(autouse=True)
def _no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def with_cards(patch: pytest.MonkeyPatch, *cards: Gpu) -> None:
    for module in ("core.stages.job", "core.pipeline.check"):
        patch.setattr(f"{module}.gpus", lambda: cards)


@pytest.mark.parametrize(
    ("hardware", "found"),
    [
        ({}, {}),
        ({"device": "cpu"}, {}),
        ({"cuda_visible_devices": "0"}, {}),  # made for a computer with a GPU; here the CPU trains
        ({"device": "cuda"}, {"hardware.device": "gpu_not_found"}),
        ({"nproc_per_node": 2}, {}),
        ({"nnodes": 2, "node_rank": 1}, {}),
        ({"node_rank": 1}, {"hardware.node_rank": "node_rank_too_high"}),
        ({"nnodes": 2, "node_rank": 2}, {"hardware.node_rank": "node_rank_too_high"}),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="several processes are refused there")
def test_without_a_card(
    home: Home, monkeypatch: pytest.MonkeyPatch, hardware: dict[str, Any], found: dict[str, str]
) -> None:
    with_cards(monkeypatch)
    assert home.problems(home.project(hardware=hardware)) == found


@pytest.mark.parametrize(
    ("hardware", "found"),
    [
        ({"device": "cuda", "nproc_per_node": 2}, {}),
        ({"cuda_visible_devices": "1,0", "nproc_per_node": 2}, {}),
        ({"cuda_visible_devices": "GPU-1"}, {}),
        ({"nproc_per_node": 3}, {"hardware.nproc_per_node": "more_processes_than_gpus"}),
        ({"cuda_visible_devices": "1", "nproc_per_node": 2}, {"hardware.nproc_per_node": "more_processes_than_gpus"}),
        ({"device": "cpu", "nproc_per_node": 3}, {}),
        ({"cuda_visible_devices": "0,2"}, {"hardware.cuda_visible_devices": "gpu_unknown"}),
        ({"cuda_visible_devices": "1,1"}, {"hardware.cuda_visible_devices": "gpu_unknown"}),
        ({"cuda_visible_devices": "GPU-7"}, {"hardware.cuda_visible_devices": "gpu_unknown"}),
        ({"device": "cpu", "cuda_visible_devices": "5"}, {}),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="several processes are refused there")
def test_with_two_cards(
    home: Home, monkeypatch: pytest.MonkeyPatch, hardware: dict[str, Any], found: dict[str, str]
) -> None:
    home.settings(profile="auto")
    with_cards(monkeypatch, *CARDS)
    assert home.problems(home.project(hardware=hardware)) == found


@pytest.mark.parametrize("text", ["-1", "0, 1", "0,GPU-1abc", "cuda:0", "0,"])
def test_what_names_no_cards(home: Home, text: str) -> None:
    path = home.folder / "wrong.tunesmith"
    path.write_text(f'[hardware]\ncuda_visible_devices = "{text}"\n', encoding="utf-8")
    assert home.problems(path) == {"hardware.cuda_visible_devices": "project_out_of_range"}


def test_the_cards_that_there_are_are_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.settings(profile="auto")
    with_cards(monkeypatch, *CARDS)
    said = home("check", home.project(hardware={"cuda_visible_devices": "4"}))
    assert "0 (RTX 0), 1 (RTX 1)" in said.err


def test_cards_that_the_environment_hides(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.settings(profile="auto")
    with_cards(monkeypatch, *CARDS)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert home.problems(home.project()) == {}  # the CPU trains
    assert home.problems(home.project(hardware={"device": "cuda"})) == {"hardware.device": "gpu_not_found"}
    assert home.problems(home.project(hardware={"device": "cuda", "cuda_visible_devices": "1"})) == {}


def test_only_the_chosen_cards_need_a_pytorch(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.settings(profile="auto")
    old = Gpu(2, "GTX 1080", 8 * 2**30, 8 * 2**30, "580.1", (13, 0), (6, 1), "GPU-2abc")
    newest = Gpu(0, "RTX 5090", 32 * 2**30, 32 * 2**30, "580.1", (13, 0), (12, 0), "GPU-0abc")
    with_cards(monkeypatch, newest, old)
    assert home.problems(home.project()) == {"hardware.device": "gpus_too_different"}
    assert home.problems(home.project(hardware={"cuda_visible_devices": "0"})) == {}
    assert home.problems(home.project(hardware={"cuda_visible_devices": "2"})) == {}


def test_a_runtime_for_the_cpu_does_not_train_on_the_card(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.settings()
    with_cards(monkeypatch, *CARDS)
    project = home.project(hardware={"device": "cuda"})
    assert home.problems(project) == {"hardware.device": "runtime_for_cpu"}
    assert english(home("check", project, "--lang", "zh").err, "auto") == []
    assert home.problems(home.project()) == {}


@pytest.mark.parametrize(("field", "value"), [("nproc_per_node", 2), ("nnodes", 2)])
def test_several_processes_on_windows(home: Home, monkeypatch: pytest.MonkeyPatch, field: str, value: int) -> None:
    with_cards(monkeypatch, *CARDS)
    project = home.project(hardware={field: value})
    monkeypatch.setattr("core.pipeline.check.WINDOWS", True)
    assert home.problems(project) == {f"hardware.{field}": "distributed_libuv"}
    assert "WSL 2" in home("check", project).err
    for target, module in (("docker", "docker"), ("wsl", "wsl")):
        monkeypatch.setattr(f"core.tools.{module}.check", lambda *_, **__: None)
        assert home.problems(home.project(hardware={field: value, "target": target})) == {}


def test_a_place_to_train_that_is_not_there(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with_cards(monkeypatch)
    monkeypatch.setenv("PATH", str(home.folder))
    home.settings(python=home.folder / "no-such-python")  # an environment of this computer: not asked for
    docker, named = {"target": "docker"}, {"target": "docker", "docker_image": "an-image"}
    assert home.problems(home.project(hardware=docker)) == {"hardware.docker_image": "docker_image_empty"}
    assert home.problems(home.project(hardware=named)) == {"hardware.docker_image": "docker_missing"}
    assert home.problems(home.project(hardware={"target": "wsl"})) == {"hardware.wsl_distribution": "wsl_missing"}


@pytest.mark.parametrize(
    ("field", "text"),
    [("docker_image", "--privileged"), ("docker_image", "a b"), ("wsl_distribution", "-u"), ("wsl_python", "--user")],
)
def test_no_name_can_be_an_option(home: Home, field: str, text: str) -> None:
    path = home.folder / "wrong.tunesmith"
    path.write_text(f'[hardware]\n{field} = "{text}"\n', encoding="utf-8")
    assert home.problems(path) == {f"hardware.{field}": "project_out_of_range"}
