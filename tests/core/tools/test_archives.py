"""Zips that are none, that are cut short, or that would write beside their folder."""

import zipfile
from pathlib import Path

import pytest

from core.events import StageError, Stopped
from core.tools.archives import unpack_zip


def _zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"content of " + name.encode() * 100)
    return path


def test_a_whole_one_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").touch()
    unpack_zip(_zip(tmp_path / "a.zip", "kit/bin/gcc.exe", "kit/readme"), tmp_path / "out")
    assert sorted(
        path.relative_to(tmp_path).as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()
    ) == [
        "out/kit/bin/gcc.exe",
        "out/kit/readme",
    ]
    assert not (tmp_path / "out.part").exists()


@pytest.mark.parametrize(
    "name", ["../out of it", "a/../../b", "/etc/passwd", "C:/x", "C:x", "\\\\server\\share\\x", "..\\x", "\\x"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "deep" / "out"
    with pytest.raises(StageError) as caught:
        unpack_zip(_zip(tmp_path / "a.zip", "good", name), folder)
    assert caught.value.code == "archive_unsafe"
    assert not folder.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "deep"}


def test_what_is_no_zip_or_half_of_one(tmp_path: Path) -> None:
    whole = _zip(tmp_path / "a.zip", "x", "y").read_bytes()
    broken = bytearray(whole)
    broken[60] ^= 1  # in the content: the CRC is wrong
    for content in (b"", b"no zip at all", whole[: len(whole) // 2], whole[:-1], bytes(broken)):
        (tmp_path / "b.zip").write_bytes(content)
        with pytest.raises(StageError) as caught:
            unpack_zip(tmp_path / "b.zip", tmp_path / "out")
        assert caught.value.code == "download_damaged"
        assert not (tmp_path / "out").exists()
    with pytest.raises(StageError):
        unpack_zip(tmp_path / "missing.zip", tmp_path / "out")


def test_too_little_disk_and_a_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = _zip(tmp_path / "a.zip", "x", "y")

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        unpack_zip(archive, tmp_path / "out", stop)
    monkeypatch.setattr("core.tools.archives.free_bytes", lambda _: 10)
    with pytest.raises(StageError) as caught:
        unpack_zip(archive, tmp_path / "out")
    assert caught.value.code == "disk_space"
