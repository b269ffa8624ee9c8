"""The folders of artifacts: ``.part`` while a stage writes, its final name once the manifest says that it is whole."""

import shutil
from pathlib import Path

from core.pipeline import manifest
from core.pipeline.plan import PlannedStage, from_stage, planned
from core.platform.files import move
from core.stages.base import file_stands
from core.stages.job import SHARED, Job


def only_adds(item: PlannedStage, job: Job) -> bool:
    """Whether all that the stage made before still stands: it will only add to it (a quantization type, a tag)."""
    folder = job.folder(item.stage.name)
    before = manifest.read(folder)
    if before is None or before.fingerprint != item.fingerprint:
        return False
    return item.stage.stands(job, before.placed(folder))


def _drop_damaged(folder: Path) -> None:
    """Remove the files of a resumable stage that are not as its manifest says: they would be gone on with."""
    before = manifest.read(folder)
    for artifact in before.placed(folder) if before else ():
        if not file_stands(artifact):
            Path(artifact.path).unlink(missing_ok=True)


def forget(final: Path) -> None:
    """Remove what earlier runs made, so that a stage that could go on with it begins anew."""
    for folder in (final, part_of(final)):
        if folder.exists():
            shutil.rmtree(folder)


def part_of(final: Path) -> Path:
    """Where a stage writes before its folder has its name."""
    return final.with_name(final.name + ".part")


def prepare(final: Path, item: PlannedStage) -> Path:
    """The folder to write in: ``.part`` beside the final one, empty unless the stage goes on with what is there.

    A final folder without its manifest was built from something that is made anew now: nothing of it is kept.
    """
    if item.stage.name in SHARED:
        final.mkdir(parents=True, exist_ok=True)
        (final / manifest.MANIFEST).unlink(missing_ok=True)
        return final
    part = part_of(final)
    if item.stage.resumable and manifest.read(final) and not part.exists():
        _drop_damaged(final)
        move(final, part)
    elif final.exists():
        shutil.rmtree(final)
    if part.exists() and not item.stage.resumable:
        shutil.rmtree(part)
    part.mkdir(parents=True, exist_ok=True)
    (part / manifest.MANIFEST).unlink(missing_ok=True)
    return part


def invalidate_dependents(job: Job, name: str) -> None:
    """What was built from artifacts that are now made anew is not up to date any more, also for a later run."""
    for other in from_stage(planned(job, push=True), name) - {name}:
        folder = job.folder(other)
        (folder / manifest.MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(part_of(folder), ignore_errors=True)
