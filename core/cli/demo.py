"""`demo`: the whole job on a tiny sample, from set-up to two models in Ollama that answer the same two questions."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from core.cli.consent import with_consent
from core.cli.console import Console
from core.cli.run_commands import follow
from core.config.sample import MODEL, sample_project, write_sample
from core.config.settings import Settings
from core.events import Artifact, StageError, StageFinished, StageSkipped
from core.messages import N_, duration, size
from core.pipeline import launch
from core.pipeline.journal import read
from core.pipeline.launch import RunRequest
from core.pipeline.lock import holder
from core.pipeline.plan import make_job
from core.platform.detached import start_detached
from core.process.command import Command
from core.process.run import Watch, run_command
from core.process.stop import StopFile
from core.process.target import LocalTarget
from core.stages.job import Job
from core.stages.smoke_test import ANSWERS
from core.tools import ollama, uv
from core.tools.ollama_demo import get_server, supported
from core.tools.ollama_server import running
from core.tools.pip_settings import read_pip_settings, uv_environment


def call(args: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Do the whole job; exit code 0 only if the tuned model names itself and its author, and the base does not."""
    if args.dir is not None:
        settings = settings.model_copy(update={"work_dir": str(args.dir.resolve())})
    folder = settings.work_folder / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    if (found := holder(folder / "demo.runs")) is not None:  # before its Ollama is touched
        console.error("already_running", {"pid": found.pid})
        return 3
    with _ollama(folder, console, keep=args.keep) as address:
        project = sample_project(MODEL if address else "")
        file = write_sample(folder, project)
        settings = with_consent(Job(project, settings, file), console, allowed=args.allow_unverified)
        job = make_job(file, project, settings)
        run = launch.start(RunRequest(file=file, project=project, settings=settings), job.runs)
        code = follow(run, console)
        if code != 0:
            return code
        show_table(run, console)
        if not address:
            console.message("demo_without_ollama", {}, style="yellow")
            return 1
        return judge(job, console)


@contextlib.contextmanager
def _ollama(folder: Path, console: Console, *, keep: bool) -> Iterator[str]:
    """The address of an Ollama: the user's where one answers, else one of the demo's own; "" where none can be had."""
    address = ollama.host()
    if ollama.version(address) is not None:
        console.say(N_("Using the Ollama that answers at {address}."), address=address)
        yield address
        return
    if not supported():
        console.message("ollama_not_running", {"host": address})
        _ask_to_go_on(console)
        yield ""
        return
    server = get_server(folder / "ollama", uv_runner(folder), console.message)
    for licence in server.licences:
        console.say(N_("Licence: {path}"), path=licence)
    with running(server, folder / "ollama-data", start_detached, keep=keep) as private:
        # the runner inherits them
        os.environ.update(OLLAMA_HOST=private.address, OLLAMA_MODELS=str(private.models))
        console.say(
            N_("The demo's own Ollama {version} answers at {address}."), version=server.version, address=private.address
        )
        yield private.address
    if keep:
        console.say(
            N_("It stays up. To look: OLLAMA_HOST={address}, process {pid}."), address=private.address, pid=private.pid
        )


def _ask_to_go_on(console: Console) -> None:
    """Whether to do all but the last part. Raises StageError where the user would rather install Ollama first."""
    if console.live and sys.stdin.isatty():
        console.say(N_("Go on without the last part? [Y/n]"))
        if sys.stdin.readline().strip().lower() in ("n", "no", "否"):
            raise StageError("ollama_not_running", host=ollama.host())


def uv_runner(folder: Path) -> Callable[[Sequence[str]], None]:
    """A runner of uv for the demo's Ollama, with its output in a log."""
    log = folder / "ollama-install.log"
    watch = Watch(log, StopFile(folder / "no-stop"), lambda _: None, lambda _: None, lambda *_: None)

    def run_uv(arguments: Sequence[str]) -> None:
        # pip's constraints have no hashes, and uv refuses to mix them with --require-hashes
        env = {**uv_environment(read_pip_settings(), os.environ), "UV_CONSTRAINT": None}
        command = Command((str(uv.find()), *arguments), env)
        outcome = run_command(command, LocalTarget(), watch, mark="demo", cwd=folder)
        if outcome.code != 0:
            raise StageError("ollama_demo_download", log=str(log), reason=outcome.tail[-1] if outcome.tail else "")

    return run_uv


def show_table(run: Path, console: Console) -> None:
    """Stage, time and size of what the run made or found up to date."""
    rows = []
    for event in read(run):
        if isinstance(event, StageFinished | StageSkipped):
            state = "up_to_date" if isinstance(event, StageSkipped) else "done"
            title = console.sentence(f"stage_{event.stage}", {})
            rows.append((title, console.state(state), duration(event.seconds), size(_bytes(event.artifacts))))
    console.line("")
    console.table((N_("stage"), N_("state"), N_("time"), N_("size")), rows)
    console.line("")


def _bytes(artifacts: Sequence[Artifact]) -> int:
    return sum(artifact.size for artifact in artifacts)


def judge(job: Job, console: Console) -> int:
    """Both answers side by side; 0 only if the tuned model says its name and author, and the base does not."""
    answers = json.loads((job.folder("smoke_test") / ANSWERS).read_text(encoding="utf-8"))
    console.table(
        (N_("question"), N_("base model"), N_("tuned model")),
        [(prompt, found.get("base", ""), found.get("tuned", "")) for prompt, found in answers.items()],
    )
    identity = job.project.self_cognition
    zh, en = (identity.model_name_zh, identity.author_zh), (identity.model_name_en, identity.author_en)
    wanted = dict(zip(job.project.ollama.test_prompts, (zh, en), strict=True))
    learned = all(name in answers[prompt]["tuned"] for prompt, names in wanted.items() for name in names)
    known_before = any(name in found["base"] for found in answers.values() for name in (*zh, *en))
    if learned and not known_before:
        console.message("demo_proved", {}, style="green")
        return 0
    console.error("demo_not_proved", {})
    return 1
