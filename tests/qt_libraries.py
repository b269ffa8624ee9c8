"""Says which system package is missing where Qt cannot be imported, instead of a bare ImportError."""

import re
from importlib import import_module

import pytest

PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
}
"""Debian's and Ubuntu's packages by the library that the loader misses."""


def require_qt(*modules: str) -> None:
    """Import Qt's modules. Raises pytest.UsageError that names the package to install."""
    for module in modules:
        try:
            import_module(module)
        except ImportError as error:
            raise pytest.UsageError(cure(module, str(error))) from None


def cure(module: str, reason: str) -> str:
    """What to install, as a sentence."""
    found = re.search(r"(lib[\w.+-]+\.so[\d.]*)", reason)
    package = PACKAGES.get(found[1], "") if found else ""
    if package:
        return f"{module} needs the system library {found[1]}: apt-get install {package}"  # type: ignore[index]
    return f"{module} cannot be imported: {reason}. Install the system libraries of Qt: {' '.join(PACKAGES.values())}"
