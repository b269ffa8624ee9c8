"""What a job would use that nothing can check: asked of the user before a run, by the command line and the window."""

from collections.abc import Iterator

from core.events import StageError
from core.platform import WINDOWS
from core.stages.build_llama_cpp import ways
from core.stages.job import Job
from core.tools import runtime, runtime_state, w64devkit
from core.tools.pip_settings import read_pip_settings
from core.tools.sources import Source


def unverified(job: Job) -> tuple[Source, ...]:
    """The entries of the table of sources that need the user's consent and do not have it."""
    return () if job.settings.allow_unverified else tuple(_wanted(job))


def needed(job: Job) -> tuple[Source, ...]:
    """Those of them without which the job cannot be done."""
    return tuple(thing for thing in unverified(job) if not _can_do_without(job, thing))


def _wanted(job: Job) -> Iterator[Source]:
    try:
        spec = job.runtime
    except StageError:  # no runtime fits this computer: said elsewhere
        return
    if spec.given is None and not spec.elsewhere and not runtime_state.is_ready(spec):
        torch = runtime.unverified(spec, read_pip_settings())
        if torch is not None:
            yield torch
    kit = w64devkit.kit_source(job.project.export.w64devkit)
    if kit.unverified and WINDOWS and "build" in ways(job):
        yield kit


def _can_do_without(job: Job, thing: Source) -> bool:
    """Whether there is another source: of PyTorch the user's own or the package index, of llama.cpp another way."""
    if thing.how == "torch":
        told = read_pip_settings()
        return job.runtime.profile == "cpu" or told.names_a_source or told.no_index
    return len(ways(job)) > 1
