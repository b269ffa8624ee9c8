"""`ollama`: install it, and the models in it: on Windows `ollama` itself is on the PATH only after the next log-in."""

import argparse

from core.cli.consent import consented
from core.cli.console import Console
from core.cli.demo import uv_runner
from core.cli.run_view import make_view
from core.config.settings import Settings
from core.events import Progress, StageStarted
from core.messages import N_, size
from core.platform import WINDOWS
from core.platform.detached import start_detached
from core.tools import ollama, ollama_install, ollama_models
from core.tools.download import Watch
from core.tools.ollama_connection import Client
from core.tools.ollama_demo import get_server
from core.tools.ollama_server import OWN, is_installed, start_installed

STAGE = "install_ollama"


def call(args: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Run the command; returns the exit code."""
    address = ollama.host()
    if args.action == "install":
        return install(address, settings, console, allowed=args.allow_unverified)
    ollama.check_version(address)
    with Client(address) as client:
        match args.action:
            case "list":
                show(ollama_models.models(client), console)
            case "copy":
                ollama_models.copy(client, args.name, args.new)
            case _:
                ollama_models.delete(client, args.name)
    return 0


def install(address: str, settings: Settings, console: Console, *, allowed: bool) -> int:
    """Get Ollama where there is none, and start it where none answers."""
    if ollama.version(address) is None:
        if not is_installed(settings.work_folder):
            _get(settings, console, allowed=allowed)
        if ollama.version(address) is None:  # the installer for Windows starts it
            start_installed(settings.work_folder, address, start_detached)
    console.say(N_("Ollama {version} answers at {address}."), version=ollama.check_version(address), address=address)
    return 0


def _get(settings: Settings, console: Console, *, allowed: bool) -> None:
    folder = settings.work_folder
    folder.mkdir(parents=True, exist_ok=True)
    if not WINDOWS:
        for licence in get_server(folder / OWN, uv_runner(folder), console.message).licences:
            console.say(N_("Licence: {path}"), path=licence)
        return
    settings = consented([ollama_install.installer()], settings, console, allowed=allowed or settings.allow_unverified)
    view = make_view(console)

    def progress(done: int, total: int | None) -> None:
        view.show(Progress(stage=STAGE, completed=done, total=total, unit="byte"))

    try:
        view.show(StageStarted(stage=STAGE, fingerprint=""))
        watch = Watch(progress, lambda: None)
        ollama_install.install(folder, watch, start_detached, allow_unverified=settings.allow_unverified)
    finally:
        view.close()


def show(models: list[ollama_models.Model], console: Console) -> None:
    """A row for each model."""
    if console.json:
        console.write_json({"models": models})
        return
    rows = [
        (model.name, size(model.size), f"{model.modified:%Y-%m-%d %H:%M}" if model.modified else "-")
        for model in models
    ]
    console.table((N_("model"), N_("size"), N_("changed")), rows)
