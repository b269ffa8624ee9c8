"""The bundle's own DLL directory: it is set aside while children start."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from core.platform.frozen import is_frozen, own_dll_directory_reset


def test_from_source_nothing_is_frozen() -> None:
    assert not is_frozen()
    with own_dll_directory_reset():
        assert subprocess.run([sys.executable, "-c", ""], check=False).returncode == 0


def test_an_installed_bundle_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert is_frozen()


def test_what_fails_inside_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError), own_dll_directory_reset():
        raise KeyError


if sys.platform == "win32":

    def test_children_do_not_find_the_bundles_dlls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        kernel32 = ctypes.WinDLL("kernel32")

        def directory() -> str:
            buffer = ctypes.create_unicode_buffer(1000)
            kernel32.GetDllDirectoryW(1000, buffer)
            return buffer.value

        monkeypatch.setattr(sys, "frozen", True, raising=False)
        monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
        kernel32.SetDllDirectoryW(str(tmp_path))
        try:
            with own_dll_directory_reset():
                assert directory() == ""
            assert directory() == str(tmp_path)
            with pytest.raises(KeyError), own_dll_directory_reset():
                raise KeyError
            assert directory() == str(tmp_path)
        finally:
            kernel32.SetDllDirectoryW(None)
