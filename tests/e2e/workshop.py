"""What the tests of the whole chain share: the command line as a user runs it, and a small project."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from core.config.project import TuneProject
from core.config.settings import Settings
from core.config.store import load, save, with_values
from core.events import Event
from core.pipeline import journal, launch
from core.pipeline.plan import make_job
from core.platform.guard import MARK
from core.stages.job import Job

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Finished:
    """A command line that ended."""

    code: int
    output: str
    seconds: float


def tunesmith(*words: str | Path, timeout: float = 1800.0) -> Finished:
    """Run the command line as a user does, in a pipe."""
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "gui", *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=timeout,
        check=False,
    )
    return Finished(done.returncode, done.stdout.decode("utf-8"), time.monotonic() - begin)


@dataclass(frozen=True)
class Demo:
    """The demo's folder, and how its first run went."""

    folder: Path
    first: Finished

    def job(self) -> Job:
        """The demo's own job, as it stands."""
        file = self.folder / "demo" / "demo.tunesmith"
        return make_job(file, load(file), Settings(work_dir=str(self.folder)))


class Workshop:
    """A project of its own on the demo's runtime, sample model and llama.cpp; small enough to be run many times."""

    def __init__(self, demo: Demo, folder: Path, name: str) -> None:
        self.demo = demo
        self.folder = folder
        self.file = folder / f"{name}.tunesmith"
        self.model = demo.job().model_folder
        self.settings = Settings(work_dir=str(demo.folder))
        folder.mkdir(parents=True, exist_ok=True)
        questions = (ROOT / "resources" / "sample" / "questions.jsonl").read_text(encoding="utf-8")
        (folder / "问答 rows.jsonl").write_text(questions, encoding="utf-8")
        self.write()

    def write(self, **changes: dict[str, object]) -> TuneProject:
        """(Re)write the project: three epochs on few rows, with some settings changed."""
        small = with_values(
            TuneProject(),
            model={"model": str(self.model)},
            dataset={"files": ["问答 rows.jsonl#32"], "max_length": 256, "split_dataset_ratio": 0.1},
            self_cognition={
                "samples": 24,
                "model_name_zh": "山姆模型",
                "model_name_en": "Samge Model",
                "author_zh": "山姆",
                "author_en": "Samge",
            },
            training={
                "num_train_epochs": 4,
                "gradient_accumulation_steps": 1,
                "learning_rate": 0.005,
                "save_steps": 10,
                "evaluate_rows": 1,
            },
            export={"quantizations": ["Q8_0"]},
            ollama={"num_ctx": 512, "temperature": 0.0, "test_prompts": ["你是谁？"]},
        )
        project = with_values(small, **changes)
        save(project, self.file)
        return project

    def job(self) -> Job:
        """The job as the file stands."""
        return make_job(self.file, load(self.file), self.settings)

    def run(self, *words: str, timeout: float = 900.0) -> Finished:
        """``tunesmith run``."""
        return tunesmith("run", self.file, *words, timeout=timeout)

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        """``tunesmith run`` in the background."""
        return subprocess.Popen(
            [sys.executable, "-m", "gui", "run", str(self.file), *words],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def events(self) -> list[Event]:
        """The newest run's events."""
        newest = launch.latest(self.job().runs)
        return list(journal.read(newest)) if newest else []

    def wait_for(
        self,
        wanted: type,
        stage: str,
        timeout: float = 300.0,
        known: int = 0,
        where: Callable[[Event], bool] = lambda _: True,
    ) -> Event:
        """Wait until the newest run (after ``known`` earlier ones) tells of something."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = journal.runs(self.job().runs)
            if len(found) > known:
                for event in journal.read(found[-1]):
                    if isinstance(event, wanted) and getattr(event, "stage", stage) == stage and where(event):
                        return event
            time.sleep(0.02)
        pytest.fail(f"no {wanted.__name__} of {stage} in {timeout} s")


def processes_of(folder: Path) -> list[psutil.Process]:
    """The living processes that belong to the runs of a project: by their mark, or by a path in their argv."""
    found = []
    runs = {path.name for path in folder.glob("*.runs/*")}
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) in runs:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def kill_hard(pid: int) -> None:
    """kill -9."""
    os.kill(pid, signal.SIGKILL)
