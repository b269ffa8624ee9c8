"""The types that llama-quantize b10605 makes, and how many bits a weight takes in each."""

from core.events import StageError

BITS: dict[str, tuple[float, float]] = {
    "Q1_0": (1.13, 1.13),
    "Q2_0": (2.41, 2.26),
    "Q4_0": (4.50, 4.51),
    "Q4_1": (5.00, 5.01),
    "MXFP4_MOE": (8.50, 8.50),
    "Q5_0": (5.50, 5.51),
    "Q5_1": (6.00, 6.01),
    "IQ2_XXS": (2.09, 3.82),
    "IQ2_XS": (2.31, 3.89),
    "IQ2_S": (2.47, 3.91),
    "IQ2_M": (2.68, 3.98),
    "IQ1_S": (1.69, 3.69),
    "IQ1_M": (1.84, 3.74),
    "TQ1_0": (1.89, 3.68),
    "TQ2_0": (2.23, 3.79),
    "Q2_K": (2.92, 4.20),
    "Q2_K_S": (2.72, 4.03),
    "IQ3_XXS": (3.15, 4.24),
    "IQ3_S": (3.46, 4.20),
    "IQ3_M": (3.57, 4.30),
    "Q3_K": (3.82, 4.58),
    "IQ3_XS": (3.28, 4.20),
    "Q3_K_S": (3.44, 4.19),
    "Q3_K_M": (3.82, 4.58),
    "Q3_K_L": (4.14, 4.89),
    "IQ4_NL": (4.55, 4.55),
    "IQ4_XS": (4.31, 4.49),
    "Q4_K": (4.78, 5.53),
    "Q4_K_S": (4.53, 5.25),
    "Q4_K_M": (4.78, 5.53),
    "Q5_K": (5.64, 6.02),
    "Q5_K_S": (5.50, 5.86),
    "Q5_K_M": (5.64, 6.02),
    "Q6_K": (6.56, 7.94),
    "Q8_0": (8.50, 8.50),
    "F16": (16.00, 16.00),
    "BF16": (16.00, 16.00),
    "F32": (32.00, 32.00),
    "COPY": (16.00, 16.00),
}
"""Bits per weight outside of the output matrix, where the model's width is a multiple of 256 and where it is not.

K- and I-quants work on blocks of 256 weights; rows that do not divide fall back to coarser types. Measured by
``llama-quantize --dry-run`` on the shapes of Llama 3.1 8B and Qwen2.5 0.5B.
"""

NEEDS_IMATRIX = ("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ3_XXS", "IQ3_XS", "Q2_K_S")
"""The types that llama-quantize refuses without an importance matrix, on a model that has room for them."""
FROM_Q8_0 = ("Q8_0", "COPY")
"""The types that llama-quantize makes of a q8_0 file: for all others it would have to quantize twice, and refuses."""

_OUTPUT_BITS = (6.5625, 8.5)
"""The output matrix (or the embedding where they are tied) is kept finer, as Q6_K or Q8_0."""


def quantization_type(name: str) -> str:
    """The type as llama-quantize spells it, whatever the case; StageError if there is none of that name."""
    if name.upper() not in BITS:
        raise StageError("quantization_unknown", type=name, known=", ".join(BITS))
    return name.upper()


def quantized_bits(name: str, width: int, weights: int, output_weights: int) -> float:
    """Bits of a whole model in a type: ``output_weights`` of its ``weights`` are the output matrix."""
    column = 0 if width % 256 == 0 else 1
    bits = BITS[quantization_type(name)][column]
    return bits * (weights - output_weights) + max(bits, _OUTPUT_BITS[column]) * output_weights
