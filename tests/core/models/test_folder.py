import json
import os
import sys
from pathlib import Path

import pytest

from core.events import StageError
from core.models.folder import FIELD, inspect_model, model_problems

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 988097824\n"


def edit(file: Path, **changes: object) -> None:
    """Change keys of a JSON file; None takes a key away."""
    content = json.loads(file.read_text(encoding="utf-8")) | changes
    kept = {key: value for key, value in content.items() if value is not None}
    file.write_text(json.dumps(kept), encoding="utf-8")


def codes(folder: Path) -> list[str]:
    problems = model_problems(folder)
    assert all(problem.field == FIELD for problem in problems)
    return [problem.code for problem in problems]


def test_reads_a_whole_folder(model: Path) -> None:
    found = inspect_model(model)
    assert (found.architecture, found.model_type, found.parameters) == ("Qwen2ForCausalLM", "qwen2", 32 * 8 + 16 * 8)
    assert (found.dtype, found.weight_bytes) == ("bfloat16", (model / "model.safetensors").stat().st_size)
    assert (found.vocab_size, found.hidden_size, found.intermediate_size, found.layers) == (32, 8, 16, 2)
    assert (found.heads, found.kv_heads, found.head_dim, found.context_length) == (4, 2, 2, 512)
    assert (found.tied, found.quantized) == (True, "")
    assert (found.chat_template, found.eos) == ("from config", ("<|im_end|>",))
    assert model_problems(model) == []


def test_reads_shards(sharded: Path) -> None:
    assert inspect_model(sharded).parameters == 32 * 8 + 16 * 8
    assert model_problems(sharded) == []


def test_an_index_names_files_of_its_own_folder_only(sharded: Path) -> None:
    for shard in (
        "../model.safetensors",
        "/etc/x.safetensors",
        "C:x.safetensors",
        "a\\b.safetensors",
        "\0.safetensors",
    ):
        edit(sharded / "model.safetensors.index.json", weight_map={"w": shard})
        assert codes(sharded) == ["model_json_broken"]


def test_shapes_of_a_multimodal_model_are_those_of_its_language_part(model: Path) -> None:
    shape = {"hidden_size": 64, "num_hidden_layers": 5, "head_dim": 32}
    edit(model / "config.json", hidden_size=None, text_config=shape)
    found = inspect_model(model)
    assert (found.hidden_size, found.layers, found.head_dim, found.intermediate_size) == (64, 5, 32, 16)


def test_an_output_matrix_beside_a_tied_embedding_counts_once(model: Path, write_weights: object) -> None:
    assert callable(write_weights)
    write_weights(model / "model.safetensors", {"model.embed_tokens.weight": (32, 8), "lm_head.weight": (32, 8)})
    assert inspect_model(model).parameters == 32 * 8
    edit(model / "config.json", tie_word_embeddings=None)
    found = inspect_model(model)
    assert (found.parameters, found.tied) == (2 * 32 * 8, False)


def test_chat_template_file_wins_and_default_is_chosen(model: Path) -> None:
    named = [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "plain"}]
    edit(model / "tokenizer_config.json", chat_template=named)
    assert inspect_model(model).chat_template == "plain"
    (model / "chat_template.jinja").write_bytes(b"from\r\nfile")
    assert inspect_model(model).chat_template == "from\r\nfile"


def test_a_model_without_template_is_whole(model: Path) -> None:
    (model / "tokenizer_config.json").unlink()
    assert inspect_model(model).chat_template is None
    assert model_problems(model) == []


def test_eos_of_generation_config_follows_by_id(model: Path) -> None:
    (model / "generation_config.json").write_text('{"eos_token_id": [9, 7]}', encoding="utf-8")
    added = {"7": {"content": "<|im_end|>"}, "9": {"content": "<|endoftext|>"}}
    edit(model / "tokenizer_config.json", added_tokens_decoder=added, eos_token={"content": "<|im_end|>"})
    assert inspect_model(model).eos == ("<|im_end|>", "<|endoftext|>")
    edit(model / "tokenizer_config.json", added_tokens_decoder=None, eos_token=None)
    assert inspect_model(model).eos == ("<|im_end|>",)  # of the two, tokenizer.json knows 7


