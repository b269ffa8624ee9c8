"""What goes in: the base model, the dataset, and what the model shall say about itself."""

from typing import Literal

from core.config.fields import Section, setting


class ModelSection(Section):
    """The base model, and how it is loaded."""

    source: Literal["local", "modelscope", "huggingface", "sample"] = setting(
        "local",
        "Source",
        "Where the base model comes from: a folder on this computer, ModelScope, Hugging Face, or the tiny sample "
        "model that Tunesmith makes for trying things out.",
    )
    model: str = setting(
        "",
        "Model",
        "The model's folder, or its id on the hub (for example Qwen/Qwen2.5-0.5B-Instruct).",
        flag="--model",
    )
    revision: str = setting(
        "", "Revision", "A branch, tag or commit on the hub; empty for the newest.", level="advanced"
    )
    model_type: str = setting(
        "",
        "Model type",
        "ms-swift's name for the architecture; empty to read it from the model's config.json.",
        level="advanced",
        flag="--model_type",
    )
    template: str = setting(
        "",
        "Chat template",
        "ms-swift's name for the chat template; empty to derive it from the model's own template.",
        level="advanced",
        flag="--template",
    )
    torch_dtype: Literal["auto", "bfloat16", "float16", "float32"] = setting(
        "auto",
        "Precision",
        "The number format of the weights while training. Automatic takes bfloat16 where the card can, else float16 on "
        "a GPU and float32 on the CPU.",
        flag="--torch_dtype",
    )
    attn_impl: Literal["auto", "sdpa", "eager", "flash_attention_2"] = setting(
        "auto",
        "Attention implementation",
        "Automatic takes PyTorch's own (sdpa). FlashAttention 2 needs its package in the training runtime.",
        level="advanced",
        flag="--attn_impl",
    )


class DatasetSection(Section):
    """The rows to train on."""

    files: tuple[str, ...] = setting(
        (),
        "Files",
        "Files of rows: jsonl, json or csv with messages, ShareGPT, Alpaca or query/response columns; or datasets of a "
        "hub: OWNER/NAME:SUBSET/SPLIT from ModelScope, hf::OWNER/NAME from Hugging Face. "
        "FILE#500 takes 500 rows of it (more than it has repeats them).",
        flag="--dataset",
    )
    val_files: tuple[str, ...] = setting(
        (),
        "Validation files",
        "Files of rows that are only used to measure; empty to split them off the dataset.",
        level="advanced",
        flag="--val_dataset",
    )
    split_dataset_ratio: float = setting(
        0.01,
        "Validation split",
        "The share of rows that is held out of training to measure on; 0 for none.",
        flag="--split_dataset_ratio",
        ge=0.0,
        le=0.5,
    )
    on_bad_rows: Literal["stop", "drop"] = setting(
        "stop",
        "Rows that cannot be used",
        "Stop and name them, or go on without them. ms-swift itself would drop them without a word.",
    )
    max_length: int = setting(
        2048,
        "Maximum length",
        "The longest row that is trained on whole; memory grows with it.",
        unit="tokens",
        flag="--max_length",
        ge=16,
        le=1_048_576,
    )
    truncation_strategy: Literal["stop", "delete", "right", "left"] = setting(
        "stop",
        "Longer rows",
        "Stop and name them, leave them out (delete), or cut them off at the end (right) or at the beginning (left).",
        flag="--truncation_strategy",
    )
    system: str = setting(
        "",
        "System prompt",
        "Put before each conversation that has none of its own, while training and when served; "
        "empty for the model's own.",
        flag="--system",
    )


class SelfCognitionSection(Section):
    """Rows that teach the model its own name and author."""

    samples: int = setting(
        3000,
        "Self-cognition rows",
        "How many rows about the model's name and author are mixed in; 0 for none.",
        unit="rows",
        ge=0,
        le=100_000,
    )
    model_name_zh: str = setting(
        "", "Model name (Chinese)", "What the model calls itself in Chinese.", flag="--model_name"
    )
    model_name_en: str = setting(
        "", "Model name (English)", "What the model calls itself in English.", flag="--model_name"
    )
    author_zh: str = setting(
        "", "Author (Chinese)", "Whom the model names as its author in Chinese.", flag="--model_author"
    )
    author_en: str = setting(
        "", "Author (English)", "Whom the model names as its author in English.", flag="--model_author"
    )
