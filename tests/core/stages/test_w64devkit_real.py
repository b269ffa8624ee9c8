"""The build with the real w64devkit, and the official quantizer; by Windows' Python, on Windows or under Wine.

TUNESMITH_TEST_PACKAGES names a folder with the wheels of w64devkit.txt and llama-cpp.txt, unpacked into folders of
these names: uv hangs under Wine 8. scripts/wine/w64devkit.sh makes it and runs this file; with
TUNESMITH_TEST_WHOLE_BUILD the build goes to its end.
"""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.events import Event, Progress, Stopped
from core.platform.folders import plain_folder
from core.process.command import Command
from core.stages import build_llama_cpp, llama_cpp_windows
from core.stages.base import ChildFailedError, StageContext
from core.stages.build_llama_cpp import BuildLlamaCpp
from core.tools import llama_cpp, llama_cpp_check, w64devkit
from tests.core.stages.conftest import MakeContext

pytestmark = [pytest.mark.wine, pytest.mark.skipif(sys.platform != "win32", reason="for Windows' Python")]

PACKAGES = Path(os.environ.get("TUNESMITH_TEST_PACKAGES", "packages"))
COMPILERS = ("cc1plus.exe", "cc1.exe", "g++.exe", "gcc.exe", "ninja.exe", "cmake.exe", "as.exe")


def _install(ctx: StageContext, command: Command) -> None:
    """What uv would unpack."""
    words = [str(token) for token in command.argv]
    target = Path(words[words.index("--target") + 1])
    if not target.exists():
        source = PACKAGES / Path(words[words.index("--requirements") + 1]).stem
        shutil.copytree(source, target, copy_function=shutil.copyfile)  # Wine 8 has no CopyFile2, which copy2 uses


@pytest.fixture
def context(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[StageContext]:
    """In a work folder with Chinese letters and a space, so that the build has to go elsewhere."""
    for module in (llama_cpp_windows, build_llama_cpp):
        monkeypatch.setattr(module, "install", _install)
    folder = Path("C:/山姆 模型")
    monkeypatch.setattr("core.config.settings.Settings.work_folder", folder)
    ctx = make_context(llama_cpp="build")
    shutil.rmtree(plain_folder(ctx.folder), ignore_errors=True)
    yield ctx
    shutil.rmtree(folder)
    shutil.rmtree(plain_folder(ctx.folder), ignore_errors=True)


def _until(ctx: StageContext, steps: int) -> list[Progress]:
    """Run the build until so many of Ninja's steps are seen, then ask to stop; returns the steps."""
    seen: list[Progress] = []

    def emit(event: Event) -> None:
        if isinstance(event, Progress) and event.total and event.total > 10:
            seen.append(event)
            if event.completed >= steps:
                ctx.stop.request()

    with pytest.raises(Stopped):
        llama_cpp_windows.build_windows(replace(ctx, emit=emit))
    ctx.stop.path.unlink()
    return seen


def _compilers() -> list[str]:
    """The build's processes that live."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # Wine tells nothing of processes of its own
            found.append(process.name())
    return [name for name in found if name in COMPILERS]


def test_get_verify_unpack_configure_build_stop_and_go_on(context: StageContext) -> None:
    place = plain_folder(context.folder)
    assert str(place).isascii()
    begun = time.monotonic()
    first = _until(context, 4)
    print(f"first steps after {time.monotonic() - begun:.0f} s: {[event.detail for event in first]}")
    assert [event.completed for event in first[:4]] == [1, 2, 3, 4]
    assert first[0].total is not None
    assert first[0].total > 200
    assert not _compilers()
    kit = place / "w64devkit-2.7.0"
    unpacked = kit.stat().st_mtime_ns
    second = _until(context, 2)
    assert second[0].total is not None
    assert second[0].total <= first[0].total - 3  # what was built stays built
    assert kit.stat().st_mtime_ns == unpacked


@pytest.mark.skipif(not os.environ.get("TUNESMITH_TEST_WHOLE_BUILD"), reason="takes a quarter of an hour")
def test_the_whole_build_and_its_self_test(context: StageContext) -> None:
    begun = time.monotonic()
    BuildLlamaCpp().run(context)
    print(f"the whole build: {time.monotonic() - begun:.0f} s")
    assert context.facts["exact"] is True
    assert sorted(path.name for path in (context.folder / "bin").iterdir()) == sorted(
        f"{name}.exe" for name in llama_cpp.TARGETS
    )
    assert not plain_folder(context.folder).exists()


def test_a_release_that_was_changed_is_not_started(context: StageContext) -> None:
    folder = plain_folder(context.folder) / llama_cpp_windows.WHEEL
    archive = w64devkit.archive_in(folder, w64devkit.kit_source("2.7.0"))
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"MZ")
    with pytest.raises(Exception, match="download_damaged"):
        llama_cpp_windows.build_windows(context)


def test_the_official_quantizer_opens_chinese_folders_by_short_names_only(context: StageContext) -> None:
    llama_cpp.unpack_official(PACKAGES / "llama-cpp", context.folder)  # the programs themselves may lie anywhere
    program = context.job.llama_cpp.quantize
    llama_cpp_check.write_model(context.folder)
    for kind in llama_cpp_check.TYPES:
        context.run(llama_cpp_check.command(program, context.folder, kind))
        assert llama_cpp_check.check(context.folder, kind)  # byte for byte what Linux makes
    whole = (str(program), str(context.folder / llama_cpp_check.MODEL), str(context.folder / "out.gguf"), "Q8_0")
    with pytest.raises(ChildFailedError) as caught:
        context.run(Command(whole))
    assert any("failed to open GGUF file" in line for line in caught.value.tail)
    assert not (context.folder / "out.gguf").exists()
