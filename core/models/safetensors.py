"""Reads the header of a safetensors file by hand: names, types and shapes of its tensors, without torch.

A file is: 8 bytes (little endian) with the header's length, the header (JSON), the tensors' bytes. The header gives the
place of each tensor, so a download that was cut off shows in the file's size.
"""

import math
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.events import StageError
from core.models.files import check_file

MAX_HEADER = 100_000_000
"""The limit of the safetensors library itself."""

_LENGTH_BYTES = 8
_Count = Annotated[int, Field(ge=0, le=2**62)]


class Tensor(BaseModel):
    """One tensor as its header describes it; ``data_offsets`` count from the end of the header."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")
    dtype: Annotated[str, Field(max_length=32)]
    shape: Annotated[tuple[_Count, ...], Field(max_length=16)]
    data_offsets: tuple[_Count, _Count]

    @property
    def parameters(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return self.data_offsets[1] - self.data_offsets[0]


_HEADER: TypeAdapter[dict[str, Tensor | dict[str, str]]] = TypeAdapter(dict[str, Tensor | dict[str, str]])


def read_tensors(file: Path) -> dict[str, Tensor]:
    """The tensors of a whole safetensors file by name; StageError if it is not whole."""
    size = check_file(file)
    if size < _LENGTH_BYTES:
        raise StageError("model_shard_truncated", file=str(file), expected=_LENGTH_BYTES, actual=size)
    header, length = _read_header(file, size)
    tensors = _parse(file, header)
    expected = _LENGTH_BYTES + length + max(tensor.data_offsets[1] for tensor in tensors.values())
    if size < expected:
        raise StageError("model_shard_truncated", file=str(file), expected=expected, actual=size)
    if size > expected:
        raise _broken(file, f"{size - expected} bytes too many at the end")
    return tensors


def _read_header(file: Path, size: int) -> tuple[bytes, int]:
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
            if length > MAX_HEADER:
                raise _broken(file, f"its header would be {length} bytes long")
            if size < _LENGTH_BYTES + length:
                raise StageError("model_shard_truncated", file=str(file), expected=_LENGTH_BYTES + length, actual=size)
            return stream.read(length), length
    except OSError as error:
        raise StageError("file_not_readable", file=str(file), reason=error.strerror or str(error)) from None


def _parse(file: Path, header: bytes) -> dict[str, Tensor]:
    try:
        entries = _HEADER.validate_json(header)
    except ValidationError as error:
        raise _broken(file, str(error.errors()[0]["msg"])) from None
    tensors = {name: entry for name, entry in entries.items() if isinstance(entry, Tensor)}
    strangers = entries.keys() - tensors.keys() - {"__metadata__"}
    if strangers:
        raise _broken(file, f"no type and shape for {min(strangers)[:80]}")
    if not tensors:
        raise _broken(file, "it holds no tensors")
    if any(tensor.size < 0 for tensor in tensors.values()):
        raise _broken(file, "a tensor ends before it begins")
    return tensors


def _broken(file: Path, reason: str) -> StageError:
    return StageError("model_shard_broken", file=str(file), reason=reason)
