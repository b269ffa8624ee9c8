"""Which files hold a model's weights, as transformers would choose them."""

from pathlib import Path

from core.events import StageError
from core.models.files import names_in, read_json

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a model folder: the single file, or all shards that the index names.

    They need not exist: each is checked when it is read.
    """
    names = names_in(folder)
    if SINGLE in names:
        return (folder / SINGLE,)
    if INDEX in names:
        return tuple(folder / shard for shard in _shards(folder / INDEX))
    if any(name.startswith("model-") and name.endswith(".safetensors") for name in names):
        raise StageError("model_index_missing", file=str(folder / INDEX))
    if any(name.startswith("pytorch_model") and name.endswith(".bin") for name in names):
        raise StageError("model_only_pytorch_bin", path=str(folder))
    if any(name.lower().endswith(".gguf") for name in names):
        raise StageError("model_is_gguf", path=str(folder))
    raise StageError("model_no_weights", path=str(folder))


def _shards(index: Path) -> list[str]:
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise StageError("model_json_broken", file=str(index), reason="weight_map is missing")
    shards = {str(shard) for shard in weight_map.values()}
    for shard in shards:
        # an index comes from outside: it may name files of its own folder only
        if not shard.endswith(".safetensors") or "/" in shard or "\\" in shard or ":" in shard or "\0" in shard:
            raise StageError("model_json_broken", file=str(index), reason=f"{shard[:80]!r} is not the name of a shard")
    return sorted(shards)
