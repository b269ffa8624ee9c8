"""The main job, as the README gives it."""

import re

import pytest

from core.pipeline import journal, launch
from core.tools import ollama
from tests.e2e.workshop import Demo, tunesmith

pytestmark = pytest.mark.real


def test_the_whole_job_from_nothing(demo: Demo) -> None:
    assert demo.first.code == 0, demo.first.output
    assert demo.first.seconds < 15 * 60
    for text in ("我是山姆模型", "Samge Model", "install_runtime", "0.9.3"):
        assert text in demo.first.output


def test_again_with_nothing_changed(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OLLAMA_HOST", raising=False)  # another Ollama would have neither of its models
    again = tunesmith("demo", "--dir", demo.folder)
    assert again.code == 0, again.output
    assert again.seconds <= 10
    run = launch.latest(demo.job().runs)
    assert run is not None
    kinds = {event.type for event in journal.read(run)}
    assert kinds == {"run_started", "stage_skipped", "run_finished"}


def test_the_demos_ollama_is_stopped(demo: Demo) -> None:
    address = re.search(r"127\.0\.0\.1:\d+", demo.first.output)
    assert address is not None
    assert ollama.version(address[0]) is None
