"""fetch_model from a local hub, run by the real runner in a process of its own: stop, go on, share, and fail."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.config.project import TuneProject
from core.config.settings import HubSettings, Settings
from core.config.store import with_values
from core.events import Event, Message, Progress, StageFailed, StageFinished, StageSkipped, StageStopped
from core.pipeline import journal
from core.pipeline.journal import Journal
from core.pipeline.plan import make_job, planned
from core.pipeline.runner import Run, Runner
from core.platform.guard import marked
from core.process.stop import StopFile
from core.process.target import LocalTarget
from core.stages.fetch_model import FetchModel
from core.stages.job import Job
from tests.core.models.conftest import CONFIG, safetensors_bytes
from tests.hub_server import CHUNK, Fault, HubServer, Repository

MODEL = "owner/model"
FILES: dict[str, "bytes | Path"] = {
    "config.json": json.dumps(CONFIG).encode(),
    "tokenizer.json": b'{"added_tokens": [{"id": 7, "content": "<|im_end|>"}]}',
    "tokenizer_config.json": b'{"eos_token": "<|im_end|>", "chat_template": "x"}',
    "model.safetensors": safetensors_bytes({"model.embed_tokens.weight": (32, 32_768)}),
}
BIG = "model.safetensors"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    monkeypatch.setattr("core.pipeline.plan.STAGES", (FetchModel(),))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with HubServer() as server:
        server.repositories["models", MODEL] = Repository(dict(FILES))
        yield server


class Bench:
    """A project's folder with runs of fetch_model alone."""

    def __init__(self, folder: Path, hub: HubServer, source: str, name: str = "项目") -> None:
        self.file = folder / f"{name}.tunesmith"
        endpoints = HubSettings(modelscope_endpoint=hub.url, huggingface_endpoint=hub.url)
        self.settings = Settings(work_dir=str(folder / "work 空间"), hub=endpoints)
        self.project = with_values(TuneProject(), model={"source": source, "model": MODEL})
        self.count = 0

    def job(self) -> Job:
        return make_job(self.file, self.project, self.settings)

    def run(self, meanwhile: Callable[[StopFile], None] | None = None) -> list[Event]:
        self.count += 1
        job = self.job()
        folder = job.runs / f"run-{self.count}-{secrets.token_hex(4)}"
        log, stop = Journal(folder), StopFile(folder / "stop")
        if meanwhile is not None:
            threading.Thread(target=meanwhile, args=(stop,), daemon=True).start()
        Runner(Run(folder, job, planned(job), frozenset(), LocalTarget(), stop), log).work()
        log.close()
        assert not list(marked(folder.name)), "a process is left"
        return list(journal.read(folder))


def of(events: list[Event], kind: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("source", ["modelscope", "huggingface"])
def test_once_for_all_projects(tmp_path: Path, hub: HubServer, source: str) -> None:
    bench = Bench(tmp_path, hub, source)
    events = bench.run()
    assert of(events, StageFinished), events
    assert all(event.stage == "fetch_model" for event in events if isinstance(event, Progress | Message))
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.completed, last.unit) == (last.total, "byte")
    folder = bench.job().model_folder
    assert folder.is_relative_to(bench.settings.work_folder)
    assert (folder / BIG).read_bytes() == FILES[BIG]
    assert of(bench.run(), StageSkipped)
    sent = hub.sent.total()
    other = Bench(tmp_path, hub, source, "other")
    assert of(other.run(), StageFinished)
    assert hub.sent.total() == sent
    (folder / BIG).write_bytes(b"damaged")
    assert of(bench.run(), StageFinished)
    assert (folder / BIG).read_bytes() == FILES[BIG]


@pytest.mark.parametrize("source", ["modelscope", "huggingface"])
def test_stopped_in_the_middle_it_goes_on_from_there(tmp_path: Path, hub: HubServer, source: str) -> None:
    hub.faults = [Fault(BIG, times=1, pause=0.3)]
    asked: list[float] = []

    def stop_later(stop: StopFile) -> None:
        while hub.sent[BIG] < 6 * CHUNK:
            time.sleep(0.05)
        asked.append(time.monotonic())
        stop.request()

    bench = Bench(tmp_path, hub, source)
    events = bench.run(stop_later)
    assert time.monotonic() - asked[0] < 5
    assert of(events, StageStopped), events
    folder = bench.job().model_folder
    assert not folder.exists()
    kept = sum(path.stat().st_size for path in folder.with_name(folder.name + ".part").glob(f"{BIG}*"))
    assert kept > 0
    hub.sent.clear()
    assert of(bench.run(), StageFinished)
    assert (folder / BIG).read_bytes() == FILES[BIG]
    missing = len(FILES[BIG]) - kept  # type: ignore[arg-type]
    assert missing <= hub.sent[BIG] <= missing + CHUNK  # one may still have been on its way to the ended process


def test_a_failure_is_the_stages_own(tmp_path: Path, hub: HubServer) -> None:
    hub.repositories["models", MODEL].gated = True
    failed = of(Bench(tmp_path, hub, "huggingface").run(), StageFailed)
    assert [event.code for event in failed if isinstance(event, StageFailed)] == ["hub_refused"]


def test_a_repository_that_is_no_model(tmp_path: Path, hub: HubServer) -> None:
    del hub.repositories["models", MODEL].files["config.json"]
    failed = of(Bench(tmp_path, hub, "modelscope").run(), StageFailed)
    assert [event.code for event in failed if isinstance(event, StageFailed)] == ["model_no_config"]


def test_two_projects_at_once_fetch_once(tmp_path: Path, hub: HubServer) -> None:
    hub.faults = [Fault(BIG, times=1, pause=0.05)]
    ended: list[list[Event]] = []
    benches = [Bench(tmp_path, hub, "huggingface", name) for name in ("one", "two")]
    threads = [threading.Thread(target=lambda bench=bench: ended.append(bench.run())) for bench in benches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [len(of(events, StageFinished)) for events in ended] == [1, 1]
    assert hub.sent[BIG] == len(FILES[BIG])  # type: ignore[arg-type]
