"""The ways to llama.cpp with small stand-ins for its quantizer."""

import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from core.events import Event, Message, StageError
from core.stages import build_llama_cpp, llama_cpp_ways
from core.stages.base import StageContext
from core.stages.build_llama_cpp import BuildLlamaCpp, ways
from tests.core.stages.conftest import MakeContext

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts")

CRASH = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
REFUSE = "import sys; print('unknown option'); sys.exit(3)"
HANG = "import time; time.sleep(600)"
NOTHING = ""
ZEROS = """
    import sys, gguf, numpy
    given, out, kind = sys.argv[1:4]
    writer = gguf.GGUFWriter(out, "llama")
    type = gguf.GGMLQuantizationType[kind]
    for tensor in gguf.GGUFReader(given).tensors:
        zeros = gguf.quantize(numpy.zeros_like(tensor.data, numpy.float32), type)
        writer.add_tensor(tensor.name, zeros, raw_dtype=type)
    writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file(); writer.close()
"""
RIGHT = ZEROS.replace("numpy.zeros_like(tensor.data, numpy.float32)", "tensor.data.astype(numpy.float32)")


def _program(folder: Path, code: str, name: str = "llama-quantize") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{textwrap.dedent(code)}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def _no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_llama_cpp, "install", lambda *_: None)
    monkeypatch.setattr(build_llama_cpp, "SELF_TEST_LIMIT", 20.0)


def _existing(make_context: MakeContext, folder: Path, code: str) -> StageContext:
    _program(folder, code)
    return make_context(llama_cpp="existing", llama_cpp_dir=str(folder))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (CRASH, "quantizer_crashes"),
        (REFUSE, "quantizer_crashes"),
        (NOTHING, "quantize_self_test_failed"),
        (ZEROS, "quantize_self_test_failed"),
    ],
)
def test_a_quantizer_that_does_not_work(tmp_path: Path, make_context: MakeContext, code: str, expected: str) -> None:
    with pytest.raises(StageError) as caught:
        BuildLlamaCpp().run(_existing(make_context, tmp_path / "own", code))
    assert caught.value.code == expected


def test_a_quantizer_that_hangs(tmp_path: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_llama_cpp, "SELF_TEST_LIMIT", 0.5)
    with pytest.raises(StageError) as caught:
        BuildLlamaCpp().run(_existing(make_context, tmp_path / "own", HANG))
    assert caught.value.code == "quantizer_hangs"
    assert caught.value.values["path"] == str(tmp_path / "own" / "llama-quantize")


def test_one_that_works(tmp_path: Path, make_context: MakeContext, events: list[Event]) -> None:
    ctx = _existing(make_context, tmp_path / "own", RIGHT)
    BuildLlamaCpp().run(ctx)
    assert ctx.facts["way"] == "existing"
    assert isinstance(ctx.facts["exact"], bool)
    assert [event.code for event in events if isinstance(event, Message)] == ["llama_cpp_proved"]


def _puts(code: str) -> Callable[[StageContext], None]:
    def put(ctx: StageContext) -> None:
        _program(ctx.folder / "bin", code)

    return put


def test_the_next_way_is_tried(make_context: MakeContext, events: list[Event], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_llama_cpp, "WAYS", {"build": _puts(CRASH), "ollama": _puts(RIGHT)})
    ctx = make_context()
    assert ways(ctx.job) == ("build", "ollama")
    BuildLlamaCpp().run(ctx)
    assert ctx.facts["way"] == "ollama"
    codes = [event.code for event in events if isinstance(event, Message)]
    assert codes == ["quantizer_crashes", "llama_cpp_next_way", "llama_cpp_proved"]


def test_where_none_works_the_first_failure_is_told(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_ollama(_: StageContext) -> None:
        raise StageError("ollama_without_quantize", needed="0.30")

    monkeypatch.setattr(build_llama_cpp, "WAYS", {"build": _puts(CRASH), "ollama": no_ollama})
    with pytest.raises(StageError) as caught:
        BuildLlamaCpp().run(make_context())
    assert caught.value.code == "quantizer_crashes"


def test_a_full_disk_is_not_tried_again(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: StageContext) -> None:
        raise StageError("disk_space", path="/", needed=2, free=1)

    monkeypatch.setattr(build_llama_cpp, "WAYS", {"build": full, "ollama": _puts(RIGHT)})
    with pytest.raises(StageError) as caught:
        BuildLlamaCpp().run(make_context())
    assert caught.value.code == "disk_space"


def test_a_program_that_vanishes(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_llama_cpp, "WAYS", {"build": lambda ctx: None})
    ctx = make_context(llama_cpp="build")
    with pytest.raises(StageError) as caught:
        BuildLlamaCpp().run(ctx)
    assert caught.value.code == "file_vanished"
    assert caught.value.values["folder"] == str(ctx.folder)


def test_the_quantizer_of_ollama_is_copied(
    tmp_path: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path / "usr" / "bin", "", "ollama")
    library = tmp_path / "usr" / "lib" / "ollama"
    _program(library, RIGHT)
    (library / "libggml-base.so").write_bytes(b"x")
    (library / "cuda_v13").mkdir()
    (library / "cuda_v13" / "libggml-cuda.so").write_bytes(b"x")
    monkeypatch.setenv("PATH", f"{tmp_path / 'usr' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    ctx = make_context(llama_cpp="ollama")
    BuildLlamaCpp().run(ctx)
    assert sorted(path.name for path in (ctx.folder / "bin").iterdir()) == ["libggml-base.so", "llama-quantize"]


def test_an_older_ollama_has_none(tmp_path: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", "", "ollama")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(StageError) as caught:
        llama_cpp_ways.from_ollama(make_context(llama_cpp="ollama"))
    assert caught.value.code == "ollama_without_quantize"
