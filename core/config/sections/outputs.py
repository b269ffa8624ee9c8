"""What comes out: GGUF files, quantized ones, and models in Ollama."""

from typing import Literal

from core.config.fields import Section, setting


class ExportSection(Section):
    """From the trained adapter to GGUF files."""

    outtype: Literal["f16", "bf16", "q8_0", "f32", "auto"] = setting(
        "f16", "GGUF precision", "The number format of the GGUF that quantization starts from.", level="advanced"
    )
    quantizations: tuple[str, ...] = setting(
        ("Q4_K_M",),
        "Quantization types",
        "The sizes to make, as llama-quantize names them (Q4_K_M, Q8_0, q4_0 ...). The first one is served.",
        min_length=1,
    )
    imatrix: bool = setting(
        False,
        "Importance matrix",
        "Measure on training rows which weights matter, before quantizing: better at 4 bits and below, takes longer.",
        level="advanced",
    )
    merge_device: Literal["auto", "cpu", "cuda"] = setting(
        "auto",
        "Merge on",
        "Where the adapter is merged into the base model. Automatic takes the CPU where the GPU's memory is short.",
        level="advanced",
    )
    llama_cpp: Literal["auto", "build", "prebuilt", "existing", "ollama"] = setting(
        "auto",
        "llama.cpp",
        "Where the quantizer comes from: built from source, the official Windows binaries, a folder of yours, or the "
        "one that comes with Ollama 0.30 and later. Automatic tries what fits this computer until one works.",
        level="advanced",
    )
    w64devkit: Literal["2.7.0", "1.20.0"] = setting(
        "2.7.0",
        "w64devkit",
        "The compiler for building llama.cpp on Windows. 1.20.0 is the one that older guides name; it cannot be "
        "checked, so it must be allowed first.",
        level="advanced",
    )
    llama_cpp_dir: str = setting(
        "", "llama.cpp folder", "A folder that holds llama-quantize, for the choice existing.", level="advanced"
    )
    awq: bool = setting(
        False,
        "AWQ",
        "Also make an AWQ-quantized model (4 bits) for other servers; takes about an hour.",
        level="advanced",
    )
    awq_rows: int = setting(
        256, "AWQ calibration rows", "Training rows that AWQ measures on.", unit="rows", level="advanced", ge=8, le=4096
    )


class OllamaSection(Section):
    """The models that are made in Ollama, and how they are tried."""

    name: str = setting(
        "",
        "Model name",
        "The name in Ollama, as in you/my-model:q4: letters, digits, '.', '_' and '-', no Chinese. "
        "Empty: stop at the GGUF.",
    )
    all_quantizations: bool = setting(
        True,
        "All quantization types",
        "Where several are made: each also as a tag, as in you/my-model:q8_0, to choose from and to push. "
        "Ollama keeps a copy of each.",
        level="advanced",
    )
    temperature: float = setting(
        0.7, "Temperature", "How freely the model chooses its words; 0 always takes the likeliest.", ge=0, le=2
    )
    num_ctx: int = setting(
        4096,
        "Context length",
        "Tokens of conversation that the model sees when served.",
        unit="tokens",
        ge=64,
        le=1_048_576,
    )
    num_predict: int = setting(
        -1, "Longest answer", "-1 for no limit of its own.", unit="tokens", level="advanced", ge=-1, le=1_048_576
    )
    compare_base: bool = setting(
        True, "Compare with the base model", "Make the untuned model too, in the same size, as NAME-base."
    )
    base_name: str = setting(
        "",
        "Base model in Ollama",
        "A model that Ollama has already, to compare with instead of making NAME-base.",
        level="advanced",
    )
    test_prompts: tuple[str, ...] = setting(
        ("你是谁？", "Who are you?"), "Test prompts", "Asked of the finished model, and of the base beside it."
    )
    push: bool = setting(
        False, "Push to ollama.com", "Upload the finished model; needs an account and a name like you/model."
    )
