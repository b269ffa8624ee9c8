"""The proxies that Windows was told of: they stand in its registry, where only some programs look."""

import contextlib
import sys
import urllib.request
from collections.abc import Mapping

_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_OURSELVES = ("localhost", "127.0.0.1", "::1")
_SETTINGS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"


def system_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """The system's proxies as the variables that every tool knows; {} where there are none, or the user set his own.

    On Linux nothing but variables tells of them.
    """
    if any(environ.get(name) or environ.get(name.lower()) for name in _VARIABLES):
        return {}
    found = urllib.request.getproxies()
    proxies = {f"{scheme.upper()}_PROXY": found[scheme] for scheme in ("http", "https") if found.get(scheme)}
    return {**proxies, "NO_PROXY": ",".join((*_OURSELVES, *_without(_override())))} if proxies else {}


def _without(override: str) -> list[str]:
    """Windows' exceptions in the words of NO_PROXY, which knows whole names and endings only."""
    names = (name.strip().removeprefix("*") for name in override.split(";"))
    return [name for name in names if name and "*" not in name and not name.startswith("<")]


def _override() -> str:
    """The list of exceptions as the user wrote it."""
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - Windows only

        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, _SETTINGS) as key:
            return str(winreg.QueryValueEx(key, "ProxyOverride")[0])
    return ""
