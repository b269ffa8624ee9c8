"""The room that a stage needs: looked at before it begins, and named where a disk ran full all the same."""

import tempfile
from pathlib import Path

from core.events import StageError
from core.hardware.disk import free_bytes, tree_bytes
from core.pipeline.folders import part_of
from core.pipeline.plan import PlannedStage
from core.stages.job import Job
from core.tools import ollama

DISK_RESERVE = 200_000_000
"""Bytes that stay free beside a stage's forecast."""


def check_space(item: PlannedStage, job: Job) -> None:
    """Raise StageError where the disk of the artifacts, or that of Ollama's models, has too little room for a stage."""
    final = job.folder(item.stage.name)
    needed, free = item.stage.forecast_bytes(job) + DISK_RESERVE, _available(final)
    if free < needed:
        raise StageError("disk_space", needed=needed, free=free, path=str(final))
    kept = item.stage.ollama_bytes(job)
    if kept and ollama.is_local():
        needed, models = kept + DISK_RESERVE, ollama.models_folder()
        if (free := free_bytes(models)) < needed:
            raise StageError("ollama_disk_space", needed=needed, free=free, path=str(models))


def which_disk(item: PlannedStage, job: Job, error: StageError) -> StageError:
    """Which disk ran full, and what the stage needs there: a program's own words seldom name either."""
    final = job.folder(item.stage.name)
    try:
        place = min((final, job.work, Path(tempfile.gettempdir())), key=free_bytes)
        free = _available(final) if place == final else free_bytes(place)
        needed = max(item.stage.forecast_bytes(job), tree_bytes(part_of(final))) + DISK_RESERVE
    except (OSError, StageError):
        return error
    return StageError("disk_ran_full_at", path=str(place), needed=needed, free=free)


def _available(final: Path) -> int:
    """The space for a stage: what is free, and what an earlier try holds, which is gone on with or removed."""
    return free_bytes(final) + tree_bytes(final) + tree_bytes(part_of(final))
