"""Model folders made by hand: small, whole, and each broken in its own way by the tests."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Shapes = dict[str, tuple[int, ...]]
WriteWeights = Callable[[Path, Shapes], None]

CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "vocab_size": 32,
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
}


def safetensors_bytes(shapes: Shapes, dtype: str = "BF16") -> bytes:
    """A safetensors file as its format says: length, header, data."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        size = 2
        for length in shape:
            size *= length
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(end)


@pytest.fixture
def write_weights() -> WriteWeights:
    def write(file: Path, shapes: Shapes) -> None:
        file.write_bytes(safetensors_bytes(shapes))

    return write


@pytest.fixture
def model(tmp_path: Path, write_weights: WriteWeights) -> Path:
    """A whole model folder in a single file: 32 x 8 + 16 x 8 parameters."""
    folder = tmp_path / "模型 folder"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / "tokenizer.json").write_text(
        json.dumps({"added_tokens": [{"id": 7, "content": "<|im_end|>"}]}), encoding="utf-8"
    )
    tokenizer_config = {"eos_token": "<|im_end|>", "chat_template": "from config"}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config), encoding="utf-8")
    write_weights(
        folder / "model.safetensors",
        {"model.embed_tokens.weight": (32, 8), "model.layers.0.mlp.up_proj.weight": (16, 8)},
    )
    return folder


@pytest.fixture
def sharded(model: Path, write_weights: WriteWeights) -> Path:
    """The same model in two shards with an index."""
    (model / "model.safetensors").unlink()
    first, second = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
    write_weights(model / first, {"model.embed_tokens.weight": (32, 8)})
    write_weights(model / second, {"model.layers.0.mlp.up_proj.weight": (16, 8)})
    index = {"weight_map": {"model.embed_tokens.weight": first, "model.layers.0.mlp.up_proj.weight": second}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return model
