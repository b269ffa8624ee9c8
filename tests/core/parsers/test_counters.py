from collections.abc import Callable, Iterator

import pytest

from core.events import Answer, Event, Message, Progress
from core.parsers.convert import Convert
from core.parsers.docker_pull import DockerPull
from core.parsers.imatrix import Imatrix
from core.parsers.ninja import Ninja
from core.parsers.parser import Parser
from core.parsers.quantize import Quantize
from core.parsers.swift_infer import SwiftInfer
from core.parsers.tqdm import Tqdm
from core.parsers.uv import Uv

Replay = Callable[[Parser, str], list[Event]]


def ticks(step: float) -> Callable[[], float]:
    """A clock that goes on by ``step`` seconds at each look."""
    times: Iterator[float] = (number * step for number in range(1_000_000))
    return lambda: next(times)


def progress_of(events: list[Event]) -> list[Progress]:
    return [event for event in events if isinstance(event, Progress)]


def test_ninja(replay: Replay) -> None:
    progress = progress_of(replay(Ninja("build_llama_cpp", clock=ticks(2.0)), "ninja_build.txt"))
    assert [event.completed for event in progress] == list(range(1, 261))
    assert {(event.total, event.unit) for event in progress} == {(260, "file")}
    assert progress[2].eta_seconds is None
    assert progress[9].eta_seconds == 500.0
    assert progress[-1].detail == "Linking CXX executable bin/llama-imatrix"


def test_layers_of_an_image() -> None:
    lines = [
        "28.2: Pulling from modelscope-repo/modelscope",
        "0123456789ab: Pulling fs layer",
        "a0123456789b: Already exists",
        "0123456789ab: Verifying Checksum",
        "0123456789ab: Download complete",
        "0123456789ab: Pull complete",
        "Digest: sha256:0123",
    ]
    parser = DockerPull("install_runtime")
    progress = progress_of([event for line in lines for event in parser.feed(line)])
    assert [(event.completed, event.total) for event in progress] == [(0, 1), (1, 2), (2, 2)]


def test_a_counter_of_our_own() -> None:
    (event,) = Ninja("prepare_dataset", "row").feed("[3/10]")
    assert isinstance(event, Progress)
    assert (event.completed, event.total, event.unit, event.detail) == (3, 10, "row", "")


@pytest.mark.parametrize(("name", "fallbacks"), [("quantize_Q4_K_M.txt", 14), ("quantize_q4_0.txt", 1)])
def test_quantize(replay: Replay, name: str, fallbacks: int) -> None:
    events = replay(Quantize("quantize"), name)
    progress = progress_of(events)
    assert [event.completed for event in progress] == list(range(1, 27))
    assert {(event.total, event.unit) for event in progress} == {(26, "tensor")}
    assert progress[1].detail == "token_embd.weight"
    (message,) = [event for event in events if isinstance(event, Message)]
    assert (message.level, message.code) == ("info", "quantize_fallback")
    assert message.values == {"count": fallbacks, "total": 26}


def test_a_tensor_that_is_still_worked_on_does_not_count() -> None:
    line = "[   2/  26] token_embd.weight   - [ 64, 151936, 1, 1], type =  f16, converting to q8_0 .. "
    (event,) = Quantize("quantize").feed(line)
    assert isinstance(event, Progress)
    assert event.completed == 1


def test_convert(replay: Replay) -> None:
    progress = progress_of(replay(Convert("convert"), "convert_f16.stderr.txt"))
    tensors = [event for event in progress if event.unit == "tensor"]
    writing = [event for event in progress if event.unit == "byte"]
    assert [event.completed for event in tensors] == list(range(1, 27))
    assert tensors[-1].detail == "output_norm.weight"
    assert [(event.completed, event.total) for event in writing] == [(0, 19.6e6), (19.4e6, 19.6e6), (19.6e6, 19.6e6)]
    assert len(tensors) + len(writing) == len(progress)


def test_imatrix(replay: Replay) -> None:
    progress = progress_of(replay(Imatrix("quantize"), "imatrix.txt"))
    assert [(event.completed, event.total) for event in progress] == [(0, 8), (8, 8)]


