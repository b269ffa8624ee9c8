"""What a program frozen by PyInstaller must undo before it starts other programs."""

import contextlib
import ctypes
import sys
from collections.abc import Iterator


def is_frozen() -> bool:
    """Whether we run from an installed bundle instead of from source."""
    return bool(getattr(sys, "frozen", False))


def ourselves() -> list[str]:
    """The command that starts this program, without words of its own."""
    return [sys.executable] if is_frozen() else [sys.executable, "-P", "-m", "core"]


@contextlib.contextmanager
def own_dll_directory_reset() -> Iterator[None]:
    """While children start, Windows must not look for their DLLs in our bundle (PyInstaller sets that directory)."""
    if sys.platform == "win32" and is_frozen():
        kernel32 = ctypes.WinDLL("kernel32")
        kernel32.SetDllDirectoryW(None)
        try:
            yield
        finally:
            kernel32.SetDllDirectoryW(str(getattr(sys, "_MEIPASS", "")))
    else:
        yield
