"""Reads the arguments, chooses the language, and calls the command. No traceback reaches a user."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from core import __version__
from core.cli.argparse_words import spoken
from core.cli.console import Console
from core.config.problem import Problem
from core.config.settings import Settings, load_settings
from core.config.store import ProjectInvalidError
from core.events import StageError, Stopped
from core.hardware.disk import check_name
from core.messages import N_, Language, choose_language, label
from core.pipeline.os_errors import explained
from core.platform.pipes import reader_gone
from core.tools.hub.repo import SOURCES

EXIT_DONE, EXIT_FAILED, EXIT_INVALID, EXIT_RUNNING, EXIT_STOPPED = 0, 1, 2, 3, 130

HELP = {
    "init": N_("write a new project file with every basic setting spelled out"),
    "check": N_("list everything that is wrong with a project"),
    "plan": N_("list the stages, or print their commands as a script"),
    "step": N_("do one stage by hand, as the script of plan does"),
    "run": N_("do the job, or go on where it was left off"),
    "status": N_("show the state of a project's last run"),
    "stop": N_("ask a project's run to stop"),
    "doctor": N_("show what this computer has, and what is missing"),
    "runtime": N_("install, show, repair or remove the training runtime"),
    "fetch": N_("get a model or a dataset from ModelScope, Hugging Face or a git server"),
    "token": N_("keep or remove your token for a hub's private models"),
    "ollama": N_("install Ollama; list, copy or delete its models"),
    "demo": N_("do the whole job on a tiny sample, from set-up to two models in Ollama"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _utf8_output()
    language = choose_language(_language_of(words))
    with spoken(language):
        args = _parser(language).parse_args(words)
    console = Console(language, json=getattr(args, "json", False))
    try:
        return _guarded(args, console)
    except OSError as error:
        if not reader_gone(error):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter's last flush complains
        return EXIT_FAILED


def _guarded(args: argparse.Namespace, console: Console) -> int:
    """Call the command; what goes wrong becomes a sentence and an exit code."""
    try:
        return _call(args, console)
    except ProjectInvalidError as error:
        console.problems(error.problems)
        return EXIT_INVALID
    except (KeyboardInterrupt, Stopped):
        return EXIT_STOPPED
    except StageError as error:
        console.error(error.code, error.values)
    except OSError as error:
        if reader_gone(error):
            raise
        found = explained(error)
        console.error(found.code, found.values)
    except Exception:  # noqa: BLE001 - the last guard: a bug of ours is no user's business
        console.bug()
    return EXIT_FAILED


def _call(args: argparse.Namespace, console: Console) -> int:
    """Each command imports what it needs only when it is called."""
    settings = load_settings()
    _check_names(args, settings)
    match args.command:
        case "runner":
            from core.pipeline.entry import run_request  # noqa: PLC0415 - as the others below

            return run_request(args.run)
        case "init" | "check" | "plan" | "step":
            from core.cli.project_commands import call  # noqa: PLC0415
        case "run" | "status" | "stop":
            from core.cli.run_commands import call  # noqa: PLC0415
        case "doctor" | "runtime":
            from core.cli.doctor import call  # noqa: PLC0415
        case "fetch":
            from core.cli.fetch import call  # noqa: PLC0415
        case "token":
            from core.cli.token import token  # noqa: PLC0415

            return token(args, console)
        case "ollama":
            from core.cli.ollama_commands import call  # noqa: PLC0415
        case _:
            from core.cli.demo import call  # noqa: PLC0415
    return call(args, settings, console)


def _check_names(args: argparse.Namespace, settings: Settings) -> None:
    """Refuse a folder that nothing of a run could be written down for."""
    given = [getattr(args, name, None) for name in ("project", "dir", "into")]
    try:
        for path in (*given, settings.work_folder):
            if path is not None:
                check_name(path.absolute())
    except StageError as error:
        raise ProjectInvalidError([Problem("", error.code, error.values)]) from error


def _parser(language: Language) -> argparse.ArgumentParser:
    def say(text: str) -> str:
        return label(text, language)

    # no abbreviations: --lan would be taken, but not by what chooses the language before
    parser = argparse.ArgumentParser(
        prog="tunesmith",
        description=say(N_("From a base model and a dataset to your own model running in Ollama.")),
        allow_abbrev=False,
    )
    version = say("show program's version number and exit")
    parser.add_argument("--version", action="version", version=f"tunesmith {__version__}", help=version)
    lang = argparse.ArgumentParser(add_help=False)
    lang.add_argument("--lang", choices=("en", "zh"), help=say(N_("the language of what is printed")))
    parser.add_argument("--lang", choices=("en", "zh"), help=say(N_("the language of what is printed")))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, *, project: bool = True, as_json: bool = False) -> argparse.ArgumentParser:
        text = say(HELP[name])
        sub = commands.add_parser(name, help=text, description=text, parents=[lang], allow_abbrev=False)
        if project:
            sub.add_argument("project", type=Path, help=say(N_("the project file")))
        if as_json:
            sub.add_argument("--json", action="store_true", help=say(N_("print JSON for programs")))
        return sub

    command("init").add_argument("--force", action="store_true", help=say(N_("overwrite a file that is there")))
    command("check", as_json=True)
    plan = command("plan", as_json=True)
    plan.add_argument("--shell", choices=("bash", "powershell"), help=say(N_("print the commands as a script")))
    step = command("step")
    step.add_argument("stage", metavar="STAGE")
    step.add_argument("--into", type=Path, required=True, help=say(N_("the folder for the outputs")))
    run = command("run", as_json=True)
    run.add_argument(
        "--from", dest="from_stage", metavar="STAGE", default="", help=say(N_("run again from this stage"))
    )
    run.add_argument("--until", dest="until_stage", metavar="STAGE", default="", help=say(N_("stop after this stage")))
    run.add_argument("--fresh", action="store_true", help=say(N_("make everything again")))
    run.add_argument("--push", action="store_true", help=say(N_("push the finished model to ollama.com")))
    command("status", as_json=True)
    command("stop").add_argument("--now", action="store_true", help=say(N_("do not wait for a checkpoint")))
    command("doctor", project=False, as_json=True)
    runtime = command("runtime", project=False, as_json=True)
    runtime.add_argument("action", choices=("install", "status", "repair", "remove"))
    fetch = command("fetch", project=False, as_json=True)
    fetch.add_argument("kind", choices=("model", "dataset"))
    fetch.add_argument("id", metavar="ID", help=say(N_("OWNER/NAME; of a dataset also OWNER/NAME:SUBSET/SPLIT")))
    fetch.add_argument("--from", dest="source", choices=SOURCES, default="modelscope", help=say(N_("the hub")))
    fetch.add_argument("--to", type=Path, metavar="FOLDER", help=say(N_("the folder to make")))
    fetch.add_argument("--revision", default="", help=say(N_("a branch, tag or commit")))
    for name, text in (("--include", N_("only such files: *.json")), ("--exclude", N_("no such files: *.bin"))):
        fetch.add_argument(name, action="append", default=[], metavar="PATTERN", help=say(text))
    token = command("token", project=False)
    token.add_argument("action", choices=("set", "remove"))
    token.add_argument("hub", choices=("modelscope", "huggingface"))
    ollama = _ollama(command("ollama", project=False), lang, say)
    demo = command("demo", project=False)
    demo.add_argument("--dir", type=Path, help=say(N_("the folder for everything that the demo makes")))
    for installing in (run, runtime, ollama, demo):
        installing.add_argument(
            "--allow-unverified", action="store_true", help=say(N_("use also what nothing here can check"))
        )
    demo.add_argument("--keep", action="store_true", help=say(N_("leave the demo's Ollama up at the end")))
    commands.add_parser("runner").add_argument("run", type=Path)  # how a run's own process is started
    return parser


def _ollama(
    parser: argparse.ArgumentParser, lang: argparse.ArgumentParser, say: Callable[[str], str]
) -> argparse.ArgumentParser:
    """Add the actions of `ollama`; returns the parser of the one that installs."""
    actions = parser.add_subparsers(dest="action", required=True, metavar=say(N_("ACTION")))
    made = {}
    for action, names in {"install": (), "list": (), "copy": ("name", "new"), "delete": ("name",)}.items():
        made[action] = actions.add_parser(action, parents=[lang], allow_abbrev=False)
        made[action].add_argument("--json", action="store_true", help=say(N_("print JSON for programs")))
        for name in names:
            made[action].add_argument(name, metavar=name.upper())
    return made["install"]


def _language_of(words: Sequence[str]) -> str | None:
    """The language that the arguments name, before they are parsed: help is in it too."""
    for number, word in enumerate(words):
        if word == "--lang" and number + 1 < len(words):
            return words[number + 1]
        if word.startswith("--lang="):
            return word.partition("=")[2]
    try:
        return load_settings().language or None
    except (ProjectInvalidError, OSError):  # said once there is a language to say it in
        return None


def _utf8_output() -> None:
    """A Chinese Windows' pipes are GBK by default, where half of our signs are missing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
