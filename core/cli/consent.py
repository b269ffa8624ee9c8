"""Asks, once before a run, whether things may be used that nothing can check."""

import sys
from collections.abc import Sequence

from core.cli.console import Console
from core.config.settings import Settings
from core.messages import N_
from core.pipeline.unverified import unverified
from core.stages.job import Job
from core.tools.sources import Source


def with_consent(job: Job, console: Console, *, allowed: bool) -> Settings:
    """The settings of this run: allowed by the flag or by the answer. Without a terminal nothing is asked."""
    return consented(unverified(job), job.settings, console, allowed=allowed)


def consented(things: Sequence[Source], settings: Settings, console: Console, *, allowed: bool) -> Settings:
    """The same for things that are named."""
    if not allowed and things and console.live and sys.stdin.isatty():
        for thing in things:
            console.message("source_unverified", {"what": thing.what, "address": thing.addresses[0].url})
        console.say(N_("Use it all the same? [y/N]"))
        allowed = sys.stdin.readline().strip().lower() in ("y", "yes", "是")
    return settings.model_copy(update={"allow_unverified": True}) if allowed else settings
