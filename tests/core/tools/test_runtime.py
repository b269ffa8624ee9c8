"""The installation of the training runtime, as commands."""

import sys
from pathlib import Path

import pytest

from core.config.project import TuneProject
from core.config.settings import Mirrors, RuntimeSettings, Settings
from core.events import StageError
from core.process.command import Command, HostPath
from core.tools import python, runtime, uv
from core.tools.pip_settings import PipSettings
from core.tools.runtime import Profile, RuntimeSpec, runtime_spec
from core.tools.sources import source

NONE = PipSettings()
WHEELS = PipSettings(find_links=("/wheels",))


def _settings(work: Path, python: str = "", profile: Profile | None = None) -> Settings:
    return Settings(work_dir=str(work), runtime=RuntimeSettings(python=python, profile=profile or "auto"))


def _project(**sections: dict[str, object]) -> TuneProject:
    return TuneProject.model_validate(sections)


def _words(command: Command) -> str:
    return " ".join(str(token) for token in command.argv[1:])


def _no_detection() -> Profile:
    raise AssertionError("the GPUs need not be looked at")


def test_the_profile_is_what_the_gpus_want(tmp_path: Path) -> None:
    assert runtime_spec(_settings(tmp_path), _project(), lambda: "cu130").profile == "cu130"


@pytest.mark.parametrize(
    ("settings", "project", "profile"),
    [
        ({"profile": "cu126"}, {}, "cu126"),
        ({}, {"hardware": {"device": "cpu"}}, "cpu"),
        ({"python": "/own/bin/python"}, {}, "cpu"),
    ],
)
def test_or_what_the_user_wants(
    tmp_path: Path, settings: dict[str, object], project: dict[str, dict[str, object]], profile: str
) -> None:
    chosen = Settings(work_dir=str(tmp_path), runtime=RuntimeSettings.model_validate(settings))
    assert runtime_spec(chosen, _project(**project), _no_detection).profile == profile


def test_a_driver_that_is_too_old_is_the_callers_to_tell(tmp_path: Path) -> None:
    def too_old() -> Profile:
        raise StageError("driver_too_old")

    with pytest.raises(StageError):
        runtime_spec(_settings(tmp_path), _project(), too_old)


def test_extras_are_what_the_project_needs(tmp_path: Path) -> None:
    project = _project(export={"awq": True}, lora={"quant_bits": 4})
    spec = runtime_spec(_settings(tmp_path), project, lambda: "cpu")
    assert spec.extras == ("awq", "bnb")
    assert [path.name for path in spec.requirements] == ["runtime.txt", "runtime-awq.txt", "runtime-bnb.txt"]


def test_a_given_environment_is_used_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own" / "python"
    assert runtime_spec(_settings(tmp_path, python=str(own)), _project(), _no_detection).python == own


def test_each_kind_of_runtime_has_its_own_folder(tmp_path: Path) -> None:
    specs = [
        RuntimeSpec("cpu", (), tmp_path),
        RuntimeSpec("cu130", (), tmp_path),
        RuntimeSpec("cpu", ("bnb",), tmp_path),
        RuntimeSpec("cpu", ("awq", "bnb"), tmp_path),
    ]
    assert len({spec.folder for spec in specs}) == len(specs)
    assert specs[0].python.is_relative_to(specs[0].folder)


def test_the_fingerprint_follows_the_locks_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = RuntimeSpec("cpu", (), tmp_path)
    lock = tmp_path / "runtime.txt"
    monkeypatch.setattr(runtime, "requirement_file", lambda name: tmp_path / name)
    lock.write_bytes(b"a==1\n")
    first = runtime.fingerprint(spec)
    lock.write_bytes(b"a==1\r\n")  # as git may write it on Windows
    assert runtime.fingerprint(spec) == first
    lock.write_bytes(b"a==2\n")
    assert runtime.fingerprint(spec) != first


