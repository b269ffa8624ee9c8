"""The self-test of llama-quantize, with products made here by the gguf package."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt
import pytest

from core.events import StageError
from core.tools import llama_cpp_check
from core.tools.llama_cpp_check import MODEL, check, command, write_model

Change = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]


def _product(folder: Path, change: Change) -> None:
    """What a llama-quantize would write, had it done ``change`` to the weights."""
    writer = gguf.GGUFWriter(folder / "self-test-Q8_0.gguf", "llama")
    for tensor in gguf.GGUFReader(folder / MODEL).tensors:
        weights = change(tensor.data.astype(np.float32))
        packed = gguf.quantize(weights, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(tensor.name, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_the_model_is_always_the_same(tmp_path: Path) -> None:
    first = hashlib.sha256(write_model(tmp_path).read_bytes()).hexdigest()
    assert hashlib.sha256(write_model(tmp_path).read_bytes()).hexdigest() == first
    weights = np.concatenate([tensor.data.ravel() for tensor in gguf.GGUFReader(tmp_path / MODEL).tensors])
    assert np.abs(weights).max() <= 1
    assert 0.5 < weights.astype(np.float64).std() < 0.65  # spread evenly


def test_right_weights_pass(tmp_path: Path) -> None:
    write_model(tmp_path)
    _product(tmp_path, lambda weights: weights)
    assert isinstance(check(tmp_path, "Q8_0"), bool)


@pytest.mark.parametrize("change", [np.zeros_like, np.negative, lambda weights: weights * 0.9])
def test_wrong_weights_do_not(tmp_path: Path, change: Change) -> None:
    write_model(tmp_path)
    _product(tmp_path, change)
    with pytest.raises(StageError) as caught:
        check(tmp_path, "Q8_0")
    assert (caught.value.code, caught.value.values["type"]) == ("quantize_self_test_failed", "Q8_0")


def test_no_product_or_half_of_one_does_not(tmp_path: Path) -> None:
    write_model(tmp_path)
    with pytest.raises(StageError):
        check(tmp_path, "Q8_0")
    _product(tmp_path, lambda weights: weights)
    whole = (tmp_path / "self-test-Q8_0.gguf").read_bytes()
    (tmp_path / "self-test-Q8_0.gguf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StageError):
        check(tmp_path, "Q8_0")


def test_the_command_has_ascii_names(tmp_path: Path) -> None:
    folder = tmp_path / "中文"
    found = command(Path("/q"), folder, "Q4_0")
    assert [str(token) for token in found.argv[1:]] == [MODEL, "self-test-Q4_0.gguf", "Q4_0", "1"]
    assert found.cwd == folder
    assert set(llama_cpp_check.EXPECTED) == set(llama_cpp_check.TYPES)
