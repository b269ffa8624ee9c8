"""Installing the demo's Ollama, with made-up packages (the real ones: test_ollama_real.py)."""

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from core.events import StageError, Value
from core.tools.ollama_demo import get_server

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
        self.addresses: list[Value] = []

    def __call__(self, code: str, values: Mapping[str, Value]) -> None:
        self.codes.append(code)
        self.addresses.append(values["address"])


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def test_the_packages_are_arranged_and_not_fetched_twice(tmp_path: Path) -> None:
    uv, told, folder = FakeUv(), Told(), tmp_path / "ollama"
    server = get_server(folder, uv, told)
    assert server == get_server(folder, uv, told)
    (call,) = uv.calls
    assert call[:2] == ("pip", "install")
    assert {"--require-hashes", "--no-deps"} <= set(call)
    assert told.codes == ["ollama_index_build"]
    assert told.addresses == ["https://ollama.com/download/ollama-linux-amd64.tgz"]
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
