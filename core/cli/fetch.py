"""`fetch`: a model or dataset from a hub. The stages run this very command, with --json, and read its events."""

import argparse
import os
import sys
import time
from pathlib import Path

from core.cli.console import Console
from core.cli.run_view import View, make_view
from core.config.settings import Settings
from core.events import StageError, StageFailed, StageFinished, StageStarted, StageStopped
from core.pipeline.os_errors import explained
from core.tools.hub.choose import choice_for
from core.tools.hub.meter import STAGE, Meter
from core.tools.hub.open import open_hub
from core.tools.hub.record import Record
from core.tools.hub.repo import Repo, check_repo
from core.tools.hub.transfer import fetch


def call(args: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Fetch, and show it as the one stage that it is; returns the exit code."""
    view = make_view(console)
    if not console.json:  # the SDKs' warnings would stand between the lines; a stage's log keeps them
        os.environ.setdefault("HF_HUB_VERBOSITY", "error")
        os.environ.setdefault("MODELSCOPE_LOG_LEVEL", "ERROR")
    begin = time.monotonic()
    view.show(StageStarted(stage=STAGE, fingerprint=""))
    try:
        folder, record = _fetch(args, settings, view)
    except KeyboardInterrupt:
        view.show(StageStopped(stage=STAGE))
        view.close()
        sys.stdout.flush()
        os._exit(130)  # a thread may still wait for its server, and would be waited for
    except (StageError, OSError) as error:
        known = error if isinstance(error, StageError) else explained(error)
        view.show(StageFailed(stage=STAGE, code=known.code, values=known.values))
        return 1
    else:
        seconds = time.monotonic() - begin
        view.show(
            StageFinished(stage=STAGE, fingerprint=record.commit, seconds=seconds, artifacts=record.artifacts(folder))
        )
    finally:
        view.close()
    if not console.json:
        console.line(str(folder))
    return 0


def _fetch(args: argparse.Namespace, settings: Settings, view: View) -> tuple[Path, Record]:
    repo = check_repo(_repo(args))
    folder: Path = args.to.absolute() if args.to else repo.folder(settings.work_folder)
    choice = choice_for(repo, args.include, args.exclude)
    return folder, fetch(repo, open_hub(repo, settings.hub), folder, choice, Meter(view.show))


def _repo(args: argparse.Namespace) -> Repo:
    """``ID``, or for a dataset ``ID:subset/split``."""
    name, names = args.id, ""
    if args.kind == "dataset" and "://" not in name:
        name, _, names = name.partition(":")
    return Repo(args.kind, args.source, name, args.revision, tuple(filter(None, names.split("/"))))
