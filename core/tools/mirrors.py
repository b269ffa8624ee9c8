"""Whether mirrors in China are asked first: by the user's choice, or by a quick probe."""

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import httpx
import platformdirs

from core.config.settings import Mirrors
from core.tools.pip_settings import PipSettings
from core.tools.sources import source

PROBE_TIMEOUT = 2.0
MUCH_FASTER = 3.0
"""A mirror that answers so many times as fast as the original is taken."""

_UV_TOLD = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE")
_UV_FILE = platformdirs.user_config_path("uv", appauthor=False, roaming=True) / "uv.toml"


def in_china(choice: Mirrors) -> bool:
    """Whether mirrors come first. The probe is made once in the life of this process."""
    return _mirror_is_nearer() if choice == "auto" else choice == "china"


def index_environment(
    choice: Mirrors, settings: PipSettings, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The variables that let uv install from a mirror of the package index; {} where the user has named sources."""
    told = settings.names_a_source or settings.no_index or any(environ.get(name) for name in _UV_TOLD)
    if told or _UV_FILE.exists() or not in_china(choice):
        return {}
    return {"UV_DEFAULT_INDEX": source("package-index-mirrors").addresses[0].url}


@cache
def _mirror_is_nearer() -> bool:
    """Ask PyTorch's own index and its mirror at the same time: neither is likely to be near by chance."""
    addresses = source("torch-cpu").addresses
    pair = [next(address.url for address in addresses if address.region == region) for region in ("", "cn")]
    with httpx.Client(timeout=PROBE_TIMEOUT, follow_redirects=True) as client, ThreadPoolExecutor(2) as pool:
        original, mirror = pool.map(partial(_seconds, client), pair)
    return mirror is not None and (original is None or original > MUCH_FASTER * mirror)


def _seconds(client: httpx.Client, address: str) -> float | None:
    """How long the first answer takes; None where there is none in time."""
    begun = time.monotonic()
    try:
        client.head(address).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    seconds = time.monotonic() - begun
    return seconds if seconds < PROBE_TIMEOUT else None
