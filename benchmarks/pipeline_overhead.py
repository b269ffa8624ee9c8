"""What Tunesmith itself costs: `tunesmith run` against the same bare commands, in one run.

``uv run python benchmarks/pipeline_overhead.py [FOLDER]`` takes the runtime, the sample model and llama.cpp of a demo
(``tunesmith demo --dir FOLDER``, made first where it is missing), tunes a small project once to have all files in the
system's cache, once more through the runner, then runs the very commands of that run's journal again without it. The
last line: ``overhead S s over B s, ratio R``.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from core.cli import main as tunesmith
from core.config.project import TuneProject
from core.config.settings import Settings, save_settings
from core.config.store import load, save, with_values
from core.events import ChildStarted, Event, StageFinished, StageStarted
from core.pipeline import journal, launch
from core.pipeline.plan import make_job
from core.process.environment import child_environment
from core.tools.swift import device_environment

ROOT = Path(__file__).resolve().parent.parent
AS_USERS: dict[str, str | None] = {"PYTHONDONTWRITEBYTECODE": None}
"""Some computers of developers have it set: every start would compile Tunesmith and ms-swift again."""


def main() -> int:
    """Measure, and print the ratio."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(scratch, "demo")
        demo = folder / "demo" / "demo.tunesmith"
        if not demo.exists() and tunesmith(["demo", "--dir", str(folder)]) != 0:
            return 1
        settings = Settings(work_dir=str(folder))
        model = make_job(demo, load(demo), settings).model_folder
        file = write_project(Path(scratch), model)
        run_with_runner(file, settings)
        with_runner, events = run_with_runner(file, settings)
        bare = run_bare(events, file)
    overhead = with_runner - bare
    print(f"tunesmith run {with_runner:.2f} s, bare commands {bare:.2f} s")
    print(f"overhead {overhead:.2f} s over {bare:.2f} s, ratio {overhead / bare:.4f}")
    return 0


def write_project(folder: Path, model: Path) -> Path:
    """A project that trains for some seconds and ends at the quantized GGUFs."""
    shutil.copy(ROOT / "resources" / "sample" / "questions.jsonl", folder / "questions.jsonl")
    project = with_values(
        TuneProject(),
        model={"model": str(model)},
        dataset={"files": ["questions.jsonl"], "max_length": 256, "split_dataset_ratio": 0.1},
        self_cognition={"samples": 0},
        training={"num_train_epochs": 4, "gradient_accumulation_steps": 1},
        export={"quantizations": ["Q8_0", "Q4_K_M"]},
    )
    file = folder / "overhead.tunesmith"
    save(project, file)
    return file


def run_with_runner(file: Path, settings: Settings) -> tuple[float, list[Event]]:
    """Seconds of the whole command line, from its start to its end, and the run's journal."""
    config = file.parent / "config"
    environment = child_environment({"TUNESMITH_CONFIG": str(config), **AS_USERS})
    with_settings(config, settings)
    begin = time.monotonic()
    subprocess.run([sys.executable, "-m", "core", "run", str(file), "--fresh"], cwd=ROOT, env=environment, check=True)
    seconds = time.monotonic() - begin
    run = launch.latest(make_job(file, load(file), settings).runs)
    if run is None:
        raise SystemExit("the run left no journal")
    return seconds, list(journal.read(run))


def with_settings(config: Path, settings: Settings) -> None:
    """Save the settings where the command line is told to look for them."""
    import os  # noqa: PLC0415 - the variable is read by save_settings

    os.environ["TUNESMITH_CONFIG"] = str(config)
    save_settings(settings)


def run_bare(events: list[Event], file: Path) -> float:
    """Seconds of the same commands one after another, in a folder of their own."""
    ours, bare = str(file.with_suffix(".artifacts")), str(file.with_name("bare.artifacts"))
    seconds = 0.0
    for stage, fingerprint, commands in stages(events):
        final = Path(bare, stage, fingerprint)
        part = final.with_name(f"{fingerprint}.part")
        prepared = Path(ours, stage, fingerprint)
        if stage == "prepare_dataset":  # the rows themselves are Tunesmith's work, not a command's
            shutil.copytree(prepared, part)
        else:
            part.mkdir(parents=True, exist_ok=True)
            if stage == "evaluate":  # its questions are written by Tunesmith too
                shutil.copy(prepared / "questions.jsonl", part)
        for argv in commands:
            begin = time.monotonic()
            subprocess.run(
                [word.replace(ours, bare) for word in argv],
                cwd=part,
                env=child_environment({**device_environment("cpu"), **AS_USERS}),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
            )
            seconds += time.monotonic() - begin
        finish(stage, part, final)
    return seconds


def stages(events: list[Event]) -> Iterator[tuple[str, str, list[tuple[str, ...]]]]:
    """Each stage that did work: name, fingerprint, and its commands."""
    started: StageStarted | None = None
    commands: list[tuple[str, ...]] = []
    for event in events:
        match event:
            case StageStarted():
                started, commands = event, []
            case ChildStarted():
                commands.append(event.argv)
            case StageFinished() if started is not None and event.stage not in ("install_runtime", "build_llama_cpp"):
                yield event.stage, started.fingerprint, commands
            case _:
                pass


def finish(stage: str, part: Path, final: Path) -> None:
    """Give the products the names under which the next commands look for them."""
    if stage == "quantize":
        for path in part.glob("*.gguf.part"):
            path.rename(path.with_suffix(""))
    part.rename(final)


if __name__ == "__main__":
    sys.exit(main())
