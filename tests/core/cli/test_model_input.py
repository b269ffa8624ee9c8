"""Model folders that are wrong, as check tells them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.cli.conftest import Home, english

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 988097824\n"


def config(folder: Path, **changes: object) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def truncated(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def truncated_shard(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    shards = {"model.embed_tokens.weight": "model-00001-of-00001.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}), encoding="utf-8")
    shard = folder / "model-00001-of-00001.safetensors"
    shard.write_bytes(shard.read_bytes()[:-100])


def pointer(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(POINTER)


def without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def without_template(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text('{"eos_token": "<|im_end|>"}', encoding="utf-8")


def other_template(folder: Path) -> None:
    text = json.dumps({"eos_token": "</s>", "chat_template": "{{ messages[0]['content'] }}"})
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")


def unknown_architecture(folder: Path) -> None:
    config(folder, architectures=["FlyingForCausalLM"])


def quantized(folder: Path) -> None:
    config(folder, quantization_config={"quant_method": "gptq"})


def broken_config(folder: Path) -> None:
    (folder / "config.json").write_text("{", encoding="utf-8")


def only_gguf(folder: Path) -> None:
    without_config(folder)
    (folder / "model.safetensors").rename(folder / "model.gguf")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (without_config, "model_no_config"),
        (truncated, "model_shard_truncated"),
        (truncated_shard, "model_shard_truncated"),
        (pointer, "model_lfs_pointer"),
        (without_weights, "model_no_weights"),
        (without_template, "template_missing"),
        (other_template, "template_not_supported"),
        (unknown_architecture, "model_type_unknown"),
        (quantized, "model_quantized"),
        (broken_config, "model_json_broken"),
        (only_gguf, "model_is_gguf"),
        (shutil.rmtree, "model_not_found"),
    ],
)
def test_folders(home: Home, spoil: object, code: str) -> None:
    assert callable(spoil)
    path = home.project()
    spoil(home.folder / "模型")
    assert home.problems(path) == {"model.model": code}
    assert home("run", path).code == 2
    assert not (home.folder / "项目.runs").exists()


@pytest.mark.parametrize(
    "spoil", [without_config, truncated, pointer, without_template, unknown_architecture, shutil.rmtree]
)
def test_folders_in_chinese(home: Home, spoil: object) -> None:
    assert callable(spoil)
    path = home.project()
    spoil(home.folder / "模型")
    assert english(home("check", path, "--lang", "zh").text, "FlyingForCausalLM", "kB", "MB") == []


def test_a_gguf_file_for_a_folder(home: Home) -> None:
    file = home.folder / "model.gguf"
    file.write_bytes(b"GGUF")
    assert home.problems(home.project(model={"model": str(file)})) == {"model.model": "model_is_gguf"}


def test_another_file_for_a_folder(home: Home) -> None:
    assert home.problems(home.project(model={"model": str(home.rows())})) == {"model.model": "model_not_a_folder"}


@pytest.mark.parametrize("source", ["modelscope", "huggingface"])
def test_a_hubs_model_is_looked_for_when_it_is_fetched(home: Home, source: str) -> None:
    assert home.problems(home.project(model={"source": source, "model": "Qwen/Qwen2.5-0.5B-Instruct"})) == {}


@pytest.mark.parametrize(
    "model", ["a/b/c", "C:\\models\\x", "../x", "a/..", "模型/x", "https://huggingface.co/a/b", "a b/c"]
)
def test_what_no_hub_can_have(home: Home, model: str) -> None:
    path = home.project(model={"source": "modelscope", "model": model})
    assert home.problems(path) == {"model.model": "hub_id_invalid"}


def test_an_old_id_without_owner_is_hugging_faces_only(home: Home) -> None:
    assert home.problems(home.project(model={"source": "huggingface", "model": "gpt2"})) == {}
    assert home.problems(home.project(model={"source": "modelscope", "model": "gpt2"})) == {
        "model.model": "hub_id_invalid"
    }


def test_a_revision_that_is_an_option(home: Home) -> None:
    path = home.project(model={"source": "huggingface", "model": "a/b", "revision": "--upload-pack=x"})
    assert home.problems(path) == {"model.model": "hub_revision_invalid"}


def test_a_hubs_id_for_a_folder(home: Home) -> None:
    path = home.project(model={"model": "Qwen/Qwen2.5-0.5B-Instruct"})
    assert home.problems(path) == {"model.model": "model_not_found"}


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 3000, "..", "\n", "模型 😀"])
def test_strange_names(home: Home, name: str) -> None:
    assert home.problems(home.project(model={"model": name}))["model.model"] in {
        "model_not_found",
        "model_no_config",
        "model_empty",
    }


@pytest.mark.parametrize(
    ("spoil", "template", "served", "found"),
    [
        (None, "chatml", "me/it", {}),
        (None, "qwen", "me/it", {"model.template": "template_not_compared"}),
        (None, "qwen", "", {}),
        (other_template, "llama3", "me/it", {"model.template": "template_not_supported"}),
        (other_template, "llama3", "", {}),  # a GGUF can be made of it
        (other_template, "chatml", "", {"model.model": "template_not_supported"}),
    ],
)
def test_a_template_of_the_users(
    home: Home, spoil: Callable[[Path], None] | None, template: str, served: str, found: dict[str, str]
) -> None:
    path = home.project(model={"template": template}, ollama={"name": served})
    if spoil:
        spoil(home.folder / "模型")
    assert home.problems(path) == found
    assert english(home("check", path, "--lang", "zh").err, template, "Zquery") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hidden_size": 256, "intermediate_size": 512}, ""),
        ({"hidden_size": 192, "intermediate_size": 512}, "awq_shape"),
        ({"hidden_size": 256, "intermediate_size": 500}, "awq_shape"),
        ({"hidden_size": 256, "intermediate_size": 512, "model_type": "gemma3"}, "awq_model_unknown"),
    ],
)
def test_what_awq_would_refuse_after_the_training(home: Home, changes: dict[str, object], code: str) -> None:
    project = home.project(export={"awq": True})
    config(home.folder / "模型", **changes)
    assert home.problems(project).get("export.awq", "") == code
