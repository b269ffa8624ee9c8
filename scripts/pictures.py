"""Takes the pictures of the READMEs without a screen: real commands print into a terminal of ours, drawn as SVG.

A run is shown from its journal, tests/transcripts/demo_events.jsonl; ``--record RUN`` puts another run's there.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from core.cli import doctor
from core.cli.demo import judge, show_table
from core.cli.project_commands import check_project, plan
from core.cli.run_view import LiveView
from core.config.project import TuneProject
from core.config.sample import MODEL, sample_project
from core.config.settings import Settings
from core.config.store import save, with_values
from core.events import Answer, ChildEnded, ChildStarted, Event, Progress, StageStarted
from core.messages import Language, languages
from core.pipeline.journal import EVENTS, read
from core.pipeline.plan import make_job
from core.stages.job import Job
from core.stages.smoke_test import ANSWERS
from scripts.terminal import HOME, Terminal, draw

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / ".github" / "pictures"
JOURNAL = ROOT / "tests" / "transcripts" / "demo_events.jsonl"
REDRAW = 0.3
"""Seconds in which rich's bars are drawn anew."""


def take_doctor(terminal: Terminal, folder: Path) -> list[str]:
    """What a computer has, and what is missing."""
    terminal.prompt("tunesmith doctor")
    settings = _settings(folder)
    doctor.doctor(Job(TuneProject(), settings, settings.work_folder / "runtime.tunesmith"), terminal.console)
    return terminal.rows()


def take_check(terminal: Terminal, folder: Path) -> list[str]:
    """A project with mistakes that people make."""
    (folder / "Qwen2.5-7B-Instruct").mkdir()
    (folder / "weather.csv").write_text("city,weather\nBeijing,sunny\n", encoding="utf-8")
    names = {"model_name_zh": "山姆模型", "model_name_en": "{{NAME}}", "author_zh": "山姆", "author_en": "Samge"}
    project = with_values(
        TuneProject(),
        model={"model": "Qwen2.5-7B-Instruct"},
        dataset={"files": ["weather.csv"]},
        self_cognition=names,
        ollama={"name": "山姆/Samge"},
    )
    save(project, folder / "samge.tunesmith")
    terminal.prompt("tunesmith check samge.tunesmith")
    check_project(folder / "samge.tunesmith", _settings(folder), terminal.console)
    return terminal.rows()


def take_plan(terminal: Terminal, folder: Path) -> list[str]:
    """The stages of a new project."""
    save(sample_project(MODEL), folder / "demo.tunesmith")
    terminal.prompt("tunesmith plan demo.tunesmith")
    plan(folder / "demo.tunesmith", _settings(folder), terminal.console, shell=None)
    return terminal.rows()


def take_run(terminal: Terminal, folder: Path) -> list[str]:
    """A run in the middle of its training, with its bar."""
    terminal.prompt("tunesmith run demo.tunesmith")
    view = LiveView(terminal.console)
    for event in _recorded(folder):
        view.show(event)
        if isinstance(event, Progress) and event.stage == "train" and event.completed > 0.7 * (event.total or 1):
            break
    time.sleep(REDRAW)
    try:
        return terminal.rows()
    finally:
        view.close()


def take_demo(terminal: Terminal, folder: Path) -> list[str]:
    """How the demo ends: its last stages, the table, and both models' answers."""
    terminal.prompt("tunesmith demo")
    terminal.console.line("…")
    events = list(_recorded(folder))
    begin = next(n for n, event in enumerate(events) if isinstance(event, StageStarted) and event.stage == "quantize")
    view = LiveView(terminal.console)
    for event in events[begin:]:
        view.show(event)
    view.close()
    show_table(folder, terminal.console)
    judge(_answered(folder, events), terminal.console)
    return terminal.rows()


SCENES: tuple[Callable[[Terminal, Path], list[str]], ...] = (take_doctor, take_check, take_plan, take_run, take_demo)


def _settings(folder: Path) -> Settings:
    return Settings(work_dir=str(folder / "tunesmith"))


def _recorded(folder: Path) -> Iterator[Event]:
    shutil.copyfile(JOURNAL, folder / EVENTS)
    return read(folder)


def _answered(folder: Path, events: Sequence[Event]) -> Job:
    """The demo's job, with the recorded answers where the stage leaves them."""
    job = make_job(folder / "demo.tunesmith", sample_project(MODEL), _settings(folder))
    answers: dict[str, dict[str, str]] = {}
    for event in events:
        if isinstance(event, Answer) and event.stage == "smoke_test":
            answers.setdefault(event.prompt, {})["tuned" if event.model == MODEL else "base"] = event.text
    job.folder("smoke_test").mkdir(parents=True)
    (job.folder("smoke_test") / ANSWERS).write_text(json.dumps(answers), encoding="utf-8")
    return job


def take(scene: Callable[[Terminal, Path], list[str]], language: Language) -> str:
    """One picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        return draw(scene(Terminal(language), folder), f"{picture_name(scene)}.{language}", folder)


def picture_name(scene: Callable[[Terminal, Path], list[str]]) -> str:
    """``run`` for ``take_run``."""
    return scene.__name__.removeprefix("take_")


def record(run: Path) -> None:
    """Keep a demo's journal: without its processes, and with HOME for the folder that its ``--dir`` named."""
    demo = str(run.resolve().parents[2])
    told = (event for event in read(run) if not isinstance(event, ChildStarted | ChildEnded))
    lines = (event.model_dump_json().replace(demo, HOME) + "\n" for event in told)
    JOURNAL.write_text("".join(lines), encoding="utf-8", newline="\n")


def main() -> int:
    """Take all pictures, or those that are named."""
    names = [picture_name(scene) for scene in SCENES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--record", type=Path, metavar="RUN", help="the folder of a run of the demo")
    arguments = parser.parse_args()
    if arguments.record is not None:
        record(arguments.record)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for scene in SCENES:
        if not arguments.names or picture_name(scene) in arguments.names:
            for language in languages():
                path = PICTURES / f"{picture_name(scene)}.{language}.svg"
                path.write_text(take(scene, language), encoding="utf-8", newline="\n")
                print(path.relative_to(ROOT).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main())
