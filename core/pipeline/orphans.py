"""Ends what a dead runner left alive, before the next one writes its first byte."""

from pathlib import Path

from core.events import ChildEnded, ChildStarted, RunFinished
from core.pipeline import journal
from core.platform.guard import kill_all, marked, same_process


def end_orphans(runs: Path) -> int:
    """End the children of earlier runs that have no end in their journals; returns how many processes were ended.

    Found by their mark in the environment, descendants included, and by pid and create time where the environment
    cannot be read.
    """
    ended = 0
    for run in journal.runs(runs):
        children: dict[int, ChildStarted] = {}
        finished = False
        for event in journal.read(run):
            if isinstance(event, ChildStarted):
                children[event.pid] = event
            elif isinstance(event, ChildEnded):
                children.pop(event.pid, None)
            elif isinstance(event, RunFinished):
                finished = True
        if finished and not children:
            continue
        known = (same_process(child.pid, child.create_time) for child in children.values())
        doomed = {*marked(run.name), *(process for process in known if process is not None)}
        kill_all(doomed)
        ended += len(doomed)
    return ended
