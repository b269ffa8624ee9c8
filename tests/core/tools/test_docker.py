"""What Docker says, and what is made of it; the quoted texts are those of Docker 28 and Docker Desktop."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.events import StageError
from core.platform import WINDOWS
from core.tools import docker
from tests.stand_ins.inner import install

pytestmark = pytest.mark.skipif(WINDOWS, reason="the programs of these tests are scripts")
Saying = Callable[..., None]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "docker_not_running",
        ),
        (
            'error during connect: Get "http://%2F%2F.%2Fpipe%2Fdocker_engine/v1.50/version": open '  # noqa: ISC004
            "//./pipe/docker_engine: The system cannot find the file specified.",
            "docker_not_running",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            "docker_permission",
        ),
        ("The command 'docker' could not be found in this WSL 2 distro.", "docker_not_in_wsl"),
        ("something new", "docker_failed"),
    ],
)
def test_an_engine_that_cannot_be_used(program: Saying, said: str, code: str) -> None:
    program("docker", said, 1)
    with pytest.raises(StageError) as caught:
        docker.check("an-image")
    assert caught.value.code == code


def test_an_engine(program: Saying) -> None:
    program("docker", "28.2.2 linux")
    assert docker.engine() == docker.Engine("28.2.2", "linux")


def test_windows_containers(program: Saying) -> None:
    program("docker", "28.2.2 windows")
    with pytest.raises(StageError, match="docker_windows_containers"):
        docker.engine()


def test_no_docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StageError, match="docker_missing"):
        docker.engine()
    assert not docker.has_image("an-image")


def test_no_image_is_named() -> None:
    with pytest.raises(StageError) as caught:
        docker.check("")
    assert caught.value.code == "docker_image_empty"
    assert str(caught.value.values["image"]).endswith("swift4.4.3")


def test_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in install(tmp_path / "engine", "docker").items():
        monkeypatch.setenv(name, value)
    assert not docker.has_image("an-image")
    (tmp_path / "engine" / "state" / "image an-image").touch()
    assert docker.has_image("an-image")
    assert docker.pull("repo/img:1").argv == ("docker", "pull", "repo/img:1")
