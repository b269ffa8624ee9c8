import json
from collections.abc import Callable

import pytest

from core.events import Event, Message, Metrics, Progress
from core.parsers.parser import Parser
from core.parsers.training import LoggingJsonl, TrainingEvents

Replay = Callable[[Parser, str], list[Event]]


def test_logging_jsonl_gives_every_log_and_evaluation(replay: Replay) -> None:
    events = replay(LoggingJsonl("train"), "lora.logging.jsonl")
    progress = [event for event in events if isinstance(event, Progress)]
    metrics = [event for event in events if isinstance(event, Metrics)]
    assert [event.completed for event in progress] == [1, *range(5, 181, 5)]
    assert progress[-1].total == 180
    assert progress[-1].eta_seconds == 0.0
    assert [event.step for event in metrics if "eval_loss" in event.values] == [40, 80, 120, 160, 180]
    losses = [event.values["loss"] for event in metrics if "loss" in event.values]
    assert len(losses) == 37
    assert losses[0] == 1.39971757
    assert losses[-1] == 0.06301934
    assert metrics[0].values.keys() == {"loss", "grad_norm", "learning_rate", "token_acc", "epoch", "seconds_per_step"}
    assert len(events) == len(progress) + len(metrics)


def test_logging_jsonl_tells_the_time_left_after_the_first_steps() -> None:
    parser = LoggingJsonl("train")
    eta = {}
    for step, speed in ((41, 9.0), (42, 9.0), (45, 2.0), (50, 2.0)):  # resumed at 40: the first steps are slow
        line = json.dumps({"loss": 1.0, "global_step/max_steps": f"{step}/180", "train_speed(s/it)": speed})
        (progress, _) = parser.feed(line)
        assert isinstance(progress, Progress)
        eta[step] = progress.eta_seconds
    assert eta == {41: None, 42: None, 45: 270.0, 50: 260.0}


def test_memory_is_renamed() -> None:
    line = json.dumps({"loss": 1.0, "memory(GiB)": 21.5, "global_step/max_steps": "5/9"})
    metrics = list(LoggingJsonl("train").feed(line))[-1]
    assert isinstance(metrics, Metrics)
    assert metrics.values == {"loss": 1.0, "memory": 21.5}
    assert metrics.max_steps == 9


def test_a_loss_that_is_no_number_warns_once_and_stays_out_of_the_journal() -> None:
    parser = LoggingJsonl("train")
    line = '{"loss": NaN, "grad_norm": Infinity, "epoch": 1.0, "global_step/max_steps": "7/9"}'
    events = [*parser.feed(line), *parser.feed(line)]
    assert [event.code for event in events if isinstance(event, Message)] == ["loss_not_finite"]
    assert not [event for event in events if isinstance(event, Metrics)]


def test_plugin_events(replay: Replay) -> None:
    events = replay(TrainingEvents("train"), "plugin_events.jsonl")
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event.completed for event in progress] == [0, *range(1, 13), 12]
    assert {event.total for event in progress} == {12}
    assert [event.eta_seconds is None for event in progress[:5]] == [True, True, True, False, False]
    assert progress[4].eta_seconds == pytest.approx(8 * 1.3 / 4)
    saved = [event.values for event in events if isinstance(event, Message)]
    assert [(values["step"], str(values["path"]).rpartition("/")[2]) for values in saved] == [
        (6, "checkpoint-6"),
        (12, "checkpoint-12"),
    ]
    assert {event.code for event in events if isinstance(event, Message)} == {"checkpoint_saved"}
    metrics = [event for event in events if isinstance(event, Metrics)]
    assert [(event.step, "eval_loss" in event.values) for event in metrics] == [
        (1, False),
        (4, False),
        (6, True),
        (8, False),
        (12, False),
        (12, True),
    ]


def test_a_resumed_training_counts_only_its_own_steps(replay: Replay) -> None:
    events = replay(TrainingEvents("train"), "plugin_events_resumed.jsonl")
    first = events[0]
    assert isinstance(first, Progress)
    assert (first.completed, first.total) == (6, 12)
    assert isinstance(events[1], Message)
    assert (events[1].code, events[1].values) == ("training_resumed", {"step": 6})
    at_nine = next(event for event in events if isinstance(event, Progress) and event.completed == 9)
    assert at_nine.eta_seconds == pytest.approx(3 * 0.9 / 3)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "7",
        '{"ev": "step"}',
        '{"ev": "step", "step": "x"}',
        '{"ev": ["step"], "step": {}}',
        '{"ev": "log", "step": true, "loss": 1}',
        '{"loss": 1, "global_step/max_steps": "1"}',
        '{"loss": 1, "global_step/max_steps": null}',
        '{"train_loss": 1, "global_step/max_steps": "9/9"}',
        "[" * 5000,
    ],
)
def test_other_lines_give_nothing(line: str) -> None:
    assert list(LoggingJsonl("train").feed(line)) == []
    assert list(TrainingEvents("train").feed(line)) == []
