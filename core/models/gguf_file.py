"""Reads back what stands in a GGUF: architecture, chat template, token ids, and whether a tensor is all zero.

The ``gguf`` package's reader builds an object for each token of the vocabulary (20 s for Qwen's 151,936 on a busy
machine); this one steps over them (0.2 s). The tests hold it against that package. Format: llama.cpp, docs/gguf.md.
"""

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

from core.events import StageError

_MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_WANTED_ARRAYS = 16
"""Arrays up to this length are kept, longer ones (the vocabulary) are stepped over."""
_LOOK = 1 << 20
"""Bytes of a tensor that are looked at first; only where they are all zero is the rest read."""

MetaValue = int | float | bool | str | list["MetaValue"]


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor: name, shape (GGUF's order: row length first), type as gguf names it, place in the file in bytes."""

    name: str
    shape: tuple[int, ...]
    type: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class GgufFile:
    """The header of a GGUF."""

    path: Path
    metadata: dict[str, MetaValue]
    tensors: tuple[Tensor, ...]

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def chat_template(self) -> str:
        """The Jinja that is embedded, or ""."""
        return str(self.metadata.get("tokenizer.chat_template", ""))


def read_gguf(path: Path) -> GgufFile:
    """The header of a GGUF. Raises StageError where the file is none, or is shorter than its header says."""
    with path.open("rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                found = _Reader(data).header(path)
        except (ValueError, struct.error, IndexError, KeyError, UnicodeDecodeError) as error:
            raise StageError("gguf_broken", path=str(path), reason=str(error)) from error
    end = max((tensor.offset + tensor.size for tensor in found.tensors), default=0)
    if end > path.stat().st_size:
        raise StageError("gguf_broken", path=str(path), reason=f"{end} > {path.stat().st_size}")
    return found


def zero_tensors(found: GgufFile, progress: Callable[[int, int], None] | None = None) -> list[str]:
    """The matrices whose bytes are all zero: what a broken quantizer writes without an error."""
    zero = []
    with found.path.open("rb") as file:
        for number, tensor in enumerate(found.tensors, 1):
            if len(tensor.shape) > 1 and tensor.size and _all_zero(file, tensor):
                zero.append(tensor.name)
            if progress is not None:
                progress(number, len(found.tensors))
    return zero


def _all_zero(file: BinaryIO, tensor: Tensor) -> bool:
    """Whether each byte of a tensor is zero; most tensors are decided by their first bytes."""
    file.seek(tensor.offset)
    left = tensor.size
    while left > 0:
        chunk = file.read(min(_LOOK, left))
        if not chunk or chunk.strip(b"\0"):
            return False
        left -= len(chunk)
    return True


class _Reader:
    """Walks over the bytes of a header."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def header(self, path: Path) -> GgufFile:
        if self._data[:4] != _MAGIC:
            raise ValueError("no GGUF")
        self._at = 4
        version = self._number("<I")
        if version not in (2, 3):
            raise ValueError(f"GGUF version {version}")
        tensor_count, key_count = self._number("<Q"), self._number("<Q")
        metadata = {self._string(): self._value(self._number("<I")) for _ in range(key_count)}
        rows = [self._tensor() for _ in range(tensor_count)]
        alignment = metadata.get("general.alignment", 32)
        base = -(-self._at // int(str(alignment))) * int(str(alignment))
        tensors = tuple(Tensor(name, shape, kind, base + offset, size) for name, shape, kind, offset, size in rows)
        return GgufFile(path, metadata, tensors)

    def _number(self, form: str) -> int:
        value: int = struct.unpack_from(form, self._data, self._at)[0]
        self._at += struct.calcsize(form)
        return value

    def _string(self) -> str:
        length = self._number("<Q")
        text = self._data[self._at : self._at + length].decode("utf-8")
        self._at += length
        return text

    def _value(self, kind: int) -> MetaValue:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array()
        return self._number(_SCALARS[kind])

    def _array(self) -> list[MetaValue]:
        kind, length = self._number("<I"), self._number("<Q")
        if length <= _WANTED_ARRAYS:
            return [self._value(kind) for _ in range(length)]
        if kind in _SCALARS:
            self._at += length * struct.calcsize(_SCALARS[kind])
        else:
            self._skip_strings(length)
        return []

    def _skip_strings(self, count: int) -> None:
        at, unpack, data = self._at, struct.Struct("<Q").unpack_from, self._data
        for _ in range(count):
            at += 8 + unpack(data, at)[0]
        self._at = at

    def _tensor(self) -> tuple[str, tuple[int, ...], str, int, int]:
        name = self._string()
        shape = tuple(self._number("<Q") for _ in range(self._number("<I")))
        kind = GGMLQuantizationType(self._number("<I"))
        block, size = GGML_QUANT_SIZES[kind]
        return name, shape, kind.name, self._number("<Q"), prod(shape) // block * size
