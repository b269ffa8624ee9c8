"""Ollama on this computer: its address, its program, its version, its models' folder, its account's key."""

import ipaddress
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import httpx
import psutil

from core.events import StageError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 11434
MINIMUM_VERSION = "0.5.5"
"""The first whose create call takes uploaded files instead of a Modelfile's text."""
SERVICE_HOME = Path("/usr/share/ollama")
"""The home of the service, a user of its own, that Ollama's installer for Linux makes."""
PROBE_TIMEOUT = 2.0


def host(env: Mapping[str, str] | None = None) -> str:
    """Where Ollama's server is reached, as ``address:port``: OLLAMA_HOST in all of its forms, else the default.

    A server that listens everywhere (0.0.0.0) is reached on the loopback. Raises StageError for another computer's.
    """
    text = (os.environ if env is None else env).get("OLLAMA_HOST", "").strip().strip("\"'")
    scheme, separator, rest = text.rpartition("://")
    name, port = _host_and_port(rest.partition("/")[0], 80 if separator else DEFAULT_PORT)
    if (separator and scheme != "http") or not 0 < port < 65536:
        raise StageError("ollama_host_invalid", host=text)
    if not _on_this_computer(name):
        raise StageError("ollama_host_not_local", host=text)
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def is_local() -> bool:
    """Whether OLLAMA_HOST names a server on this computer, so that its models take our disk."""
    try:
        host()
    except StageError:
        return False
    return True


def _host_and_port(text: str, default_port: int) -> tuple[str, int]:
    """The two parts of ``address``, ``address:port``, ``:port``, ``[v6]`` or ``[v6]:port``."""
    match = re.fullmatch(
        r"\[(?P<v6>[^\]]+)\](?::(?P<p6>\d+))?|(?P<v4>[^:]*)(?::(?P<p4>\d+))?|(?P<bare>[^][:]*:[^][:]*:[^][]*)", text
    )
    if match is None:
        raise StageError("ollama_host_invalid", host=text)
    name = match["v6"] or match["bare"] or match["v4"] or DEFAULT_HOST
    everywhere = {"0.0.0.0": DEFAULT_HOST, "::": "::1"}  # noqa: S104 - recognised here, not listened on
    return everywhere.get(name, name), int(match["p6"] or match["p4"] or default_port)


def _on_this_computer(name: str) -> bool:
    if name.lower() == "localhost":
        return True
    try:
        if ipaddress.ip_address(name).is_loopback:
            return True
    except ValueError:  # a computer's name
        return False
    own = {address.address for addresses in psutil.net_if_addrs().values() for address in addresses}
    return name in own


def find_binary(env: Mapping[str, str] | None = None) -> Path | None:
    """Ollama's program: on PATH, or where its Windows installer puts it."""
    env = os.environ if env is None else env
    if found := shutil.which("ollama", path=env.get("PATH", "")):
        return Path(found)
    if local := env.get("LOCALAPPDATA"):
        installed = Path(local, "Programs", "Ollama", "ollama.exe")
        if installed.is_file():
            return installed
    return None


def llama_quantize(env: Mapping[str, str] | None = None) -> Path | None:
    """The llama-quantize that an installed Ollama has brought along; None before version 0.30."""
    binary = find_binary(env)
    if binary is None:
        return None
    program = binary.resolve()
    for folder in (program.parent, program.parent.parent):  # Windows: beside the program; Linux: beside its bin
        found = folder / "lib" / "ollama" / f"llama-quantize{program.suffix}"
        if found.is_file():
            return found
    return None


def models_folder(env: Mapping[str, str] | None = None) -> Path:
    """Where the server keeps its models: OLLAMA_MODELS, this user's folder, or that of the Linux service."""
    chosen = (os.environ if env is None else env).get("OLLAMA_MODELS", "")
    return Path(chosen) if chosen else _server_folder("models")


def account_key() -> str:
    """The public key that ollama.com must know this computer's server by; "" where it has none (that we may read)."""
    try:
        return account_key_file().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def account_key_file() -> Path:
    """Where that key lies; made by the server's first start."""
    return _server_folder("id_ed25519.pub")


def _server_folder(name: str) -> Path:
    """A file or folder of the server's: this user's, or that of the Linux service."""
    own, service = Path.home() / ".ollama" / name, SERVICE_HOME / ".ollama" / name
    return service if SERVICE_HOME.is_dir() and not own.exists() else own


def version(address: str, timeout: float = PROBE_TIMEOUT) -> str | None:
    """The version of the server at ``address``, or None where no Ollama answers."""
    try:
        return reach(address, timeout)
    except StageError:
        return None


def reach(address: str, timeout: float = PROBE_TIMEOUT) -> str:
    """The version of the server at ``address``. StageError: nobody is there, it hangs, or it is another program."""
    try:
        answer = httpx.get(f"http://{address}/api/version", timeout=timeout, trust_env=False)
        found = answer.raise_for_status().json()
    except httpx.ReadTimeout as error:
        raise StageError("ollama_hangs", host=address) from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise StageError("ollama_not_running", host=address) from error
    except (httpx.HTTPError, ValueError) as error:
        raise StageError("ollama_port_taken", host=address) from error
    if not isinstance(found, dict) or "version" not in found:
        raise StageError("ollama_port_taken", host=address)
    return str(found["version"])


def too_old(version: str) -> bool:
    """Whether a server of this version cannot do what we need; one built from source says 0.0.0 and is trusted."""
    number = _number(version)
    return any(number) and number < _number(MINIMUM_VERSION)


def _number(version: str) -> tuple[int, ...]:
    match = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def check_version(address: str) -> str:
    """The version of a server that is up and new enough; StageError where it is not."""
    found = reach(address)
    if too_old(found):
        raise StageError("ollama_too_old", version=found, needed=MINIMUM_VERSION)
    return found
