"""Forecasts: how much GPU memory a training needs, and how much disk space each stage."""

from dataclasses import dataclass

from core.models.folder import ModelFolder
from core.models.quantization import quantized_bits

GIB = 2**30
_NF4_BYTES = 0.516
"""Bytes of a weight in NF4 with double quantization: 4 bits, and 0.127 for the scales."""

_WORKSPACE = round(0.06 * GIB)
_CUDA_CONTEXT = round(0.75 * GIB)
_BYTES = {"float32": 4, "f32": 4, "q8_0": 8.5 / 8}
"""Bytes of a weight; all other formats that a model is trained in, merged to or converted to take 2."""


@dataclass(frozen=True, slots=True)
class VramForecast:
    """The GPU memory of a LoRA training in bytes, by what takes it.

    It is what the training holds at its peak. PyTorch reserves more where it can get it: 2 to 30 % for rows of one
    length, up to twice as much for mixed ones on a card with room. The figures behind it were fitted to dense models
    (grouped and full attention) with fp32 adapters, dropout 0.05 and sdpa, on one GPU: within 4 % with gradient
    checkpointing, within 5 % without it from 1024 tokens a batch on, up to 9 % off below that.
    """

    weights: int
    adapter: int
    activations: int
    logits: int
    context: int

    @property
    def total(self) -> int:
        """All parts together."""
        return self.weights + self.adapter + self.activations + self.logits + self.context


def vram_forecast(
    model: ModelFolder,
    *,
    lora_rank: int,
    batch: int,
    length: int,
    gradient_checkpointing: bool,
    quant_bits: int = 0,
    dtype: str = "bfloat16",
) -> VramForecast:
    """The GPU memory of a training: ``batch`` rows of ``length`` tokens at once on one GPU."""
    tokens = batch * length
    hidden, layers = model.hidden_size, model.layers
    if gradient_checkpointing:
        per_token = 2.0 * hidden * layers  # one checkpoint a layer, 2 bytes a number
    else:
        query, key = model.heads * model.head_dim, model.kv_heads * model.head_dim
        per_token = layers * (25.8 * hidden + 8.65 * model.intermediate_size + 29.3 * query - 21.2 * key)
    return VramForecast(
        weights=_loaded_bytes(model, quant_bits, dtype),
        adapter=lora_parameters(model, lora_rank) * 16,  # fp32: weight, gradient, two moments of Adam
        activations=round(tokens * per_token),
        logits=tokens * model.vocab_size * 12,  # in 2 bytes, in 4, and their gradient
        context=_WORKSPACE + _CUDA_CONTEXT,
    )


def lora_parameters(model: ModelFolder, lora_rank: int) -> int:
    """Parameters of an adapter on all linear layers: two thin matrices beside each."""
    return lora_rank * sum(rows + columns for rows, columns in _linear_layers(model)) * model.layers


def adapter_bytes(model: ModelFolder, lora_rank: int) -> int:
    """The adapter's file."""
    return lora_parameters(model, lora_rank) * 4


def checkpoints_bytes(model: ModelFolder, lora_rank: int, save_total_limit: int) -> int:
    """All checkpoints: each holds the adapter and Adam's two moments; a new one is written before an old one goes."""
    return adapter_bytes(model, lora_rank) * 3 * (save_total_limit + 1)


def merged_bytes(model: ModelFolder, dtype: str = "bfloat16") -> int:
    """The merged model's weights."""
    return round(model.parameters * _BYTES.get(dtype, 2))


def gguf_bytes(model: ModelFolder, outtype: str) -> int:
    """The GGUF that the converter writes (f16, bf16, f32, q8_0, auto)."""
    return round(model.parameters * _BYTES.get(outtype, 2)) + _vocabulary_bytes(model)


def quantized_bytes(model: ModelFolder, quantization: str) -> int:
    """The GGUF that llama-quantize writes; StageError if it does not know the type."""
    bits = quantized_bits(quantization, model.hidden_size, model.parameters, model.vocab_size * model.hidden_size)
    return round(bits / 8) + _vocabulary_bytes(model)


def _vocabulary_bytes(model: ModelFolder) -> int:
    """Tokens, types and merges in a GGUF's head: 6 MB for Qwen's 151,936 tokens."""
    return model.vocab_size * 40


def _loaded_bytes(model: ModelFolder, quant_bits: int, dtype: str) -> int:
    """The base model on the GPU; bitsandbytes quantizes the linear layers and leaves embedding and output matrix."""
    bytes_each = _BYTES.get(dtype, 2)
    if quant_bits == 0:
        return round(model.parameters * bytes_each)
    linear = model.layers * sum(rows * columns for rows, columns in _linear_layers(model))
    linear = min(linear, model.parameters)
    return round(linear * (_NF4_BYTES if quant_bits == 4 else 1) + (model.parameters - linear) * bytes_each)


def _linear_layers(model: ModelFolder) -> tuple[tuple[int, int], ...]:
    """Rows and columns of one layer's matrices: q, k, v, o, gate, up, down."""
    hidden, mlp = model.hidden_size, model.intermediate_size
    query, key = model.heads * model.head_dim, model.kv_heads * model.head_dim
    return ((query, hidden), (key, hidden), (key, hidden), (hidden, query), (mlp, hidden), (mlp, hidden), (hidden, mlp))
