import errno
import sys
import tempfile
from pathlib import Path

import pytest

from core.events import StageError
from core.hardware.disk import check_writable, existing_parent, free_bytes


def test_free_space_of_what_does_not_exist_yet(tmp_path: Path) -> None:
    deep = tmp_path / "不存在" / "b" / "c.gguf"
    assert existing_parent(deep) == tmp_path
    assert free_bytes(deep) > 0
    assert not deep.parent.exists()
    assert existing_parent(tmp_path / ("n" * 3000) / "x") == tmp_path


def test_writable_folder_is_left_as_it_was(tmp_path: Path) -> None:
    check_writable(tmp_path)
    check_writable(tmp_path / "new" / "folder")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        with pytest.raises(StageError) as caught:
            check_writable(folder)
        assert caught.value.code == "not_a_folder"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is a folder that even root cannot write to")
def test_read_only_folder() -> None:
    with pytest.raises(StageError) as caught:
        check_writable(Path("/proc/out"))
    assert caught.value.code == "folder_not_writable"
    assert caught.value.values["path"] == "/proc/out"


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(StageError) as caught:
        check_writable(tmp_path)
    assert caught.value.code == "disk_full"
