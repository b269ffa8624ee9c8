"""What is known of a runtime: marker, self-test, and a given environment's packages."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.events import StageError
from core.tools.runtime import RuntimeSpec, fingerprint
from core.tools.runtime_state import (
    MARKER,
    Marker,
    discard,
    is_ready,
    locked_versions,
    problems,
    read_marker,
    read_self_test,
    read_versions,
    version_problems,
    write_marker,
)


def _fake_environment(spec: RuntimeSpec) -> None:
    spec.python.parent.mkdir(parents=True)
    spec.python.touch()


def test_a_runtime_is_ready_only_with_its_marker(tmp_path: Path) -> None:
    spec = RuntimeSpec("cpu", (), tmp_path)
    assert not is_ready(spec)
    _fake_environment(spec)
    assert not is_ready(spec)
    write_marker(spec.folder, Marker(fingerprint=fingerprint(spec), versions={"torch": "2.13.0+cpu"}))
    assert is_ready(spec)
    assert read_marker(spec.folder) == Marker(fingerprint=fingerprint(spec), versions={"torch": "2.13.0+cpu"})
    spec.python.unlink()
    assert not is_ready(spec)


def test_the_marker_of_another_lock_does_not_count(tmp_path: Path) -> None:
    spec = RuntimeSpec("cpu", (), tmp_path)
    _fake_environment(spec)
    write_marker(spec.folder, Marker(fingerprint="0"))
    assert not is_ready(spec)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff"])
def test_a_torn_marker_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MARKER).write_bytes(content)
    assert read_marker(tmp_path) is None


def test_a_given_environment_is_ready_if_it_is_there(tmp_path: Path) -> None:
    spec = RuntimeSpec("cpu", (), tmp_path, given=Path(sys.executable))
    assert is_ready(spec)
    assert not is_ready(replace(spec, given=tmp_path / "python"))


def test_discard_removes_whole_and_half_environments(tmp_path: Path) -> None:
    whole, half = RuntimeSpec("cpu", (), tmp_path), RuntimeSpec("cu130", (), tmp_path)
    for spec in (whole, half):
        _fake_environment(spec)
    write_marker(whole.folder, Marker(fingerprint="0"))
    for folder in (whole.folder, half.folder, tmp_path / "never"):
        discard(folder)
        assert not folder.exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may remove anything")
def test_what_cannot_be_removed_is_told(tmp_path: Path) -> None:
    spec = RuntimeSpec("cpu", (), tmp_path)
    _fake_environment(spec)
    spec.python.parent.chmod(0o500)
    try:
        with pytest.raises(StageError) as caught:
            discard(spec.folder)
        assert caught.value.code == "runtime_not_removed"
    finally:
        spec.python.parent.chmod(0o700)


def test_the_self_test_is_found_among_warnings() -> None:
    output = 'warning: {x\n{"ok": true, "torch": "2.13.0", "device": "cuda", "name": "RTX 3090", "ms": 1.5}\nbye\n'
    test = read_self_test(output)
    assert (test.torch, test.device, test.name, test.ms) == ("2.13.0", "cuda", "RTX 3090", 1.5)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ('{"ok": false, "device": "cuda", "reason": "no kernel image"}\n', "no kernel image"),
        ("Traceback\nOSError: libtorch.so\n", "OSError: libtorch.so"),
        ("", ""),
    ],
)
def test_a_failed_self_test_says_why(output: str, reason: str) -> None:
    with pytest.raises(StageError) as caught:
        read_self_test(output)
    assert caught.value.code == "runtime_self_test_failed"
    assert caught.value.values["reason"] == reason


@pytest.mark.parametrize("output", ["", "hello", "[1]"])
def test_versions_that_are_none(output: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_versions(output)


def test_versions_must_be_those_of_the_lock() -> None:
    locked = locked_versions()
    fitting = {"ms-swift": locked["ms-swift"], "transformers": "5.0.1", "peft": "0.19", "torch": "2.11.0+cu128"}
    assert list(version_problems(fitting)) == []
    unfit = {**fitting, "ms-swift": "3.9.1", "transformers": "4.57.6"}
    del unfit["peft"]
    found = {(problem.code, problem.values["package"]) for problem in version_problems(unfit)}
    assert found == {
        ("runtime_package_unfit", "ms-swift"),
        ("runtime_package_unfit", "transformers"),
        ("runtime_package_missing", "peft"),
    }


def test_a_python_without_ms_swift_is_no_runtime() -> None:
    codes = {(problem.code, problem.values.get("package")) for problem in problems(Path(sys.executable))}
    assert ("runtime_package_missing", "ms-swift") in codes


def test_what_is_no_python_is_no_runtime(tmp_path: Path) -> None:
    assert [problem.code for problem in problems(tmp_path / "python")] == ["runtime_python_missing"]
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    broken.chmod(0o700)
    assert [problem.code for problem in problems(broken)] == ["runtime_python_broken"]
