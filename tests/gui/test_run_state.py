"""What a run has told, from a recorded one."""

from core.events import Event, Metrics, Progress, RunStarted, StageFailed, StageFinished, StageStarted
from gui.run_state import RunState
from gui.run_words import log_words, stage_note, time_words
from gui.wizard.state import WizardState
from tests.gui.run_fixtures import recorded


def begun(*stages: str) -> RunState:
    run = RunState()
    run.feed(RunStarted(run_id="r", project="p", stages=stages, pid=1, create_time=0, version="0", time=1000.0))
    return run


def told(events: list[Event]) -> RunState:
    run = RunState()
    for event in events:
        run.feed(event)
    return run


def test_a_recorded_run_is_done_with_all_that_it_made() -> None:
    run = told(recorded())
    assert run.status == "done"
    assert {row.state for row in run.stages.values()} == {"done"}
    assert run.series["loss"][0] == (1.0, 2.712358)
    assert [step for step, _ in run.series["eval_loss"]] == [50, 100, 150, 200, 250, 270]
    assert run.max_steps == 270
    assert [made.name for made in run.artifacts("convert")] == ["model-f16.gguf"]
    assert len(run.answers) == 9


def test_a_stage_is_followed_by_its_first_unit() -> None:
    run = begun("install_runtime")
    run.feed(StageStarted(stage="install_runtime", fingerprint="f"))
    run.feed(Progress(stage="install_runtime", completed=30, total=120, unit="package"))
    run.feed(Progress(stage="install_runtime", completed=9, total=10, unit="byte", detail="torch"))
    row = run.stages["install_runtime"]
    assert row.fraction == 0.25
    assert row.detail == "torch"


def test_a_training_that_goes_on_from_a_checkpoint_draws_no_step_twice() -> None:
    run = begun("train")
    for step, loss in ((5, 2.0), (10, 1.5), (15, 1.2), (10, 1.4), (15, 1.1)):
        run.feed(Metrics(stage="train", step=step, values={"loss": loss}))
    assert run.series["loss"] == [(5, 2.0), (10, 1.4), (15, 1.1)]


def test_a_run_that_was_cut_off_leaves_no_stage_running() -> None:
    run = begun("train", "merge")
    run.feed(StageStarted(stage="train", fingerprint="f"))
    assert run.current is not None
    run.end("interrupted", 5.0)
    assert [row.state for row in run.stages.values()] == ["interrupted", "waiting"]


def test_words_of_stages(state: WizardState) -> None:
    run = begun("train", "merge", "convert")
    run.feed(StageStarted(stage="train", fingerprint="f"))
    run.feed(Progress(stage="train", completed=331, total=843, eta_seconds=4080))
    assert stage_note(run.stages["train"], state) == "331 of 843 steps · about 1 h 8 min left"
    assert stage_note(run.stages["merge"], state) == ""
    run.feed(StageFinished(stage="merge", fingerprint="f", seconds=125))
    assert stage_note(run.stages["merge"], state) == "done · 2 min"
    failed = StageFailed(stage="convert", code="disk_space", values={"needed": 2e9, "free": 1e9, "path": "/x"})
    run.feed(failed)
    assert run.failed is run.stages["convert"]
    assert "2.0 GB are needed" in log_words(failed, state)
    state.settings = state.settings.model_copy(update={"language": "zh"})
    assert stage_note(run.stages["merge"], state) == "完成 · 2 分钟"


def test_time_in_words(state: WizardState) -> None:
    assert [time_words(seconds, state) for seconds in (0.4, 59.4, 59.6, 3599, 7261)] == [
        "0 s",
        "59 s",
        "1 min",
        "1 h 0 min",
        "2 h 1 min",
    ]
