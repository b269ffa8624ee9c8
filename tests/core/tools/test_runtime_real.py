"""The training runtime for real: installed from its lock, tried, broken and repaired."""

import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from core.process.command import Command, HostPath
from core.process.environment import child_environment
from core.tools.runtime import RuntimeSpec, Step, commands, fingerprint, self_test_command
from core.tools.runtime_state import (
    Marker,
    discard,
    is_ready,
    locked_versions,
    problems,
    read_self_test,
    read_versions,
    versions_command,
    write_marker,
)

pytestmark = pytest.mark.real


def _start(command: Command) -> "subprocess.Popen[bytes]":
    argv = [str(token) for token in command.argv]
    return subprocess.Popen(
        argv,
        env=child_environment(command.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )


def _run(command: Command) -> tuple[int, str]:
    with _start(command) as process:
        output, _ = process.communicate(timeout=900)
    return process.returncode, output.decode("utf-8", "replace")


def _install(steps: Iterable[Step]) -> None:
    for step in steps:
        outputs = []
        for command in step:
            code, output = _run(command)
            outputs.append(output)
            if code == 0:
                break
        else:
            pytest.fail("\n".join(outputs))


def _declare_whole(spec: RuntimeSpec) -> dict[str, str]:
    versions = read_versions(_run(versions_command(HostPath(spec.python)))[1])
    write_marker(spec.folder, Marker(fingerprint=fingerprint(spec), versions=versions))
    return versions


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> RuntimeSpec:
    """A runtime in a folder with a space and Chinese in its name."""
    spec = RuntimeSpec("cpu", ("awq", "bnb"), tmp_path_factory.mktemp("运行 time"))
    _install(commands(spec))
    return spec


def test_it_holds_what_the_lock_pins(runtime: RuntimeSpec) -> None:
    versions = _declare_whole(runtime)
    locked = locked_versions()
    different = {name: versions[name] for name in locked.keys() & versions.keys() if versions[name] != locked[name]}
    assert different == {}
    assert {"ms-swift", "transformers", "torch", "autoawq", "bitsandbytes"} <= set(versions)
    assert is_ready(runtime)
    assert problems(runtime.python) == []


def test_it_computes(runtime: RuntimeSpec) -> None:
    began = time.monotonic()
    code, output = _run(self_test_command(HostPath(runtime.python), "cpu"))
    test = read_self_test(output)
    assert (code, test.ok, test.device) == (0, True, "cpu")
    assert test.torch.startswith("2.13.0")
    assert time.monotonic() - began < 30


def test_an_interrupted_installation_is_repaired(tmp_path: Path) -> None:
    spec = RuntimeSpec("cpu", (), tmp_path)
    environment, torch, lock, check = commands(spec)
    _install([environment, torch])
    site_packages = next(spec.folder.glob("lib/python*/site-packages"))
    before = len(list(site_packages.iterdir()))
    process = _start(lock[0])
    while process.poll() is None and len(list(site_packages.iterdir())) <= before:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not is_ready(spec)
    discard(spec.folder)
    _install([environment, torch, lock, check])
    _declare_whole(spec)
    assert is_ready(spec)
    assert read_self_test(_run(self_test_command(HostPath(spec.python), "cpu"))[1]).ok
