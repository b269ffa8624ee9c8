"""Proves that a llama-quantize works: it quantizes a tiny model, and the weights must come out right.

A program that was built by an odd compiler, or for another CPU, may run to its end and write zeros.
"""

import hashlib
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

from core.events import StageError
from core.process.command import Command
from core.tools import llama_cpp

MODEL = "self-test-f16.gguf"
TYPES = ("Q8_0", "Q4_0")
EXPECTED = {
    "Q8_0": "f85f910d4b0e97704b56da874ef49373c30f7f7468f221dd04a6b7561522e2e7",
    "Q4_0": "0f71fd250080f0b5b68503a522b7ccedf1c101a914cf67caf138f5877225b24b",
}
"""sha256 over all weights, as b10605 makes them."""

_WIDTH, _FEED_FORWARD, _VOCABULARY = 256, 512, 64
_SHAPES = {
    "token_embd.weight": (_VOCABULARY, _WIDTH),
    "output.weight": (_VOCABULARY, _WIDTH),
    "blk.0.attn_q.weight": (_WIDTH, _WIDTH),
    "blk.0.ffn_up.weight": (_FEED_FORWARD, _WIDTH),
    "blk.0.ffn_down.weight": (_WIDTH, _FEED_FORWARD),
}
_TOLERANCE = {"Q8_0": 0.01, "Q4_0": 0.15}
"""The largest error of a weight; they lie between -1 and 1."""


def write_model(folder: Path) -> Path:
    """Write the tiny model, always with the same weights."""
    path = folder / MODEL
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(_WIDTH)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_block_count(1)
    writer.add_head_count(4)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    for number, name in enumerate(_SHAPES):
        writer.add_tensor(name, _weights(number, name).astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def command(binary: Path, folder: Path, kind: str) -> Command:
    """Quantize the tiny model of a folder to one of :data:`TYPES`."""
    return llama_cpp.quantize(binary, folder / MODEL, folder / _out(kind), kind, threads=1)


def check(folder: Path, kind: str) -> bool:
    """Check what came out; True where it is byte for byte what the pinned version makes.

    Another CPU may round differently: then each weight must be near what it was. Raises StageError where one is not.
    """
    try:
        tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(folder / _out(kind)).tensors}
        digest = hashlib.sha256(b"".join(tensors[name].data.tobytes() for name in _SHAPES)).hexdigest()
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise StageError("quantize_self_test_failed", type=kind, tensor="") from error
    if digest == EXPECTED[kind]:
        return True
    for number, (name, shape) in enumerate(_SHAPES.items()):
        found = gguf.dequantize(tensors[name].data, tensors[name].tensor_type).reshape(shape)
        if not np.abs(found - _weights(number, name)).max() <= _TOLERANCE[kind]:  # also where it is not a number
            raise StageError("quantize_self_test_failed", type=kind, tensor=name)
    return False


def _weights(number: int, name: str) -> npt.NDArray[np.float32]:
    """Whole-number arithmetic only, so that they are the same everywhere."""
    rows, columns = _SHAPES[name]
    count = np.arange(rows * columns, dtype=np.uint64) + np.uint64(1_000_003 * number)
    mixed = (count * np.uint64(2_654_435_761)) % np.uint64(1 << 32)
    return (mixed.astype(np.float64) / (1 << 31) - 1).astype(np.float16).astype(np.float32).reshape(rows, columns)


def _out(kind: str) -> str:
    return f"self-test-{kind}.gguf"
