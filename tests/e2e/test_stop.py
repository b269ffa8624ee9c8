"""Stop in each stage: it ends in time, no process is left, grandchildren included, and training keeps a checkpoint."""

import signal
import time

import pytest

from core.events import ChildStarted, Progress, RunFinished, StageStopped
from core.pipeline import journal, launch
from core.stages.train import last_checkpoint
from tests.e2e.workshop import Workshop, processes_of, tunesmith

pytestmark = pytest.mark.real

MANY = ["Q2_K", "Q3_K_M", "Q4_0", "Q4_K_S", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"]
STAGES = ["quantize", "convert", "merge", "evaluate", "train", "prepare_dataset"]
"""From the last to the first: each finds what it needs from before."""


@pytest.fixture(scope="module")
def finished(workshop: Workshop) -> Workshop:
    """A project whose stages have all been run once."""
    workshop.write(export={"quantizations": MANY})
    done = workshop.run("--until", "quantize")
    assert done.code == 0, done.output
    return workshop


@pytest.mark.parametrize("stage", STAGES)
def test_stop_in_each_stage(finished: Workshop, stage: str) -> None:
    known = len(journal.runs(finished.job().runs))
    watcher = finished.start("--from", stage, "--until", "quantize")
    finished.wait_for(ChildStarted, stage, known=known)
    if stage == "train":
        finished.wait_for(Progress, "train", known=known)
    begin = time.monotonic()
    run = launch.latest(finished.job().runs)
    assert run is not None
    if stage == "train":
        assert tunesmith("stop", finished.file).code == 0
    elif stage == "merge":
        watcher.send_signal(signal.SIGINT)  # Ctrl-C
    else:
        launch.stop(run)
    assert watcher.wait(timeout=60) == 130
    assert time.monotonic() - begin < 30
    assert processes_of(finished.folder) == []
    events = finished.events()
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "stopped"
    assert [event.stage for event in events if isinstance(event, StageStopped)] == [stage]
    part = finished.job().folder(stage)
    assert not part.exists()
    if stage == "train":
        assert last_checkpoint(part.with_name(part.name + ".part")) is not None
