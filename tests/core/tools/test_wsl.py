"""What WSL says, and what is made of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.events import StageError
from core.platform import WINDOWS
from core.tools import wsl
from core.tools.wsl import Distribution

pytestmark = pytest.mark.skipif(WINDOWS, reason="the programs of these tests are scripts")
Saying = Callable[..., None]

LIST = """\
  NAME                   STATE           VERSION
* Ubuntu                 Running         2
  docker-desktop         Stopped         2
  Ubuntu-22.04           Stopped         1
"""
GERMAN = "  NAME      STATUS             VERSION\n* Debian    Wird ausgeführt    2\n"


def test_the_list_of_distributions() -> None:
    assert wsl.read_list(LIST) == (
        Distribution("Ubuntu", 2, default=True),
        Distribution("docker-desktop", 2, default=False),
        Distribution("Ubuntu-22.04", 1, default=False),
    )
    assert wsl.read_list(GERMAN) == (Distribution("Debian", 2, default=True),)


@pytest.mark.parametrize(
    ("name", "found"), [("", "Ubuntu"), ("ubuntu", "Ubuntu"), ("docker-desktop", "docker-desktop")]
)
def test_the_chosen_one(program: Saying, name: str, found: str) -> None:
    program("wsl.exe", LIST)
    assert wsl.chosen(name).name == found


@pytest.mark.parametrize(("name", "code"), [("Ubuntu-22.04", "wsl_version_1"), ("Arch", "wsl_distribution_unknown")])
def test_one_that_cannot_be_used(program: Saying, name: str, code: str) -> None:
    program("wsl.exe", LIST)
    with pytest.raises(StageError) as caught:
        wsl.check(name, "python3", gpu=False)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Error code: Wsl/WSL_E_DEFAULT_DISTRO_NOT_FOUND", "wsl_no_distribution"),
        ("Error code: Wsl/Service/CreateInstance/CreateVm/HCS/0x80370102", "wsl_virtualization_off"),
        ("Error code: Wsl/0x8007019e", "wsl_missing"),
        ("something new", "wsl_failed"),
    ],
)
def test_wsl_that_does_not_work(program: Saying, said: str, code: str) -> None:
    program("wsl.exe", said, 255)
    with pytest.raises(StageError) as caught:
        wsl.distributions()
    assert caught.value.code == code


def test_an_old_one_that_speaks_utf_16(program: Saying) -> None:
    program("wsl.exe", "\0".join(LIST))
    assert wsl.distributions()[0].name == "Ubuntu"


def test_python_and_gpu(program: Saying, tmp_path: Path) -> None:
    program("wsl.exe", f"{LIST}No module named 'swift'", script='case "$*" in *swift*) exit 1;; esac')
    with pytest.raises(StageError) as caught:
        wsl.check("", "/home/me/bin/python", gpu=True)
    assert (caught.value.code, caught.value.values["python"]) == ("wsl_python_unfit", "/home/me/bin/python")
    program("wsl.exe", LIST)
    with pytest.raises(StageError, match="wsl_gpu_missing"):
        wsl.check("", "python3", gpu=True)
    wsl.check("", "python3", gpu=False)
    program("wsl.exe", f"{LIST}GPU 0: NVIDIA GeForce RTX 3090")
    wsl.check("", "python3", gpu=True)


def test_no_wsl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StageError, match="wsl_missing"):
        wsl.distributions()
