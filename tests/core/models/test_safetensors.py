import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.events import StageError
from core.models.safetensors import MAX_HEADER, read_tensors

WEIGHT = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


def file_of(header: bytes, data: int) -> bytes:
    return len(header).to_bytes(8, "little") + header + bytes(data)


def code_of(file: Path, content: bytes) -> str:
    file.write_bytes(content)
    with pytest.raises(StageError) as caught:
        read_tensors(file)
    return caught.value.code


def test_counts_parameters_of_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "m.safetensors"
    scalar = {"dtype": "F32", "shape": [], "data_offsets": [24, 28]}
    header = (
        json.dumps({"__metadata__": {"format": "pt"}, "w": WEIGHT, "s": scalar}).encode() + b"   "
    )  # padding is allowed
    file.write_bytes(file_of(header, 28))
    tensors = read_tensors(file)
    assert {name: (tensor.parameters, tensor.size) for name, tensor in tensors.items()} == {"w": (6, 24), "s": (1, 4)}


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "m.safetensors"
    whole = file_of(json.dumps({"w": WEIGHT}).encode(), 24)
    for length in range(1, len(whole)):
        assert code_of(file, whole[:length]) == "model_shard_truncated"
    assert code_of(file, b"") == "model_file_empty"
    assert code_of(file, whole + b"x") == "model_shard_broken"


def test_a_header_that_would_fill_memory_is_refused(tmp_path: Path) -> None:
    content = (MAX_HEADER + 1).to_bytes(8, "little") + b"{}"
    assert code_of(tmp_path / "m.safetensors", content) == "model_shard_broken"


@pytest.mark.parametrize(
    "header",
    [
        b"{}",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"__metadata__": {}}',
        b'{"w": {"dtype": "F32"}}',
        b'{"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}',
        b'{"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}',
        b'{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}}',
        b'{"w": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]}}',
        b'{"w": {"dtype": "F32", "shape": [' + b"9" * 5000 + b'], "data_offsets": [0, 4]}}',
        b'{"w": {"dtype": "F32", "shape": "[1]", "data_offsets": [0, 4]}}',
        b'{"w": {"note": "a string map, but not the metadata"}}',
    ],
)
def test_wrong_headers(tmp_path: Path, header: bytes) -> None:
    assert code_of(tmp_path / "m.safetensors", file_of(header, 4)) == "model_shard_broken"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
entries = st.fixed_dictionaries(
    {"dtype": json_values | st.just("F16"), "shape": json_values, "data_offsets": json_values}
)
headers = st.dictionaries(st.text(max_size=5), json_values | entries, max_size=3).map(
    lambda value: json.dumps(value).encode()
)
contents = st.binary(max_size=200) | st.builds(file_of, headers | st.binary(max_size=50), st.integers(0, 20))


@given(content=contents)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_any_bytes_give_tensors_or_a_stage_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "any.safetensors"
    file.write_bytes(content)
    try:
        tensors = read_tensors(file)
    except StageError:
        return
    assert all(tensor.parameters >= 0 for tensor in tensors.values())