@pytest.mark.parametrize("method", ["gptq", "awq", "bitsandbytes", "fp8"])
def test_quantized_weights_are_read_but_refused(model: Path, method: str) -> None:
    edit(model / "config.json", quantization_config={"quant_method": method})
    assert inspect_model(model).quantized == method
    (problem,) = model_problems(model)
    assert (problem.code, problem.values["method"]) == ("model_quantized", method)


def test_not_a_model_folder(tmp_path: Path) -> None:
    gguf = tmp_path / "m.GGUF"
    gguf.write_bytes(b"GGUF")
    (tmp_path / "other.txt").write_text("x", encoding="utf-8")
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}", encoding="utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert codes(tmp_path / "absent") == ["model_not_found"]
    assert codes(tmp_path / ("n" * 3000)) == ["model_not_found"]
    assert codes(tmp_path / "nul\0") == ["model_not_found"]
    assert codes(gguf) == ["model_is_gguf"]
    assert codes(tmp_path / "other.txt") == ["model_not_a_folder"]
    assert codes(tmp_path) == ["model_is_gguf"]
    assert codes(adapter) == ["model_is_adapter"]
    assert codes(empty) == ["model_no_config"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "model_file_empty"),
        ("{", "model_json_broken"),
        ("[1]", "model_json_broken"),
        ("[" * 200_000, "model_json_broken"),
        (LFS, "model_lfs_pointer"),
        ("{}", "model_config_incomplete"),
        ('{"architectures": []}', "model_config_incomplete"),
        ('{"architectures": ["A"], "vocab_size": "many"}', "model_config_incomplete"),
    ],
)
def test_broken_config(model: Path, text: str, code: str) -> None:
    (model / "config.json").write_text(text, encoding="utf-8")
    assert codes(model) == [code]
    with pytest.raises(StageError, check=lambda error: error.code == code):
        inspect_model(model)


def test_config_that_is_not_utf8(model: Path) -> None:
    (model / "config.json").write_bytes('{"名": "模型"}'.encode("gb18030"))
    assert codes(model) == ["model_file_not_utf8"]


def test_negative_and_absurd_shapes_are_refused(model: Path) -> None:
    for value in (0, -8, 2**60, 1.5, True, None):
        edit(model / "config.json", hidden_size=value)
        (problem,) = model_problems(model)
        assert (problem.code, problem.values["key"]) == ("model_config_incomplete", "hidden_size")


def test_a_broken_tokenizer_is_said_once(model: Path) -> None:
    (model / "tokenizer_config.json").write_text("{", encoding="utf-8")
    assert codes(model) == ["model_json_broken"]
    (model / "tokenizer_config.json").unlink()
    (model / "tokenizer.json").unlink()
    assert codes(model) == ["model_no_tokenizer"]


def test_weights_that_are_not_there(model: Path) -> None:
    (model / "model.safetensors").unlink()
    assert codes(model) == ["model_no_weights"]
    (model / "m.gguf").touch()
    assert codes(model) == ["model_is_gguf"]
    (model / "pytorch_model.bin").touch()
    assert codes(model) == ["model_only_pytorch_bin"]
    (model / "model-00001-of-00002.safetensors").touch()
    assert codes(model) == ["model_index_missing"]


def test_each_bad_shard_is_named(sharded: Path) -> None:
    first, second = sorted(sharded.glob("model-*.safetensors"))
    first.unlink()
    second.write_text(LFS, encoding="utf-8")
    problems = model_problems(sharded)
    assert [problem.code for problem in problems] == ["model_file_missing", "model_lfs_pointer"]
    assert [problem.values["file"] for problem in problems] == [str(first), str(second)]


def test_all_problems_come_at_once(model: Path) -> None:
    (model / "config.json").write_text("{", encoding="utf-8")
    (model / "tokenizer.json").unlink()
    (model / "tokenizer_config.json").unlink()
    (model / "model.safetensors").write_bytes(b"")
    assert codes(model) == ["model_json_broken", "model_no_tokenizer", "model_file_empty"]


@pytest.mark.skipif(sys.platform == "win32" or getattr(os, "geteuid", int)() == 0, reason="root may read everything")
def test_unreadable_file(model: Path) -> None:
    (model / "config.json").chmod(0)
    assert "file_not_readable" in codes(model)
