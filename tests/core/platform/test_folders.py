"""Where settings and work go."""

import sys
from pathlib import Path

import pytest

from core.platform.folders import config_folder, default_work_folder


def test_the_users_choice_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_CONFIG", str(tmp_path / "设 置"))
    assert config_folder() == tmp_path / "设 置"


@pytest.mark.parametrize("value", [None, ""])
def test_else_the_systems(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUNESMITH_CONFIG", raising=False)
    if value is not None:
        monkeypatch.setenv("TUNESMITH_CONFIG", value)
    assert config_folder().is_absolute()
    assert config_folder().name == "tunesmith"
    assert default_work_folder().is_absolute()
    assert default_work_folder().name == "tunesmith"


@pytest.mark.skipif(sys.platform != "linux", reason="the desktop's convention of Linux")
def test_linux_follows_the_desktops_convention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUNESMITH_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert config_folder() == tmp_path / "config" / "tunesmith"
    assert default_work_folder() == tmp_path / "data" / "tunesmith"


@pytest.mark.skipif(sys.platform != "win32", reason="Windows' folders")
def test_windows_keeps_gigabytes_out_of_the_roaming_profile() -> None:
    for folder in (config_folder(), default_work_folder()):
        assert "Roaming" not in folder.parts
        assert "Local" in folder.parts or "Local Settings" in folder.parts
