"""The build with w64devkit, with small stand-ins for the kit's programs; the real one is in test_w64devkit_real.py."""

import hashlib
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.events import Event, Progress, StageError
from core.stages import llama_cpp_windows
from core.stages.base import ChildFailedError, StageContext
from core.stages.llama_cpp_windows import WHEEL, build_windows
from core.tools import llama_cpp, uv, w64devkit
from core.tools.sources import Address
from tests.core.stages.conftest import MakeContext
from tests.core.tools.file_server import Faults, serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts")

CMAKE = f"""#!{sys.executable}
import pathlib, sys
if "--build" in sys.argv:
    print("[1/2] Building CXX object x.obj", flush=True)
    made = pathlib.Path(sys.argv[sys.argv.index("--build") + 1], "bin")
    made.mkdir(parents=True)
    for name in sys.argv[sys.argv.index("--target") + 1:]:
        (made / (name + "{uv.EXE}")).write_text("program")
    print("[2/2] Linking", flush=True)
"""
KIT = {**dict.fromkeys(w64devkit.NEEDED, "program"), "cmake.exe": CMAKE, "ninja.exe": "program"}


def _self_unpacking(kit: dict[str, str]) -> bytes:
    """A stand-in for the release: a program that unpacks itself into -oFOLDER."""
    return f"""#!{sys.executable}
import pathlib, sys
assert sys.argv[1] == "-y"
folder = pathlib.Path(sys.argv[2].removeprefix("-o"), "w64devkit", "bin")
folder.mkdir(parents=True)
for name, content in {kit!r}.items():
    (folder / name).write_text(content)
    (folder / name).chmod(0o755)
""".encode()


