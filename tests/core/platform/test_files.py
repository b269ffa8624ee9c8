"""Renames, also of what somebody looks at."""

import sys
import threading
import time
from pathlib import Path

import pytest

from core.platform import files
from core.platform.files import move


def test_a_file_takes_the_place_of_another(tmp_path: Path) -> None:
    new, old = tmp_path / "新 part", tmp_path / "old"
    new.write_text("new", encoding="utf-8")
    old.write_text("old", encoding="utf-8")
    move(new, old)
    assert old.read_text(encoding="utf-8") == "new"
    assert not new.exists()


def test_a_folder_gets_its_final_name(tmp_path: Path) -> None:
    (tmp_path / "a.part").mkdir()
    (tmp_path / "a.part" / "file").touch()
    move(tmp_path / "a.part", tmp_path / "a")
    assert (tmp_path / "a" / "file").exists()


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        move(tmp_path / "none", tmp_path / "a")


@pytest.mark.skipif(sys.platform != "win32", reason="others may rename what is open")
def test_a_file_that_is_open_for_a_moment(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.touch()
    old.touch()
    file = old.open("rb")
    threading.Timer(0.5, file.close).start()
    move(new, old)
    assert file.closed


@pytest.mark.skipif(sys.platform != "win32", reason="others may rename what is open")
def test_a_file_that_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WAIT", 0.3)
    new, old = tmp_path / "new", tmp_path / "old"
    new.touch()
    begin = time.monotonic()
    with old.open("wb"), pytest.raises(PermissionError):
        move(new, old)
    assert time.monotonic() - begin >= 0.3
