"""Ends what a dead runner left alive, before the next one writes its first byte."""

from pathlib import Path

from core.events import ChildEnded, ChildStarted, RunFinished
from core.pipeline import journal
from core.pipeline.journal import Journal, JournalTooNewError
from core.platform.guard import kill_all, marked, same_process
from core.process.targets import end_marked


def end_orphans(runs: Path) -> tuple[int, tuple[Path, ...]]:
    """End the processes of earlier runs that have no last word, and write it: a dead run's journal is read only once.

    The caller holds the project's lock, so none of these runs lives. Returns how many processes were ended, and the
    runs whose journals a newer Tunesmith wrote; of those only processes with the run's mark are found.
    """
    ended, newer = 0, []
    for run in journal.runs(runs):
        if journal.finished(run) is not None:
            continue
        doomed, elsewhere = set(marked(run.name)), set[str]()
        try:
            children = _unended(run)
            known = (same_process(child.pid, child.create_time) for child in children)
            doomed |= {process for process in known if process is not None}
            elsewhere = {child.target for child in children}
        except JournalTooNewError:
            newer.append(run)
        kill_all(doomed)
        ended += len(doomed) + sum(end_marked(target, run.name) for target in elsewhere)
        if run not in newer:
            _close(run)
    return ended, tuple(newer)


def _unended(run: Path) -> tuple[ChildStarted, ...]:
    """The children that have no end in the journal."""
    children: dict[int, ChildStarted] = {}
    for event in journal.read(run):
        if isinstance(event, ChildStarted):
            children[event.pid] = event
        elif isinstance(event, ChildEnded):
            children.pop(event.pid, None)
    return tuple(children.values())


def _close(run: Path) -> None:
    log = Journal(run)
    log.append(RunFinished(status="interrupted", seconds=0.0))
    log.close()