class Shelf:
    """Where the release comes from: ``wheel`` is what uv installs, ``web`` what the address gives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.installed: list[str] = []
        self.wheel: bytes | None = _self_unpacking(KIT)
        self._entry = w64devkit.kit_source("2.7.0")
        monkeypatch.setattr(llama_cpp_windows, "install", self._install)
        monkeypatch.setattr(w64devkit, "kit_source", lambda _: self._entry)
        self.expects(self.wheel)

    def expects(self, content: bytes, url: str = "http://127.0.0.1:9/x") -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        self._entry = replace(self._entry, sha256=sha256, addresses=(Address(url, "file"),))

    def unverified_zip(self, url: str) -> None:
        self._entry = replace(
            self._entry, member="", sha256="", unverified=True, addresses=(Address(f"{url}/kit.zip", "file"),)
        )

    def _install(self, ctx: StageContext, command: object) -> None:
        words = [str(token) for token in getattr(command, "argv", ())]
        self.installed.append(Path(words[words.index("--requirements") + 1]).name)
        if self.wheel is None:
            raise ChildFailedError("no_network", {}, [])
        if self.installed[-1] == "w64devkit.txt":
            path = w64devkit.archive_in(ctx.folder / WHEEL, self._entry)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.wheel)
            path.chmod(0o755)
        if self.installed[-1] == "build-tools.txt":
            program = ctx.folder / "tools" / "cmake" / "data" / "bin" / "cmake"
            program.parent.mkdir(parents=True)
            program.write_text(CMAKE, encoding="utf-8")
            program.chmod(0o755)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setattr(llama_cpp_windows, "plain_folder", lambda folder: folder)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return Shelf(monkeypatch)


def _code(ctx: StageContext) -> StageError:
    with pytest.raises(StageError) as caught:
        build_windows(ctx)
    assert not (ctx.folder / "bin").exists()
    return caught.value


def test_got_verified_unpacked_built_and_removed(make_context: MakeContext, shelf: Shelf, events: list[Event]) -> None:
    ctx = make_context()
    build_windows(ctx)
    assert sorted(path.name for path in (ctx.folder / "bin").iterdir()) == sorted(llama_cpp.TARGETS)
    assert [path.name for path in ctx.folder.iterdir()] == ["bin"]
    steps = [event for event in events if isinstance(event, Progress) and event.total == 2]
    assert [event.completed for event in steps] == [1, 2]
    assert shelf.installed == ["w64devkit.txt"]


def test_a_release_that_is_another_one_is_not_started(make_context: MakeContext, shelf: Shelf) -> None:
    shelf.expects(b"what was checked")
    ctx = make_context()
    assert _code(ctx).code == "download_damaged"
    assert not (ctx.folder / WHEEL).exists()  # the next try gets it anew
    assert not list(ctx.folder.glob("w64devkit-2*"))


def test_where_no_index_answers_the_release_itself_is_asked(make_context: MakeContext, shelf: Shelf) -> None:
    content, shelf.wheel = _self_unpacking(KIT), None
    with serving(content) as server:
        shelf.expects(content, server.url)
        ctx = make_context()
        ctx.folder.joinpath(WHEEL).mkdir()
        with pytest.raises(StageError) as caught:  # what came by address may not be run on Linux: no x bit
            build_windows(ctx)
        assert caught.value.code == "antivirus_took"
        assert w64devkit.archive_in(ctx.folder / WHEEL, w64devkit.kit_source("2.7.0")).read_bytes() == content
        server.faults.requests.clear()
        w64devkit.archive_in(ctx.folder / WHEEL, w64devkit.kit_source("2.7.0")).chmod(0o755)
        build_windows(ctx)
        assert not server.faults.requests  # it was there
    assert (ctx.folder / "bin").is_dir()


def test_the_older_zip_needs_consent_and_cmake_from_the_index(
    tmp_path: Path, make_context: MakeContext, shelf: Shelf
) -> None:
    with zipfile.ZipFile(tmp_path / "kit.zip", "w") as archive:
        for name in w64devkit.NEEDED:
            archive.writestr(f"w64devkit/bin/{name}", b"program")
    with serving((tmp_path / "kit.zip").read_bytes()) as server:
        shelf.unverified_zip(server.url.rpartition("/")[0])
        assert _code(make_context()).code == "source_unverified"
        assert not server.faults.requests
        ctx = make_context({"allow_unverified": True})
        build_windows(ctx)
    assert shelf.installed == ["build-tools.txt"]
    assert (ctx.folder / "bin").is_dir()


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_an_older_zip_that_is_none(make_context: MakeContext, shelf: Shelf, content: bytes) -> None:
    with serving(content, Faults()) as server:
        shelf.unverified_zip(server.url.rpartition("/")[0])
        assert _code(make_context({"allow_unverified": True})).code == "download_damaged"


def test_a_compiler_that_a_scanner_took(make_context: MakeContext, shelf: Shelf) -> None:
    shelf.wheel = _self_unpacking({name: content for name, content in KIT.items() if name != "g++.exe"})
    shelf.expects(shelf.wheel)
    error = _code(make_context())
    assert error.code == "file_vanished"
    assert str(error.values["path"]).endswith("g++.exe")


@pytest.mark.parametrize(
    "said",
    [
        "ninja: fatal: CreateProcess: Access is denied.",
        "g++.exe: fatal error: cannot execute 'cc1plus': CreateProcess: No such file or directory",
        "OSError: [WinError 225] Operation did not complete successfully because the file contains a virus",
    ],
)
def test_a_compiler_that_a_scanner_holds_back(make_context: MakeContext, shelf: Shelf, said: str) -> None:
    cmake = f"#!{sys.executable}\nimport sys\nprint({said!r})\nsys.exit(1)\n"
    shelf.wheel = _self_unpacking({**KIT, "cmake.exe": cmake})
    shelf.expects(shelf.wheel)
    ctx = make_context()
    error = _code(ctx)
    assert error.code == "antivirus_took"
    assert error.values["folder"] == str(ctx.folder)


def test_programs_that_are_gone_right_after_the_build(make_context: MakeContext, shelf: Shelf) -> None:
    shelf.wheel = _self_unpacking(
        {**KIT, "cmake.exe": CMAKE.replace('"program"', '"program"); (made / (name)).unlink(')}
    )
    shelf.expects(shelf.wheel)
    assert _code(make_context()).code == "file_vanished"


def test_too_little_disk(make_context: MakeContext, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_cpp_windows, "free_bytes", lambda _: 1000)
    assert _code(make_context()).code == "disk_space"
    assert shelf.installed == []


def test_a_folder_that_is_not_plain_is_left_alone(
    tmp_path: Path, make_context: MakeContext, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "plain"
    monkeypatch.setattr(llama_cpp_windows, "plain_folder", lambda _: plain)
    ctx = make_context()
    real = shelf._install

    def install(_: StageContext, command: object) -> None:
        real(replace(ctx, folder=plain), command)

    monkeypatch.setattr(llama_cpp_windows, "install", install)
    build_windows(ctx)
    assert shelf.installed == ["w64devkit.txt", "llama-cpp.txt"]
    assert [path.name for path in ctx.folder.iterdir()] == ["bin"]
    assert not plain.exists()
