"""The settings of this computer."""

import os
from pathlib import Path

import pytest

from core.config.settings import RuntimeSettings, Settings


def test_a_path_may_begin_with_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    settings = Settings(work_dir="~/work", runtime=RuntimeSettings(python="~/own/bin/python"))
    assert settings.work_folder == (tmp_path / "work").resolve()
    assert settings.runtime.given == tmp_path / "own" / "bin" / "python"


@pytest.mark.skipif(os.name == "nt", reason="Windows looks for no user's name behind a ~")
def test_a_name_may_begin_like_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(work_dir="~nobody-of-this-name", runtime=RuntimeSettings(python="~nobody-of-this-name/python"))
    assert settings.work_folder.name == "~nobody-of-this-name"
    assert settings.runtime.given == Path.cwd() / "~nobody-of-this-name" / "python"


def test_the_link_into_an_environment_is_kept(tmp_path: Path) -> None:
    link = tmp_path / "python"
    try:
        link.symlink_to(tmp_path / "elsewhere")
    except OSError:
        pytest.skip("links need a privilege there")
    assert RuntimeSettings(python=str(link)).given == link


def test_no_environment_is_given() -> None:
    assert RuntimeSettings().given is None
