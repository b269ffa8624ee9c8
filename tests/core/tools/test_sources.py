"""The table of what comes from elsewhere, and the locks that ship with the program."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from core.tools.resource_files import requirement_file
from core.tools.sources import source, sources

ROOT = Path(str(files("resources"))).parent
REGISTRIES = [
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("debian", "org"))
]
LOCKS = sorted(path.name for path in requirement_file("runtime.txt").parent.glob("*.txt"))
PIN = re.compile(r"[a-z0-9-]+==[^ ]+( ; .+)?$")


def _pins(name: str) -> dict[str, list[str]]:
    """Each requirement of a lock with its hashes."""
    found: dict[str, list[str]] = {}
    pin = ""
    for line in requirement_file(name).read_text(encoding="utf-8").splitlines():
        text = line.removesuffix("\\").strip()
        if text.startswith("--hash=sha256:"):
            found[pin].append(text.removeprefix("--hash=sha256:"))
        elif text and not text.startswith("#"):
            pin = text
            found[pin] = []
    return found


def test_the_table_is_well_formed() -> None:
    assert {"llama-cpp", "cmake", "ninja", "zig", "tokenizer", "ollama", "python", "torch-cpu"} <= set(sources())


@pytest.mark.parametrize("name", sources())
def test_each_entry_can_be_got_and_checked(name: str) -> None:
    entry = source(name)
    if entry.how == "package-index":
        assert f"{entry.package}=={entry.version}" in _pins(entry.requirements)
    elif entry.how == "wheel-member":
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    elif entry.how in ("python", "package-index-mirror"):  # uv knows the hashes, or the locks do
        assert entry.addresses
        assert not entry.unverified
    else:
        assert entry.addresses
        # a hash that nobody computed would be worse than none
        assert entry.unverified != bool(entry.sha256)


@pytest.mark.parametrize("profile", ["cpu", "cu126", "cu128", "cu130"])
def test_each_profile_pins_its_build(profile: str) -> None:
    entry = source(f"torch-{profile}")
    assert entry.version.endswith(f"+{profile}") or profile == "cpu"
    assert all(profile in address.url for address in entry.addresses)
    assert {"", "cn"} == {address.region for address in entry.addresses}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_pins_and_hashes_and_no_addresses(name: str) -> None:
    pins = _pins(name)
    assert pins
    assert all(PIN.match(pin) and hashes for pin, hashes in pins.items())
    assert "://" not in requirement_file(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["tools.toml", *(f"requirements/{lock}" for lock in LOCKS)])
def test_no_registry_is_named(name: str) -> None:
    text = files("resources").joinpath(name).read_text(encoding="utf-8")
    assert not [host for host in REGISTRIES if host in text]


def test_pytorch_is_not_in_the_runtimes_lock() -> None:
    names = {pin.partition("==")[0] for pin in _pins("runtime.txt")}
    assert not {name for name in names if re.match(r"torch$|triton|nvidia-|cuda-", name)}


def test_the_runtimes_lock_serves_all_systems() -> None:
    pins = _pins("runtime.txt")
    assert [pin for pin in pins if pin.startswith("msvc-runtime==") and "sys_platform == 'win32'" in pin]
    # one hash for each system's wheel
    assert len(next(hashes for pin, hashes in pins.items() if pin.startswith("tokenizers=="))) > 10


def test_the_locks_are_those_of_pyproject() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for extra in ("runtime", "runtime-awq", "runtime-bnb"):
        locked = {pin.partition("==")[0] for pin in _pins(f"{extra}.txt")}
        assert {re.split(r"[=<>;! ]", wanted)[0] for wanted in extras[extra]} <= locked
