"""What stages share that fetch from a hub: the download runs as ``tunesmith fetch``, so that it can be stopped."""

from pathlib import Path

from core.config.sections.inputs import DatasetSection
from core.events import StageError
from core.parsers.fetch import Fetch
from core.stages.base import ChildFailedError, StageContext
from core.stages.job import Job
from core.tools.hub import record
from core.tools.hub.command import fetch_command
from core.tools.hub.record import Record
from core.tools.hub.repo import Repo


def dataset_repos(job: Job) -> tuple[Repo, ...]:
    """The hubs' datasets that a project names, each once."""
    section = job.project.dataset
    entries = (job.hub_entry(text) for text in (*section.files, *section.val_files))
    return tuple(dict.fromkeys(entry.repo for entry in entries if entry is not None))


def local_dataset(job: Job) -> DatasetSection:
    """The dataset's settings with those files only that lie on this computer before anything runs."""
    section = job.project.dataset
    files, val_files = (
        tuple(str(job.path(text)) for text in texts if job.hub_entry(text) is None)
        for texts in (section.files, section.val_files)
    )
    return section.model_copy(update={"files": files, "val_files": val_files})


def fetch(ctx: StageContext, repo: Repo) -> tuple[Path, Record]:
    """Bring a repository into the work folder, where all projects find it; returns its folder and record."""
    folder = repo.folder(ctx.job.work)
    reader = Fetch(ctx.stage.name)
    try:
        ctx.run(fetch_command(repo, folder, ctx.job.settings.hub), reader)
    except ChildFailedError as error:
        if reader.failure is not None:
            raise StageError(reader.failure.code, **reader.failure.values) from error
        raise
    found = record.read(folder)
    if found is None:
        raise StageError("download_corrupt")
    ctx.message("hub_fetched", id=repo.id, size=found.size, path=str(folder))
    return folder, found
