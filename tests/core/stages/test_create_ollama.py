"""create_ollama and push_ollama: several quantization types as tags of one name, against a stand-in for Ollama."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from core.config.project import TuneProject
from core.config.settings import RuntimeSettings, Settings
from core.config.store import with_values
from core.events import Event, Progress
from core.pipeline.plan import make_job
from core.process.command import HostPath
from core.process.stop import StopFile
from core.process.target import LocalTarget
from core.stages.base import Stage, StageContext
from core.stages.create_ollama import CreateOllama, models, tag_problems
from core.stages.job import Job
from core.stages.push_ollama import PushOllama
from tests.core.fake_ollama import FakeOllama
from tests.core.stages.test_create_base import folder

__all__ = ["folder"]  # a fixture
TYPES = ("Q4_K_M", "Q8_0", "Q4_0")
MakeJob = Callable[..., Job]


@pytest.fixture
def make(folder: Path, fake_ollama: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> MakeJob:
    """Makes a job whose GGUFs are there, on the stand-in for Ollama."""
    monkeypatch.setenv("OLLAMA_HOST", fake_ollama.address)

    def job(*kinds: str, name: str = "me/it", **ollama: Any) -> Job:  # noqa: ANN401 - any setting
        project = with_values(
            TuneProject(),
            model={"model": str(folder)},
            export={"quantizations": kinds or TYPES},
            ollama={"name": name, **ollama},
        )
        settings = Settings(work_dir=str(folder.parent / "work"), runtime=RuntimeSettings(profile="cpu"))
        made = make_job(folder.parent / "p.tunesmith", project, settings, by_hand=folder.parent / "out")
        for kind in TYPES:
            write_gguf(made.gguf(kind), kind)
        return made

    return job


def write_gguf(path: Path, kind: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_chat_template("{{ messages }}")
    writer.add_name(kind)
    writer.add_tensor("t", np.ones((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def context(job: Job, stage: Stage, events: list[Event] | None = None) -> StageContext:
    into = job.folder(stage.name)
    into.mkdir(parents=True, exist_ok=True)
    emit = (events if events is not None else []).append
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731
    return StageContext(
        job, stage, into, emit, LocalTarget(), StopFile(into / "stop"), into / "log", "run", nothing, nothing
    )


def run(job: Job, stage: Stage, events: list[Event] | None = None) -> StageContext:
    ctx = context(job, stage, events)
    stage.run(ctx)
    return ctx


def uploads(fake: FakeOllama) -> int:
    return sum(request == ("POST", path) for request in fake.requests for path in [request[1]] if "/blobs/" in path)


def test_each_type_is_a_tag_and_the_name_is_the_first(make: MakeJob, fake_ollama: FakeOllama) -> None:
    job = make()
    events: list[Event] = []
    ctx = run(job, CreateOllama(), events)
    made = fake_ollama.models
    assert made.keys() == {"me/it:latest", "me/it:q4_k_m", "me/it:q8_0", "me/it:q4_0"}
    assert made["me/it:latest"] == made["me/it:q4_k_m"]
    assert len(set(made.values())) == 3
    assert uploads(fake_ollama) == 3
    assert {item.path: item.sha256 for item in ctx.made} == made
    assert sum(item.size for item in ctx.made) == sum(job.gguf(kind).stat().st_size for kind in TYPES)
    assert CreateOllama().is_whole(job, ctx.made)
    assert [path.name for path in CreateOllama().artifacts(ctx)] == ["Modelfile", "Modelfile.Q4_0", "Modelfile.Q8_0"]
    assert {event.detail.split()[0] for event in events if isinstance(event, Progress)} == {
        "me/it",
        "me/it:q8_0",
        "me/it:q4_0",
    }


def test_one_more_type_adds_its_tag_and_leaves_the_others(make: MakeJob, fake_ollama: FakeOllama) -> None:
    before = run(make("Q4_K_M", "Q8_0"), CreateOllama()).made
    stood = dict(fake_ollama.models)
    more = make(*TYPES)
    assert more.fingerprints["create_ollama"] == make("Q4_K_M", "Q8_0").fingerprints["create_ollama"]
    assert CreateOllama().stands(more, before)  # so that nothing that was built on them is made again
    assert not CreateOllama().is_whole(more, before)
    fake_ollama.requests.clear()
    after = run(more, CreateOllama()).made
    assert uploads(fake_ollama) == 1
    assert stood.items() <= fake_ollama.models.items()
    assert CreateOllama().is_whole(more, after)


def test_a_tag_that_somebody_changed_is_made_again(make: MakeJob, fake_ollama: FakeOllama) -> None:
    made = run(make(), CreateOllama()).made
    fake_ollama.models["me/it:q8_0"] = "f" * 64
    assert not CreateOllama().is_whole(make(), made)
    assert CreateOllama().is_whole(make("Q4_K_M"), made)  # not wanted any more


@pytest.mark.parametrize(
    ("kinds", "settings", "names"),
    [
        (("Q8_0",), {}, {"me/it": "Q8_0"}),
        (TYPES, {"all_quantizations": False}, {"me/it": "Q4_K_M"}),
        (("Q4_0", "Q8_0"), {"name": "it:mine"}, {"it:mine": "Q4_0", "it:q4_0": "Q4_0", "it:q8_0": "Q8_0"}),
        (("Q4_0", "Q8_0"), {"name": "it:Q4_0"}, {"it:Q4_0": "Q4_0", "it:q8_0": "Q8_0"}),
    ],
)
def test_the_names(make: MakeJob, kinds: tuple[str, ...], settings: dict[str, Any], names: dict[str, str]) -> None:
    job = make(*kinds, **settings)
    assert models(job) == names
    assert list(tag_problems(job)) == []
    sizes = {kind: job.gguf(kind).stat().st_size for kind in names.values()}
    assert CreateOllama().ollama_bytes(job) == sum(sizes.values())


def test_a_tag_that_names_another_type_is_a_problem(make: MakeJob) -> None:
    (problem,) = tag_problems(make("Q4_0", "Q8_0", name="it:Q8_0"))
    assert (problem.field, problem.code) == ("ollama.name", "ollama_tag_of_other_type")
    assert problem.values == {"name": "it:Q8_0", "type": "Q8_0", "first": "Q4_0"}
    assert list(tag_problems(make("Q4_0", "Q8_0", name="it:Q8_0", all_quantizations=False))) == []


def test_a_failure_leaves_what_is_there_and_a_second_try_goes_on(make: MakeJob, fake_ollama: FakeOllama) -> None:
    job = make()
    fake_ollama.answers["/api/copy"] = (500, [{"error": "boom"}])
    with pytest.raises(Exception, match="ollama_error"):
        run(job, CreateOllama())
    assert fake_ollama.models.keys() == {"me/it:latest"}
    fake_ollama.answers.clear()
    fake_ollama.requests.clear()
    run(job, CreateOllama())
    assert len(fake_ollama.models) == 4
    assert uploads(fake_ollama) == 2


def test_the_script_makes_the_same(make: MakeJob) -> None:
    job = make("Q4_0", "Q8_0")
    commands = [
        [word for word in line.command.argv if not isinstance(word, HostPath)]
        for line in CreateOllama().script(job)
        if line.command
    ]
    assert commands == [
        ["ollama", "create", "me/it", "-f"],
        ["ollama", "cp", "me/it", "me/it:q4_0"],
        ["ollama", "create", "me/it:q8_0", "-f"],
    ]
    files = [line.file for line in CreateOllama().script(job) if line.file]
    assert [path.name for path, _ in files] == ["Modelfile", "Modelfile.Q8_0"]
    assert [str(job.gguf(kind)) in text for kind, (_, text) in zip(("Q4_0", "Q8_0"), files, strict=True)] == [True] * 2


def test_all_tags_are_pushed(make: MakeJob, fake_ollama: FakeOllama) -> None:
    job = make("Q4_0", "Q8_0")
    run(job, CreateOllama())
    fake_ollama.bodies.clear()
    made = run(job, PushOllama()).made
    assert [body["model"] for body in fake_ollama.bodies] == ["me/it", "me/it:q4_0", "me/it:q8_0"]
    assert [item.path for item in made] == ["me/it:latest", "me/it:q4_0", "me/it:q8_0"]
    pushed = [line.command.argv for line in PushOllama().script(job) if line.command]
    assert pushed == [("ollama", "push", name) for name in models(job)]
