"""One stage run by hand, as the script of ``plan`` does: no journal, no lock, no resume; outputs go into a folder."""

from collections.abc import Callable
from pathlib import Path

from core.events import Event
from core.process.stop import StopFile
from core.stages import STAGES
from core.stages.base import StageContext
from core.stages.job import Job

MARK = "by-hand"


def run_stage(job: Job, name: str, emit: Callable[[Event], None]) -> Path:
    """Run a stage of a job that has a ``by_hand`` folder; returns its outputs' folder. Raises what the stage raises."""
    stage = next(stage for stage in STAGES if stage.name == name)
    folder = job.folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    ctx = StageContext(
        job=job,
        stage=stage,
        folder=folder,
        emit=emit,
        target=job.target,
        stop=StopFile(folder / "stop"),
        log=folder / f"{name}.log",
        run_id=f"{MARK}:{folder}",
        on_start=lambda _running, _command: None,
        on_end=lambda _running, _code: None,
    )
    stage.run(ctx)
    return folder
