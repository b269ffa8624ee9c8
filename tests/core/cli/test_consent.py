"""The question before what nothing can check is used."""

import io
import sys
from pathlib import Path

import pytest

from core.cli import consent
from core.cli.consent import with_consent
from core.cli.console import Console
from core.config.project import TuneProject
from core.config.settings import Settings
from core.stages.job import Job
from core.tools.sources import source


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _ask(monkeypatch: pytest.MonkeyPatch, answer: str, *, live: bool = True, allowed: bool = False) -> Settings:
    monkeypatch.setattr(consent, "unverified", lambda _: (source("torch-cu130"),))
    monkeypatch.setattr(Console, "live", live)
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    return with_consent(Job(TuneProject(), Settings(), Path("p")), Console("en"), allowed=allowed)


@pytest.mark.parametrize(
    ("answer", "allowed"), [("y\n", True), ("是\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_the_answer_holds_for_this_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, allowed: bool
) -> None:
    assert _ask(monkeypatch, answer).allow_unverified is allowed
    said = capsys.readouterr()
    assert "https://download.pytorch.org/whl/cu130" in said.out + said.err


def test_without_a_terminal_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not _ask(monkeypatch, "y\n", live=False).allow_unverified
    assert _ask(monkeypatch, "n\n", live=False, allowed=True).allow_unverified
    assert capsys.readouterr().out == ""
