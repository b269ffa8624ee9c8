"""What a run will do: the wanted stages in order, each with its fingerprint, and whether it is up to date."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.config.project import TuneProject
from core.config.settings import Settings
from core.events import Artifact
from core.pipeline import manifest
from core.stages import STAGES
from core.stages.base import Stage, fingerprint
from core.stages.job import Job


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A stage of the plan; ``needs``: those of the plan that it comes after, by content or for their tools."""

    stage: Stage
    fingerprint: str
    needs: tuple[str, ...]


def make_job(file: Path, project: TuneProject, settings: Settings, by_hand: Path | None = None) -> Job:
    """The job of a project file, with all fingerprints. Raises StageError where an input cannot be read."""
    fingerprints: dict[str, str] = {}
    job = Job(project, settings, file.resolve(), fingerprints, by_hand)
    for stage in STAGES:
        if stage.wanted(job):
            needed = {name: fingerprints[name] for name in stage.needs if name in fingerprints}
            fingerprints[stage.name] = fingerprint(stage, job, needed)
        if stage.name == "train" and job.helps:  # what comes after is the leader's
            break
    # a fresh value, so that nothing cached while the mapping grew remains
    return dataclasses.replace(job, fingerprints=dict(fingerprints))


def planned(job: Job, *, push: bool = False) -> tuple[PlannedStage, ...]:
    """The wanted stages in order; push only where it is asked for now."""
    return tuple(
        PlannedStage(stage, job.fingerprints[stage.name], _needs(stage, job))
        for stage in STAGES
        if stage.name in job.fingerprints and (push or stage.name != "push_ollama")
    )


def _needs(stage: Stage, job: Job) -> tuple[str, ...]:
    return tuple(name for name in (*stage.after, *stage.needs) if name in job.fingerprints)


def up_to_date(job: Job, item: PlannedStage) -> tuple[Artifact, ...] | None:
    """The artifacts of a stage that need not run again, or None."""
    folder = job.folder(item.stage.name)
    found = manifest.read(folder)
    if found is None or found.fingerprint != item.fingerprint:
        return None
    artifacts = found.placed(folder)
    return artifacts if item.stage.is_whole(job, artifacts) else None


def from_stage(plan: Sequence[PlannedStage], name: str) -> set[str]:
    """The stages to run again when ``name`` is: itself and all that need it, directly or not."""
    again = {name}
    for item in plan:
        if again & set(item.needs):
            again.add(item.stage.name)
    return again
