"""kill -9 at five places, then `run` again: it ends with the product, and no process is left."""

import hashlib

import psutil
import pytest

from core.events import ChildStarted, Message, Progress, RunStarted
from core.models.gguf_file import read_gguf
from core.pipeline import journal
from tests.e2e.workshop import Workshop, kill_hard, processes_of, tunesmith

pytestmark = pytest.mark.real


def product(workshop: Workshop) -> str:
    """sha256 of the quantized model."""
    return hashlib.sha256(workshop.job().gguf("Q8_0").read_bytes()).hexdigest()


def shapes(workshop: Workshop) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, shape and type of each tensor of the quantized model."""
    return [(tensor.name, tensor.shape, tensor.type) for tensor in read_gguf(workshop.job().gguf("Q8_0")).tensors]


@pytest.fixture(scope="module")
def expected(workshop: Workshop) -> str:
    """The product of a run that nobody disturbs; also what each test begins with."""
    done = workshop.run("--until", "quantize")
    assert done.code == 0, done.output
    return product(workshop)


PLACES = [
    ("prepare_dataset", "runner"),
    ("train", "runner"),
    ("train", "child"),
    ("convert", "child"),
    ("quantize", "runner"),
]


@pytest.mark.parametrize(("stage", "victim"), PLACES)
def test_kill_hard_then_run_again(workshop: Workshop, expected: str, stage: str, victim: str) -> None:
    before, known = product(workshop), len(journal.runs(workshop.job().runs))
    tensors = shapes(workshop)
    watcher = workshop.start("--from", stage, "--until", "quantize")
    started = workshop.wait_for(RunStarted, "", known=known)
    child = workshop.wait_for(ChildStarted, stage, known=known)
    if stage == "train":
        workshop.wait_for(Message, "train", known=known)  # a checkpoint is saved
    assert isinstance(started, RunStarted)
    assert isinstance(child, ChildStarted)
    kill_hard(started.pid if victim == "runner" else child.pid)
    assert watcher.wait(timeout=60) == 1
    again = workshop.run("--until", "quantize")
    assert again.code == 0, again.output
    assert processes_of(workshop.folder) == []
    assert shapes(workshop) == tensors
    if stage != "train":  # a resumed training is near, not bit for bit
        assert product(workshop) == before
    assert not list(workshop.job().artifacts.glob("*/*.part"))
    if stage == "train":
        codes = {event.code for event in workshop.events() if isinstance(event, Message)}
        assert "training_resumed" in codes
        steps = [event for event in workshop.events() if isinstance(event, Progress) and event.stage == "train"]
        assert steps[-1].completed == steps[-1].total


def test_an_orphan_is_ended_before_the_first_write(workshop: Workshop, expected: str) -> None:
    known = len(journal.runs(workshop.job().runs))
    watcher = workshop.start("--from", "train", "--until", "train")
    started = workshop.wait_for(RunStarted, "", known=known)
    child = workshop.wait_for(ChildStarted, "train", known=known)
    workshop.wait_for(Message, "train", known=known)
    assert isinstance(started, RunStarted)
    assert isinstance(child, ChildStarted)
    orphan = psutil.Process(child.pid)
    orphan.suspend()  # else it ends by itself when it finds its pipe broken
    kill_hard(started.pid)
    watcher.wait(timeout=60)
    assert orphan.is_running()  # only the runner is dead
    again = workshop.start("--until", "train")
    workshop.wait_for(RunStarted, "", known=known + 1)
    assert not psutil.pid_exists(child.pid)
    assert again.wait(timeout=600) == 0
    codes = {event.code for event in workshop.events() if isinstance(event, Message)}
    assert "orphans_ended" in codes


def test_two_runs_at_once(workshop: Workshop, expected: str) -> None:
    known = len(journal.runs(workshop.job().runs))
    watcher = workshop.start("--from", "train", "--until", "train")
    started = workshop.wait_for(RunStarted, "", known=known)
    workshop.wait_for(Progress, "train", known=known)
    assert isinstance(started, RunStarted)
    second = workshop.run("--until", "train")
    assert second.code == 3
    assert str(started.pid) in second.output
    assert tunesmith("stop", workshop.file, "--now").code == 0
    assert watcher.wait(timeout=60) == 130
    assert processes_of(workshop.folder) == []
