"""Ollama on this computer: its address, its program, its version, and a client for its API."""

import ipaddress
import os
import re
import shutil
import socket
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
import ollama
import psutil

from core.events import StageError
from core.tools.ollama_connection import Check, WatchedTransport

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 11434
MINIMUM_VERSION = "0.5.5"
"""The first whose create call takes uploaded files instead of a Modelfile's text."""
SERVICE_HOME = Path("/usr/share/ollama")
SERVICE_MODELS = SERVICE_HOME / ".ollama" / "models"
"""Where Ollama's installer for Linux lets the service, a user of its own, keep them."""
CONNECT_TIMEOUT = 5.0
SILENCE_TIMEOUT = 900.0
"""Seconds without a byte after which a server is given up; Ollama itself gives a model five minutes to load."""
PROBE_TIMEOUT = 2.0

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Status:
    """What was found of Ollama on this computer."""

    host: str
    version: str | None
    binary: Path | None
    models_folder: Path

    @property
    def reachable(self) -> bool:
        """Whether a server answers."""
        return self.version is not None


class Client(ollama.Client):
    """The package's client, kept from proxies (the server is on this computer), with uploads that can be watched.

    ``check`` is called at least every quarter of a second of a call; what it raises ends the call, in Ollama too.
    """

    def __init__(self, address: str, check: Check = lambda: None) -> None:
        timeout = httpx.Timeout(SILENCE_TIMEOUT, connect=CONNECT_TIMEOUT)
        transport = WatchedTransport(check)
        super().__init__(host=f"http://{address}", timeout=timeout, trust_env=False, transport=transport)
        self.address = address

    def has_blob(self, digest: str) -> bool:
        """Whether the server has a file with this digest (``sha256:...``) already."""
        try:
            self._request_raw("HEAD", f"/api/blobs/{digest}")  # type: ignore[no-untyped-call]
        except ollama.ResponseError as error:
            if error.status_code == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def upload_blob(self, digest: str, size: int, chunks: Iterator[bytes]) -> None:
        """Send a file's bytes; the package's own ``create_blob`` reads the file out of sight, so no progress of it."""
        headers = {"Content-Length": str(size)}
        self._request_raw("POST", f"/api/blobs/{digest}", content=chunks, headers=headers)  # type: ignore[no-untyped-call]


@contextmanager
def streamed(parts: Iterator[Part]) -> Iterator[Iterator[Part]]:
    """The parts of a streamed answer; leaving early closes the connection at once, by which Ollama stops its work."""
    try:
        yield parts
    finally:
        if isinstance(parts, Generator):
            parts.close()


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
    own = Path.home() / ".ollama" / "models"
    if chosen:
        return Path(chosen)
    return SERVICE_MODELS if SERVICE_HOME.is_dir() and not own.is_dir() else own


def version(address: str, timeout: float = PROBE_TIMEOUT) -> str | None:
    """The version of the server at ``address``, or None where no Ollama answers."""
    try:
        answer = httpx.get(f"http://{address}/api/version", timeout=timeout, trust_env=False)
        found = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):  # nobody, or somebody else
        return None
    return str(found["version"]) if isinstance(found, dict) and "version" in found else None


def port_taken(address: str) -> bool:
    """Whether something listens at an address at which no Ollama answers."""
    name, _, port = address.rpartition(":")
    try:
        with socket.create_connection((name.strip("[]"), int(port)), timeout=PROBE_TIMEOUT):
            return True
    except OSError:
        return False


def too_old(version: str) -> bool:
    """Whether a server of this version cannot do what we need; one built from source says 0.0.0 and is trusted."""
    number = _number(version)
    return any(number) and number < _number(MINIMUM_VERSION)


def _number(version: str) -> tuple[int, ...]:
    match = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def status(address: str, env: Mapping[str, str] | None = None) -> Status:
    """Look for the server at ``address``, the program and the models' folder."""
    return Status(address, version(address), find_binary(env), models_folder(env))


def check_version(address: str) -> str:
    """The version of a server that is up and new enough; StageError where it is not."""
    found = version(address)
    if found is None:
        raise StageError("ollama_not_running", host=address)
    if too_old(found):
        raise StageError("ollama_too_old", version=found, needed=MINIMUM_VERSION)
    return found
