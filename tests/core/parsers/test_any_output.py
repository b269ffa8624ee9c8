"""No output, however broken or cut, makes a parser raise; where the bytes are cut changes nothing."""

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.events import Event, Progress
from core.parsers.convert import Convert
from core.parsers.docker_pull import DockerPull
from core.parsers.failures import diagnose, silent_failure
from core.parsers.imatrix import Imatrix
from core.parsers.ninja import Ninja
from core.parsers.parser import Parser
from core.parsers.quantize import Quantize
from core.parsers.swift_infer import SwiftInfer
from core.parsers.tqdm import Tqdm
from core.parsers.training import LoggingJsonl, TrainingEvents
from core.parsers.uv import Uv
from core.process.lines import LineSplitter

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"
PARSERS: list[Callable[[], Parser]] = [
    lambda: LoggingJsonl("s"),
    lambda: TrainingEvents("s"),
    lambda: Tqdm("s"),
    lambda: Ninja("s"),
    lambda: Quantize("s"),
    lambda: Convert("s"),
    lambda: Imatrix("s"),
    lambda: Uv("s"),
    lambda: SwiftInfer("s", "m"),
    lambda: DockerPull("s"),
]
RECORDED = {
    "quantize_Q4_K_M.txt": PARSERS[4],
    "convert_f16.stderr.txt": PARSERS[5],
    "merge.stderr.txt": PARSERS[2],
    "infer.stderr.txt": PARSERS[8],
    "lora.logging.jsonl": PARSERS[0],
}
KNOWN_LINES = sorted(
    {line[:300] for path in TRANSCRIPTS.rglob("*.*") for line in path.read_text(encoding="utf-8").splitlines()[::7]}
)
LINES = st.one_of(
    st.text(max_size=200),
    st.sampled_from(KNOWN_LINES),
    st.builds(lambda a, b, cut: a[:cut] + b[cut:], *[st.sampled_from(KNOWN_LINES)] * 2, st.integers(0, 200)),
    st.from_regex(r"\[ *\d{1,40}/ *\d{1,40}\] .{0,20}", fullmatch=True),
    st.from_regex(r'\{"ev": "(step|log|begin|save|end)", "step": [-0-9."eE]{1,30}.{0,20}\}', fullmatch=True),
)


@pytest.mark.parametrize("make", PARSERS)
@settings(max_examples=60, deadline=None)
@given(lines=st.lists(LINES, max_size=12))
def test_no_line_raises(make: Callable[[], Parser], lines: list[str]) -> None:
    parser = make()
    for line in lines:
        for event in parser.feed(line):
            assert event.model_dump_json()
            if isinstance(event, Progress) and event.eta_seconds is not None:
                assert event.eta_seconds >= 0


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(LINES, max_size=30), stage=st.sampled_from(["train", "build_llama_cpp", "push_ollama", ""]))
def test_no_line_makes_the_diagnosis_raise(lines: list[str], stage: str) -> None:
    diagnose(lines, stage)
    silent_failure(lines, stage)


@pytest.mark.parametrize("name", RECORDED)
@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 5000), max_size=40))
def test_cuts_change_nothing(name: str, cuts: list[int]) -> None:
    data = (TRANSCRIPTS / name).read_bytes()
    places = [0, *sorted({cut * 7919 % len(data) for cut in cuts}), len(data)]
    chunks = [data[start:end] for start, end in itertools.pairwise(places)]
    assert _untimed(RECORDED[name](), chunks) == _untimed(RECORDED[name](), [data])


def _untimed(parser: Parser, chunks: Iterable[bytes]) -> list[Event]:
    """The events without their times left, which depend on the clock."""
    splitter = LineSplitter()
    lines = [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.close()
    events = [event for line in lines for event in parser.feed(line.text)]
    return [
        event.model_copy(update={"eta_seconds": None}) if isinstance(event, Progress) else event for event in events
    ]


@pytest.mark.parametrize(
    "line", ["9" * 60_000, "[" * 60_000, "%|" * 30_000, " " * 60_000, "[1]" * 20_000, "'" * 60_000]
)
@pytest.mark.parametrize("make", PARSERS)
def test_long_lines_take_no_long_time(make: Callable[[], Parser], line: str) -> None:
    list(make().feed(line))
    diagnose([line] * 20, "train")
