"""The real ms-swift behind a stand-in for Docker, in which no container is made (tests/stand_ins says what it is)."""

from pathlib import Path

import pytest

from core.events import ChildStarted, Message, Progress
from core.platform import WINDOWS
from core.stages.train import is_whole_adapter
from tests.e2e.workshop import Demo, Workshop
from tests.stand_ins.inner import PYTHON, install

pytestmark = [pytest.mark.real, pytest.mark.skipif(WINDOWS, reason="the stand-in is a script")]


@pytest.fixture
def shop(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A small project that trains in a container of an image that is not here yet."""
    assert demo.first.code == 0, demo.first.output
    stand_in = install(tmp_path / "engine", "docker")
    for name, value in {**stand_in, PYTHON: str(demo.job().runtime.python)}.items():
        monkeypatch.setenv(name, value)
    shop = Workshop(demo, tmp_path / "work shop 作坊", "contained")
    shop.write(
        hardware={"target": "docker", "docker_image": "tunesmith-runtime", "device": "cpu"},
        training={"num_train_epochs": 1, "evaluate_rows": 0},
    )
    return shop


def test_image_rows_training_and_merge(shop: Workshop) -> None:
    done = shop.run("--until", "merge", timeout=500)
    assert done.code == 0, done.output
    events = shop.events()
    places = {(event.stage, event.target) for event in events if isinstance(event, ChildStarted)}
    assert {("prepare_dataset", "docker"), ("train", "docker"), ("merge", "docker")} <= places
    pulled = [event for event in events if isinstance(event, Progress) and event.stage == "install_runtime"]
    assert (pulled[-1].completed, pulled[-1].total) == (2, 2)
    assert any(isinstance(event, Message) and event.code == "runtime_ready" for event in events)
    assert any(isinstance(event, Progress) and event.stage == "train" for event in events)
    assert is_whole_adapter(shop.job().adapter)
    again = shop.run("--until", "merge")
    assert again.code == 0, again.output
    assert not any(isinstance(event, ChildStarted) for event in shop.events())  # the image and all else is there
