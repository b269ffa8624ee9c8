"""Stop in each stage: it ends in time, no process is left, grandchildren included, and training keeps a checkpoint."""

import copy
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config.settings import Settings, save_settings
from core.events import ChildStarted, Event, Progress, RunFinished, StageStopped
from core.pipeline import journal, launch
from core.stages.train import last_checkpoint
from core.tools import runtime_state
from tests.e2e.silent_ollama import SilentOllama
from tests.e2e.workshop import Demo, Workshop, processes_of, tunesmith

pytestmark = pytest.mark.real

MANY = ["Q2_K", "Q3_K_M", "Q4_0", "Q4_K_S", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"]
STAGES = ["quantize", "convert", "merge", "evaluate", "train", "prepare_dataset"]
"""From the last to the first: each finds what it needs from before."""


@pytest.fixture(scope="module")
def finished(workshop: Workshop) -> Workshop:
    """A project whose stages have all been run once, up to Ollama; the tests that leave it so come first."""
    workshop.write(export={"quantizations": MANY})
    done = workshop.run("--until", "quantize")
    assert done.code == 0, done.output
    return workshop


def known(workshop: Workshop) -> int:
    """How many runs there were."""
    return len(journal.runs(workshop.job().runs))


def ask(workshop: Workshop) -> None:
    """Ask the newest run to stop, as `tunesmith stop` does."""
    run = launch.latest(workshop.job().runs)
    assert run is not None
    launch.stop(run)


def assert_stopped(
    workshop: Workshop, watcher: "subprocess.Popen[bytes]", stage: str, begin: float, limit: float = 30
) -> None:
    """The run says that this stage was stopped, in time; nothing of it lives, nothing has its final name."""
    assert watcher.wait(timeout=60) == 130
    assert time.monotonic() - begin < limit
    assert processes_of(workshop.folder) == []
    events = workshop.events()
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "stopped"
    assert [event.stage for event in events if isinstance(event, StageStopped)] == [stage]
    assert not (workshop.job().folder(stage) / "artifact.json").exists()


def at(work: Path, workshop: Workshop, patch: pytest.MonkeyPatch) -> Workshop:
    """The same project on a computer with another work folder, but the old one's cache of packages."""
    patch.setenv("TUNESMITH_CONFIG", str(work / "config"))
    patch.setenv("UV_CACHE_DIR", str(workshop.demo.folder / "cache" / "uv"))
    elsewhere = copy.copy(workshop)
    elsewhere.settings = Settings(work_dir=str(work))
    save_settings(elsewhere.settings)
    return elsewhere


def test_stop_while_the_runtime_is_installed(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = at(tmp_path, workshop, monkeypatch)
    before = known(elsewhere)
    watcher = elsewhere.start("--until", "install_runtime")
    elsewhere.wait_for(Progress, "install_runtime", known=before)
    begin = time.monotonic()
    ask(elsewhere)
    assert_stopped(elsewhere, watcher, "install_runtime", begin)
    assert not runtime_state.is_ready(elsewhere.job().runtime)


def test_stop_while_llama_cpp_is_built(finished: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = at(tmp_path, finished, monkeypatch)
    (tmp_path / "runtime").symlink_to(finished.settings.work_folder / "runtime")
    assert runtime_state.is_ready(elsewhere.job().runtime)
    before = known(elsewhere)
    watcher = elsewhere.start("--until", "build_llama_cpp")
    elsewhere.wait_for(Progress, "build_llama_cpp", known=before, where=is_compiling)
    begin = time.monotonic()
    ask(elsewhere)
    assert_stopped(elsewhere, watcher, "build_llama_cpp", begin)
    assert not (elsewhere.job().folder("build_llama_cpp") / "bin").exists()


def is_compiling(event: Event) -> bool:
    """Whether ninja has compiled a few files."""
    return isinstance(event, Progress) and event.unit == "file" and event.completed >= 3


def test_stop_while_the_sample_model_is_trained(demo: Demo, tmp_path: Path) -> None:
    sample = Workshop(demo, tmp_path, "sample")
    sample.write(model={"source": "sample", "model": ""})
    watcher = sample.start("--until", "fetch_model")
    sample.wait_for(Progress, "fetch_model", where=lambda event: isinstance(event, Progress) and event.unit == "step")
    begin = time.monotonic()
    ask(sample)
    assert_stopped(sample, watcher, "fetch_model", begin)
    assert not sample.job().folder("fetch_model").exists()


@pytest.fixture(scope="module")
def silent_ollama() -> Iterator[SilentOllama]:
    """A stand-in for Ollama that falls silent where a test wants it."""
    with SilentOllama() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLLAMA_HOST", server.address)
        yield server


@pytest.mark.parametrize(
    ("stage", "path"),
    [
        ("create_ollama", "/api/blobs/"),
        ("create_ollama", "/api/create"),
        ("create_base", ""),
        ("smoke_test", "/api/chat"),
        ("push_ollama", "/api/push"),
    ],
)
def test_stop_while_ollama_is_silent(finished: Workshop, silent_ollama: SilentOllama, stage: str, path: str) -> None:
    finished.write(export={"quantizations": MANY}, ollama={"name": "you/stopped", "test_prompts": ["你是谁？"]})
    silent_ollama.fall_silent_at(path)
    before = known(finished)
    watcher = finished.start("--push")
    if path:
        assert silent_ollama.silent.wait(timeout=120)
    else:
        finished.wait_for(ChildStarted, stage, known=before)
    begin = time.monotonic()
    ask(finished)
    assert_stopped(finished, watcher, stage, begin, limit=10)
    assert not finished.job().folder(stage).exists()
    hashed = [event for event in finished.events() if isinstance(event, Progress) and event.detail == "sha256"]
    assert not [event for event in hashed if event.stage == "create_ollama"]  # quantize has done that
    assert not path or silent_ollama.left.wait(timeout=5)  # by which Ollama knows that it may end its work


@pytest.mark.parametrize("stage", STAGES)
def test_stop_in_each_stage(finished: Workshop, stage: str) -> None:
    before = known(finished)
    watcher = finished.start("--from", stage, "--until", "quantize")
    finished.wait_for(ChildStarted, stage, known=before)
    if stage == "train":
        finished.wait_for(Progress, "train", known=before)
    begin = time.monotonic()
    if stage == "train":
        assert tunesmith("stop", finished.file).code == 0
    elif stage == "merge":
        watcher.send_signal(signal.SIGINT)  # Ctrl-C
    else:
        ask(finished)
    assert_stopped(finished, watcher, stage, begin)
    part = finished.job().folder(stage)
    assert not part.exists()
    if stage == "train":
        assert last_checkpoint(part.with_name(part.name + ".part")) is not None


def test_stop_now_does_not_wait_for_a_checkpoint(finished: Workshop) -> None:
    before = known(finished)
    watcher = finished.start("--from", "prepare_dataset", "--until", "train")
    finished.wait_for(ChildStarted, "train", known=before)  # ms-swift is still being loaded, and sees no stop file yet
    begin = time.monotonic()
    assert tunesmith("stop", finished.file, "--now").code == 0
    assert_stopped(finished, watcher, "train", begin, limit=10)
    assert not finished.job().folder("train").exists()
