"""What the tests of stages share: a context as the runner makes one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.config.project import TuneProject
from core.config.settings import Settings
from core.config.store import with_values
from core.events import Event
from core.process.stop import StopFile
from core.process.target import LocalTarget
from core.stages.base import StageContext
from core.stages.build_llama_cpp import BuildLlamaCpp
from core.stages.job import Job

MakeContext = Callable[..., StageContext]


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def make_context(tmp_path: Path, events: list[Event]) -> MakeContext:
    """Makes the context of build_llama_cpp; arguments are settings of the project's export section."""

    def make(settings: dict[str, Any] | None = None, **export: object) -> StageContext:
        stage = BuildLlamaCpp()
        project = with_values(TuneProject(), export=export)
        chosen = Settings(work_dir=str(tmp_path / "work"), **{"mirrors": "none", **(settings or {})})
        job = Job(project, chosen, tmp_path / "p.tunesmith", {stage.name: "0123456789ab", "install_runtime": "x"})
        folder = job.folder(stage.name)
        folder.mkdir(parents=True, exist_ok=True)
        return StageContext(
            job=job,
            stage=stage,
            folder=folder,
            emit=events.append,
            target=LocalTarget(),
            stop=StopFile(tmp_path / "stop"),
            log=tmp_path / "log",
            run_id="test",
            on_start=lambda *_: None,
            on_end=lambda *_: None,
        )

    return make
