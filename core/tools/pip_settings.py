"""The user's pip configuration, read as ``pip install`` reads it, and handed on to uv, which knows nothing of it.

Whoever needs a mirror, a proxy or a company's certificate to install packages has told pip so. pip itself
is not needed.
"""

import configparser
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from core.platform import WINDOWS

SECTIONS = ("global", "install")
"""What ``pip install`` reads; the later one wins."""


@dataclass(frozen=True, slots=True)
class PipSettings:
    """What pip was told about where packages come from."""

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    cert: str = ""
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()
    proxy: str = ""
    timeout: str = ""

    @property
    def names_a_source(self) -> bool:
        """Whether packages come from somewhere else than from the default index alone."""
        return bool(self.index_url or self.extra_index_urls or self.find_links)


def read_pip_settings(environ: Mapping[str, str] = os.environ, files: Iterable[Path] | None = None) -> PipSettings:
    """The settings in force: configuration files (pip's own unless given), then PIP_* variables."""
    options: dict[str, str] = {}
    for path in config_files(environ) if files is None else files:
        options |= _file_options(path)
    options |= _environment_options(environ)
    return PipSettings(
        index_url=options.get("index-url", ""),
        extra_index_urls=_words(options, "extra-index-url"),
        find_links=_words(options, "find-links"),
        constraints=_words(options, "constraint"),
        cert=os.path.expanduser(options.get("cert", "")),  # noqa: PTH111 - "" must stay ""
        no_index=options.get("no-index", "").lower() in ("1", "true", "yes", "on", "y", "t"),
        trusted_hosts=_words(options, "trusted-host"),
        proxy=options.get("proxy", ""),
        timeout=options.get("timeout", "") or options.get("default-timeout", ""),
    )


def config_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """pip's configuration files, the later the stronger; not all exist."""
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:  # pip's way to say: no files at all
        return
    name = "pip.ini" if WINDOWS else "pip.conf"
    shared = platformdirs.site_config_dir("pip", appauthor=False, multipath=True)
    yield from (Path(folder) / name for folder in shared.split(os.pathsep))
    if not WINDOWS:
        yield Path("/etc") / name
    if not (named and Path(named).exists()):  # a file named by variable stands in for the user's own
        yield Path.home() / ("pip" if WINDOWS else ".pip") / name
        yield Path(platformdirs.user_config_dir("pip", appauthor=False, roaming=True)) / name
    yield from (Path(prefix) / name for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)))
    if named:
        yield Path(named)


def uv_environment(settings: PipSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that make uv behave as pip would; what the user told uv itself is left alone.

    pip takes the best version of all its sources, while uv by default stops at the first that has the package.
    """
    told = {name for name, older in _OLDER_NAMES.items() if environ.get(name) or environ.get(older)}
    wanted = {
        "UV_DEFAULT_INDEX": settings.index_url,
        "UV_INDEX": " ".join(settings.extra_index_urls),
        "UV_INDEX_STRATEGY": "unsafe-best-match" if settings.names_a_source else "",
        "UV_FIND_LINKS": ",".join(settings.find_links),
        "UV_CONSTRAINT": " ".join(settings.constraints),
        "UV_INSECURE_HOST": " ".join(settings.trusted_hosts),
        "UV_HTTP_TIMEOUT": settings.timeout,
        "SSL_CERT_FILE": settings.cert,
        "HTTP_PROXY": settings.proxy,
        "HTTPS_PROXY": settings.proxy,
    }
    return {name: value for name, value in wanted.items() if value and name not in told and not environ.get(name)}


_OLDER_NAMES = {
    "UV_DEFAULT_INDEX": "UV_INDEX_URL",
    "UV_INDEX": "UV_EXTRA_INDEX_URL",
    "UV_HTTP_TIMEOUT": "HTTP_TIMEOUT",
    "HTTP_PROXY": "http_proxy",
    "HTTPS_PROXY": "https_proxy",
}
"""Other names under which the user may have said the same."""


def _file_options(path: Path) -> dict[str, str]:
    """A file's options; {} where it is missing or cannot be read (pip then says what is wrong with it)."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError):
        return {}
    found: dict[str, str] = {}
    for section in SECTIONS:
        if parser.has_section(section):
            found |= {_normal(key): value for key, value in parser.items(section) if value.strip()}
    return found


def _environment_options(environ: Mapping[str, str]) -> dict[str, str]:
    return {_normal(key[4:]): value for key, value in environ.items() if key.startswith("PIP_") and value.strip()}


def _normal(key: str) -> str:
    return key.lower().replace("_", "-").removeprefix("--")


def _words(options: Mapping[str, str], key: str) -> tuple[str, ...]:
    return tuple(options.get(key, "").split())
