import csv
from pathlib import Path

import pytest

from core.events import StageError
from core.models.folder import ModelFolder
from core.models.forecast import (
    GIB,
    checkpoints_bytes,
    gguf_bytes,
    lora_parameters,
    merged_bytes,
    quantized_bytes,
    vram_forecast,
)
from core.models.quantization import BITS, quantization_type

DATA = Path(__file__).parents[2] / "data"
MIB = 2**20


def shape(parameters: int, sizes: tuple[int, int, int, int, int, int, int], *, tied: bool) -> ModelFolder:
    """A model of a given shape: hidden, layers, heads, kv heads, head width, MLP, vocabulary."""
    hidden, layers, heads, kv_heads, head_dim, mlp, vocabulary = sizes
    return ModelFolder(
        path=Path("model"),
        architecture="Qwen2ForCausalLM",
        model_type="qwen2",
        parameters=parameters,
        dtype="bfloat16",
        weight_bytes=parameters * 2,
        context_length=32768,
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=mlp,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        tied=tied,
        quantized="",
        chat_template=None,
        eos=(),
    )


MODELS = {
    "tiny": shape(9_798_208, (64, 2, 4, 2, 16, 128, 151936), tied=True),
    "qwen2.5-0.5b": shape(494_032_768, (896, 24, 14, 2, 64, 4864, 151936), tied=True),
    "qwen2.5-1.5b": shape(1_543_714_304, (1536, 28, 12, 2, 128, 8960, 151936), tied=True),
    "qwen3-4b": shape(4_022_468_096, (2560, 36, 32, 8, 128, 9728, 151936), tied=True),
    "qwen2.5-7b": shape(7_615_616_512, (3584, 28, 28, 4, 128, 18944, 152064), tied=False),
    "llama3.1-8b": shape(8_030_261_248, (4096, 32, 32, 8, 128, 14336, 128256), tied=False),
}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("row", rows("gpu_memory.csv"), ids=lambda row: "-".join(list(row.values())[:5]))
def test_vram_forecast_against_measurements(row: dict[str, str]) -> None:
    tokens, checkpointing = int(row["batch"]) * int(row["length"]), row["gc"] == "1"
    found = vram_forecast(
        MODELS[row["model"]],
        lora_rank=8,
        batch=int(row["batch"]),
        length=int(row["length"]),
        gradient_checkpointing=checkpointing,
        quant_bits=4 if row["quant"] == "nf4" else 0,
    )
    allowed = 0.04 if checkpointing else 0.05 if tokens >= 1024 else 0.09
    cuda_context = 0.75 * GIB
    assert found.total - cuda_context == pytest.approx(float(row["allocated_gib"]) * GIB, rel=allowed)
    assert found.total <= float(row["device_gib"]) * GIB * 1.05


def test_vram_parts() -> None:
    found = vram_forecast(MODELS["qwen2.5-7b"], lora_rank=8, batch=1, length=1024, gradient_checkpointing=True)
    assert found.weights == 7_615_616_512 * 2
    assert found.adapter == 20_185_088 * 16
    assert found.logits == 1024 * 152064 * 12
    assert found.activations == 1024 * 2 * 3584 * 28
    assert found.total == sum((found.weights, found.adapter, found.activations, found.logits, found.context))


def test_vram_grows_with_each_setting() -> None:
    model = MODELS["qwen2.5-0.5b"]
    base = vram_forecast(model, lora_rank=8, batch=4, length=512, gradient_checkpointing=True)
    wider = vram_forecast(model, lora_rank=16, batch=4, length=512, gradient_checkpointing=True)
    open_ = vram_forecast(model, lora_rank=8, batch=4, length=512, gradient_checkpointing=False)
    double = vram_forecast(model, lora_rank=8, batch=4, length=512, gradient_checkpointing=True, dtype="float32")
    eight = vram_forecast(model, lora_rank=8, batch=4, length=512, gradient_checkpointing=True, quant_bits=8)
    four = vram_forecast(model, lora_rank=8, batch=4, length=512, gradient_checkpointing=True, quant_bits=4)
    assert wider.adapter == 2 * base.adapter
    assert open_.total > base.total > eight.total > four.total
    assert double.weights == 2 * base.weights


def test_nf4_weights_as_loaded() -> None:
    four = vram_forecast(
        MODELS["qwen2.5-7b"], lora_rank=8, batch=1, length=256, gradient_checkpointing=True, quant_bits=4
    )
    loaded_adapter = four.adapter / 4
    assert four.weights + loaded_adapter == pytest.approx(5.253 * GIB, rel=0.01)


@pytest.mark.parametrize("row", rows("quantized_sizes.csv"), ids=lambda row: f"{row['model']}-{row['type']}")
def test_quantized_sizes_against_llama_quantize(row: dict[str, str]) -> None:
    model = MODELS[row["model"]]
    found = quantized_bytes(model, row["type"]) - model.vocab_size * 40
    ratio = found / (float(row["mib"]) * MIB)
    assert 0.98 < ratio < 1.10  # rather too much than too little


def test_all_types_of_the_pinned_tool_are_known() -> None:
    assert {row["type"] for row in rows("quantized_sizes.csv")} == BITS.keys()
    assert quantization_type("q4_k_m") == "Q4_K_M"
    with pytest.raises(StageError) as caught:
        quantization_type("Q4_K_XL")
    assert caught.value.code == "quantization_unknown"
    assert caught.value.values["type"] == "Q4_K_XL"


def test_disk_forecasts() -> None:
    model = MODELS["qwen2.5-0.5b"]
    assert lora_parameters(model, 8) == 4_399_104
    assert checkpoints_bytes(model, 8, save_total_limit=2) == 4_399_104 * 4 * 3 * 3
    assert merged_bytes(model) == 494_032_768 * 2
    assert merged_bytes(model, "float32") == 494_032_768 * 4
    assert gguf_bytes(model, "f16") == pytest.approx(0.99e9, rel=0.02)
    assert gguf_bytes(model, "q8_0") == pytest.approx(0.53e9, rel=0.02)


@pytest.mark.parametrize(("checkpointing", "allocated"), [(False, 28.59), (True, 17.64)])
def test_vram_forecast_of_full_attention(checkpointing: bool, allocated: float) -> None:
    """Qwen1.5-7B's shape, trained by `tunesmith run` on an H100: batch 4, longest row 397; GiB that torch allocated."""
    model = shape(7_721_324_544, (4096, 32, 32, 32, 128, 11008, 151936), tied=False)
    found = vram_forecast(model, lora_rank=8, batch=4, length=397, gradient_checkpointing=checkpointing)
    assert (found.total / GIB - 0.75) == pytest.approx(allocated, rel=0.03)