def test_the_whole_installation(tmp_path: Path) -> None:
    spec = RuntimeSpec("cpu", ("bnb",), tmp_path)
    lock, extra = spec.requirements
    steps = runtime.commands(spec, WHEELS)
    assert [_words(step[0]) for step in steps] == [
        f"venv --no-project --allow-existing --python {sys.executable} --no-python-downloads {spec.folder}",
        f"pip install --python {spec.python} torch=={source('torch-cpu').version}",
        f"pip install --python {spec.python} --requirements {lock}",
        f"pip check --python {spec.python}",
        f"pip install --python {spec.python} --requirements {extra} --no-deps",
    ]
    assert [len(step) for step in steps] == [1, 1, 1, 1, 1]
    assert all(step[0].env.get("UV_FIND_LINKS") == "/wheels" for step in (steps[1], steps[2], steps[4]))


def _torch_sources(
    profile: Profile, settings: PipSettings, *, mirrors: Mirrors = "none", allowed: bool = True
) -> list[str]:
    """What follows the requirement for PyTorch on each alternative's command line."""
    spec = RuntimeSpec(profile, (), Path("/work"), None, mirrors, allowed)
    before, after = f"pip install --python {spec.python} ", spec.torch
    return [
        _words(command).removeprefix(before).removesuffix(after).strip()
        for command in runtime.torch_step(spec, settings)
    ]


def _addresses(profile: Profile) -> list[str]:
    return [f"--{address.kind} {address.url}" for address in source(f"torch-{profile}").addresses]


def test_pytorch_without_cuda_comes_from_the_users_sources_alone() -> None:
    assert _torch_sources("cpu", WHEELS) == [""]
    assert _torch_sources("cpu", PipSettings(no_index=True)) == ["--no-index"]


def test_or_from_pytorch_and_last_from_the_default_index() -> None:
    assert _torch_sources("cpu", NONE) == [*_addresses("cpu"), ""]


def test_pytorch_for_cuda_comes_from_the_users_sources_first() -> None:
    assert _torch_sources("cu130", NONE) == _addresses("cu130")
    assert _torch_sources("cu130", WHEELS) == ["", *_addresses("cu130")]


def test_what_nothing_can_check_is_not_used_unless_the_user_allows_it() -> None:
    assert _torch_sources("cpu", NONE, allowed=False) == [""]
    assert _torch_sources("cu130", WHEELS, allowed=False) == [""]
    with pytest.raises(StageError) as caught:
        _torch_sources("cu130", NONE, allowed=False)
    assert caught.value.code == "source_unverified"
    assert str(caught.value.values["address"]).startswith("https://download.pytorch.org/")


def test_in_china_the_mirrors_come_first() -> None:
    original, *mirrored = _addresses("cu130")
    assert _torch_sources("cu130", NONE, mirrors="china") == [*mirrored, original]


@pytest.mark.parametrize("profile", ["cu126", "cu128", "cu130"])
def test_only_the_build_for_the_profile_will_do(profile: Profile) -> None:
    assert RuntimeSpec(profile, (), Path("/work")).torch.endswith(f"+{profile}")


def test_without_a_fitting_python_another_is_looked_for_and_then_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 15, 0))
    here, official, mirrored = runtime.environment_step(Path("/env"), "none")
    assert "--python >=3.11,<3.14 --no-python-downloads" in _words(here)
    assert f"--python {source('python').version} {Path('/env')}" in _words(official)
    assert "--no-python-downloads" not in _words(official)
    assert mirrored.env["UV_PYTHON_INSTALL_MIRROR"] == source("python").addresses[-1].url


def test_a_frozen_program_is_no_python(monkeypatch: pytest.MonkeyPatch) -> None:
    assert python.running_python() == Path(sys.executable)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert python.running_python() is None


def test_the_self_test_is_run_by_the_runtime() -> None:
    interpreter, script, *rest = runtime.self_test_command(HostPath(Path("/env/bin/python")), "cuda").argv
    assert str(interpreter) == str(Path("/env/bin/python"))
    assert Path(str(script)).is_file()
    assert rest == ["--device", "cuda"]


def test_the_program_that_installs_is_ours(tmp_path: Path) -> None:
    steps = runtime.commands(RuntimeSpec("cpu", (), tmp_path), NONE)
    assert {str(command.argv[0]) for step in steps for command in step} == {str(uv.find())}
