"""The state that all pages share. Without Qt."""

from pathlib import Path

import pytest

from core.config.project import TuneProject
from core.config.settings import load_settings
from core.config.store import ProjectInvalidError, load
from gui.wizard.state import WizardState, new_project


def test_a_change_tells_which_section(state: WizardState) -> None:
    told: list[frozenset[str]] = []
    end = state.subscribe(told.append)
    state.change(lora={"lora_rank": 16}, model={"model": ""})
    assert state.project.lora.lora_rank == 16
    assert told == [{"lora"}]
    end()
    state.change(lora={"lora_rank": 8})
    assert len(told) == 1


def test_what_cannot_be_changes_nothing(state: WizardState) -> None:
    with pytest.raises(ProjectInvalidError):
        state.change(lora={"lora_rank": 0})
    assert state.project == new_project()


def test_a_new_project_gets_a_name_that_is_free(state: WizardState) -> None:
    first = state.target
    assert first.name == "project-1.tunesmith"
    state.change(ollama={"name": "it"})
    assert [state.is_changed, state.save(), state.is_changed] == [True, first, False]
    state.begin(TuneProject())
    assert state.target.name == "project-2.tunesmith"
    assert load(first).ollama.name == "it"


def test_recent_projects_are_kept(state: WizardState, tmp_path: Path) -> None:
    for name in ("a", "b", "a"):
        state.begin(TuneProject())
        state.save(tmp_path / f"{name}.tunesmith")
    assert [Path(name).stem for name in load_settings().recent] == ["a", "b"]


def test_the_check_is_of_the_project_as_it_is_now(state: WizardState) -> None:
    state.take_look(state.looking()())
    assert [problem.code for problem in state.problems("model")] == ["model_empty"]
    state.change(model={"source": "sample"})
    assert not state.is_checked
    state.take_look(state.looking()())
    assert state.problems("model") == []


def test_texts_come_in_the_chosen_language(state: WizardState) -> None:
    assert state.say("Epochs") == "Epochs"
    state.change_settings(language="zh")
    assert state.say("Epochs") != "Epochs"
    assert state.sentence("model_empty") != "model_empty"
