"""Reads a model folder: what it is, how large it is, and what keeps it from being tuned."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from core.config.problem import Problem
from core.events import StageError
from core.models.files import check_file, names_in, read_json
from core.models.safetensors import Tensor, read_tensors
from core.models.tokenizer import chat_template_text, check_tokenizer, eos_texts
from core.models.weights import weight_files

FIELD = "model.model"
"""The setting that names the folder."""

_DTYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}
_HEAD = "lm_head.weight"
_Size = Annotated[int, Field(gt=0, le=2**40)]


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model as its folder describes it; counts and shapes are those of the language model."""

    path: Path
    architecture: str
    model_type: str
    parameters: int
    dtype: str
    weight_bytes: int
    context_length: int
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    tied: bool
    quantized: str
    chat_template: str | None
    eos: tuple[str, ...]


class _Config(BaseModel):
    """The part of config.json that is needed; other names are those of ChatGLM."""

    model_config = ConfigDict(extra="ignore", strict=True)
    vocab_size: _Size = Field(validation_alias=AliasChoices("vocab_size", "padded_vocab_size"))
    hidden_size: _Size
    intermediate_size: _Size | Annotated[list[_Size], Field(min_length=1)] = Field(
        validation_alias=AliasChoices("intermediate_size", "ffn_hidden_size")
    )
    layers: _Size = Field(validation_alias=AliasChoices("num_hidden_layers", "num_layers"))
    heads: _Size = Field(validation_alias="num_attention_heads")
    kv_heads: _Size | None = Field(None, validation_alias=AliasChoices("num_key_value_heads", "multi_query_group_num"))
    head_dim: _Size | None = Field(None, validation_alias=AliasChoices("head_dim", "kv_channels"))
    context_length: int | None = Field(None, validation_alias=AliasChoices("max_position_embeddings", "seq_length"))
    tied: bool | None = Field(None, validation_alias="tie_word_embeddings")


def inspect_model(folder: Path) -> ModelFolder:
    """Read a model folder; StageError for the first thing that is wrong with it.

    Already quantized weights can be read but not tuned: :func:`model_problems` refuses them.
    """
    _check_folder(folder)
    config = read_json(folder / "config.json")
    shape = _shape(folder, config)
    check_tokenizer(folder)
    shards = weight_files(folder)
    tensors = {name: tensor for shard in shards for name, tensor in read_tensors(shard).items()}
    tied = shape.tied if shape.tied is not None else _HEAD not in tensors
    if tied:  # some folders carry the output matrix twice; it is loaded once
        tensors.pop(_HEAD, None)
    mlp = shape.intermediate_size
    return ModelFolder(
        path=folder,
        architecture=_architecture(folder, config),
        model_type=str(config.get("model_type", "")),
        parameters=sum(tensor.parameters for tensor in tensors.values()),
        dtype=_dtype(tensors.values()),
        weight_bytes=sum(check_file(shard) for shard in shards),
        context_length=shape.context_length or 0,
        vocab_size=shape.vocab_size,
        hidden_size=shape.hidden_size,
        intermediate_size=max(mlp) if isinstance(mlp, list) else mlp,
        layers=shape.layers,
        heads=shape.heads,
        kv_heads=shape.kv_heads or shape.heads,
        head_dim=shape.head_dim or max(1, shape.hidden_size // shape.heads),
        tied=tied,
        quantized=_quantized(config),
        chat_template=chat_template_text(folder),
        eos=eos_texts(folder),
    )


def model_problems(folder: Path) -> list[Problem]:
    """Everything that keeps a folder from being tuned, each once; none if it is whole."""
    if problems := _problems([partial(_check_folder, folder)]):
        return problems
    checks: list[Callable[[], object]] = [
        partial(_check_config, folder),
        partial(check_tokenizer, folder),
        partial(chat_template_text, folder),
        partial(eos_texts, folder),
    ]
    try:
        checks += [partial(read_tensors, shard) for shard in weight_files(folder)]
    except StageError:
        checks.append(partial(weight_files, folder))  # says again what is wrong
    return _problems(checks)


def _problems(checks: Iterable[Callable[[], object]]) -> list[Problem]:
    problems: list[Problem] = []
    for check in checks:
        try:
            check()
        except StageError as error:
            problem = Problem(FIELD, error.code, error.values)
            if problem not in problems:  # two checks may have met the same broken file
                problems.append(problem)
    return problems


def _check_folder(folder: Path) -> None:
    try:
        is_folder, exists = folder.is_dir(), folder.exists()
    except OSError:  # a name that this computer cannot hold, or a folder that may not be looked into
        is_folder = exists = False
    if not exists:
        raise StageError("model_not_found", path=str(folder))
    if not is_folder:
        code = "model_is_gguf" if folder.suffix.lower() == ".gguf" else "model_not_a_folder"
        raise StageError(code, path=str(folder))
    names = names_in(folder)
    if "config.json" not in names:
        raise StageError(_without_config(names), path=str(folder))


def _without_config(names: tuple[str, ...]) -> str:
    """Why a folder has no config.json: it holds something else, or nothing."""
    if "adapter_config.json" in names:
        return "model_is_adapter"
    return "model_is_gguf" if any(name.lower().endswith(".gguf") for name in names) else "model_no_config"


def _check_config(folder: Path) -> None:
    config = read_json(folder / "config.json")
    _architecture(folder, config)
    _shape(folder, config)
    if method := _quantized(config):
        raise StageError("model_quantized", path=str(folder), method=method)


def _architecture(folder: Path, config: dict[str, object]) -> str:
    architectures = config.get("architectures")
    if isinstance(architectures, list) and architectures and isinstance(architectures[0], str):
        return architectures[0]
    raise StageError("model_config_incomplete", file=str(folder / "config.json"), key="architectures")


def _shape(folder: Path, config: dict[str, object]) -> _Config:
    """The shapes; a model with vision or audio keeps those of its language part in ``text_config``."""
    text = config.get("text_config")
    try:
        return _Config.model_validate(config | text if isinstance(text, dict) else config)
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        raise StageError("model_config_incomplete", file=str(folder / "config.json"), key=key) from None


def _quantized(config: dict[str, object]) -> str:
    """The quantization method of the weights, or ""."""
    found = config.get("quantization_config")
    if not isinstance(found, dict) or not found:
        return ""
    return str(found.get("quant_method") or "?")


def _dtype(tensors: Iterable[Tensor]) -> str:
    """The type that most of the weights' bytes have."""
    sizes: Counter[str] = Counter()
    for tensor in tensors:
        sizes[tensor.dtype] += tensor.size
    name = sizes.most_common(1)[0][0]
    return _DTYPES.get(name, name.lower())
