"""What needs the user's consent, and where a run does without."""

from pathlib import Path

import pytest

from core.config.project import TuneProject
from core.config.settings import RuntimeSettings, Settings
from core.config.store import with_values
from core.pipeline import unverified as module
from core.pipeline.check import check
from core.pipeline.unverified import needed, unverified
from core.stages.job import Job
from core.tools.pip_settings import PipSettings
from core.tools.runtime import Profile

OWN = PipSettings(find_links=("/wheels",))


def _job(folder: Path, profile: Profile, *, allowed: bool = False, **export: object) -> Job:
    settings = Settings(
        work_dir=str(folder / "work"), runtime=RuntimeSettings(profile=profile), allow_unverified=allowed
    )
    return Job(with_values(TuneProject(), export=export), settings, folder / "p.tunesmith")


def _told(monkeypatch: pytest.MonkeyPatch, settings: PipSettings) -> None:
    monkeypatch.setattr(module, "read_pip_settings", lambda: settings)


def test_pytorch_for_cuda_from_its_own_index_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _told(monkeypatch, PipSettings())
    job = _job(tmp_path, "cu130")
    assert [thing.what.split(":")[0] for thing in needed(job)] == ["PyTorch for CUDA 13.0"]
    assert "source_unverified" in [problem.code for problem in check(job)]
    allowed = _job(tmp_path, "cu130", allowed=True)
    assert unverified(allowed) == ()
    assert "source_unverified" not in [problem.code for problem in check(allowed)]


def test_where_there_is_another_source_a_run_does_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _told(monkeypatch, PipSettings())
    cpu = _job(tmp_path, "cpu")
    assert len(unverified(cpu)) == 1  # asked: PyTorch's own index has the smaller build
    assert needed(cpu) == ()
    _told(monkeypatch, OWN)
    assert unverified(cpu) == ()
    assert len(unverified(_job(tmp_path, "cu130"))) == 1
    assert needed(_job(tmp_path, "cu130")) == ()


def test_the_older_w64devkit_needs_it_where_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _told(monkeypatch, OWN)
    monkeypatch.setattr("core.pipeline.unverified.WINDOWS", False)
    assert unverified(_job(tmp_path, "cpu", llama_cpp="build", w64devkit="1.20.0")) == ()
    monkeypatch.setattr("core.pipeline.unverified.WINDOWS", True)
    assert [thing.version for thing in needed(_job(tmp_path, "cpu", llama_cpp="build", w64devkit="1.20.0"))] == [
        "1.20.0"
    ]
    assert needed(_job(tmp_path, "cpu", llama_cpp="auto", w64devkit="1.20.0")) == ()  # another way is there
    assert unverified(_job(tmp_path, "cpu", llama_cpp="build")) == ()
    assert unverified(_job(tmp_path, "cpu", llama_cpp="prebuilt", w64devkit="1.20.0")) == ()