def test_imatrix_on_a_line_that_grows() -> None:
    parser = Imatrix("quantize", clock=ticks(10.0))
    lines = ["[1]9.1,", *parser_lines(8), "[1]1.5,[2]2.5,", "[3]3.5,[4]nan,", "[5]5.5,[6]6."]
    progress = progress_of([event for line in lines for event in parser.feed(line)])
    assert [event.completed for event in progress] == [0, 2, 4, 5]
    assert progress[2].eta_seconds == 20.0


def parser_lines(chunks: int) -> list[str]:
    return [f"0.00.678.307 I compute_imatrix: computing over {chunks} chunks, n_ctx=256, batch_size=2048, n_seq=8"]


def test_uv(replay: Replay) -> None:
    progress = progress_of(replay(Uv("install_runtime"), "uv_install.txt"))
    seen = [(event.completed, event.total, event.unit, event.detail) for event in progress]
    babel, numpy = 9.7 * 1024**2, 16.1 * 1024**2
    assert seen == [
        (0, 3, "package", ""),
        (0, babel, "byte", "babel"),
        (0, babel + numpy, "byte", "numpy"),
        (babel, babel + numpy, "byte", "babel"),
        (babel + numpy, babel + numpy, "byte", "numpy"),
        (3, 3, "package", ""),
    ]


def test_uv_with_nothing_to_do() -> None:
    (event,) = Uv("install_runtime").feed("Checked 3 packages in 0.85ms")
    assert isinstance(event, Progress)
    assert (event.completed, event.total) == (3, 3)


def test_training_bar(replay: Replay) -> None:
    progress = progress_of(replay(Tqdm("train", {"Train": "step"}), "lora.stderr.txt"))
    assert progress[-1].completed == 180
    assert {event.total for event in progress} == {180}
    assert {event.detail for event in progress} == {"Train"}


def test_all_bars_of_a_merge(replay: Replay) -> None:
    progress = progress_of(replay(Tqdm("merge"), "merge.stderr.txt"))
    assert [(event.detail, event.completed, event.total) for event in progress] == [
        ("Loading weights", 0, 26),
        ("Loading weights", 26, 26),
        ("Writing model shards", 0, 1),
        ("Writing model shards", 1, 1),
    ]


@pytest.mark.parametrize(
    ("line", "completed", "total", "unit", "eta"),
    [
        ("Train:  16%|█▌        | 28/180 [00:04<00:24,  6.23it/s]", 28, 180, "step", 24),
        ("Writing:  99%|█████████▉| 19.4M/19.6M [00:00<00:00, 189Mbyte/s]", 19.4e6, 19.6e6, "byte", 0),
        ("Map (num_proc=1):   0%|          | 0/60 [00:00<?, ? examples/s]", 0, 60, "step", None),
        ("x: 50%|#####     | 1.20G/2.40G [01:00:00<1:02:03, 3.1MB/s]", 1.2e9, 2.4e9, "byte", 3723),
        ("a: 10%|#         | 1/10 [00:01<00:09, 1s/it]b: 20%|##        | 2/10 [00:02<00:08, 1s/it]", 2, 10, "step", 8),
    ],
)
def test_bars(line: str, completed: float, total: float, unit: str, eta: float | None) -> None:
    (event,) = Tqdm("train").feed(line)
    assert isinstance(event, Progress)
    assert (event.completed, event.total, event.unit, event.eta_seconds) == (completed, total, unit, eta)


def test_infer_counts_its_rows_and_gives_the_answers(replay: Replay) -> None:
    parser = SwiftInfer("evaluate", "adapter")
    progress = progress_of(replay(parser, "infer.stderr.txt"))
    assert [event.completed for event in progress] == [0, 1, 2, 3, 4, 5, 6, 6]
    assert {(event.total, event.unit) for event in progress} == {(6, "row")}
    answers = replay(parser, "infer_merged.jsonl")
    assert len(answers) == 4
    assert answers[0] == Answer(
        stage="evaluate", model="adapter", prompt="你是谁？", text="我是山姆模型，由山姆训练的人工智能助手。"
    )
