"""What the tests of outside tools share: a tiny GGUF, and programs that say what they are told to."""

import os
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest

_WIDTH, _LAYERS, _HEADS, _KV_HEADS, _INNER = 64, 2, 4, 2, 128


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a program first on PATH, a script that prints a text and ends with a code; ``script`` runs in between."""

    def put(name: str, says: str, code: int = 0, script: str = ":") -> None:
        (tmp_path / f"{name}.txt").write_text(says, encoding="utf-8")
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\ncat '{path}.txt'\n{script}\nexit {code}\n", encoding="utf-8")
        path.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return put


@pytest.fixture(scope="session")
def make_gguf() -> Callable[[Path, str], Path]:
    """Writes a GGUF of random weights: architecture by argument, byte tokenizer, and only printable ASCII is said."""

    def make(path: Path, arch: str = "qwen2") -> Path:
        tokens, special = _byte_tokens(), ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
        size = 288
        unused = [f"[PAD{number}]" for number in range(size - 256 - len(special))]
        kinds = [gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * 3 + [gguf.TokenType.UNUSED] * len(unused)
        writer = gguf.GGUFWriter(path, arch)
        writer.add_context_length(2048)
        writer.add_embedding_length(_WIDTH)
        writer.add_block_count(_LAYERS)
        writer.add_feed_forward_length(_INNER)
        writer.add_head_count(_HEADS)
        writer.add_head_count_kv(_KV_HEADS)
        writer.add_layer_norm_rms_eps(1e-6)
        writer.add_rope_freq_base(10000.0)
        writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("qwen2")
        writer.add_token_list([*tokens, *special, *unused])
        writer.add_token_types(kinds)
        writer.add_token_merges(["h e"])
        writer.add_bos_token_id(256)
        writer.add_eos_token_id(258)
        _add_tensors(writer, size)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path

    return make


def _byte_tokens() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _add_tensors(writer: gguf.GGUFWriter, size: int) -> None:
    random = np.random.default_rng(0)

    def weights(rows: int, columns: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float16]]":
        return (random.standard_normal((rows, columns)) * 0.05).astype(np.float16)

    ones, head = np.ones(_WIDTH, np.float32), _WIDTH // _HEADS
    said = weights(size, _WIDTH)
    said[[token for token in range(size) if not 32 <= token < 127]] = 0  # only printable ASCII is ever likely
    writer.add_tensor("token_embd.weight", weights(size, _WIDTH))
    writer.add_tensor("output.weight", said)
    writer.add_tensor("output_norm.weight", ones)
    for layer in range(_LAYERS):
        shapes = {
            "attn_q": (_HEADS * head, _WIDTH),
            "attn_k": (_KV_HEADS * head, _WIDTH),
            "attn_v": (_KV_HEADS * head, _WIDTH),
            "attn_output": (_WIDTH, _HEADS * head),
            "ffn_gate": (_INNER, _WIDTH),
            "ffn_up": (_INNER, _WIDTH),
            "ffn_down": (_WIDTH, _INNER),
        }
        for name, shape in shapes.items():
            writer.add_tensor(f"blk.{layer}.{name}.weight", weights(*shape))
        for name in ("attn_q", "attn_k", "attn_v"):
            writer.add_tensor(f"blk.{layer}.{name}.bias", np.zeros(shapes[name][0], np.float32))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", ones)
