"""How the adapter is trained: LoRA's shape, the optimizer, and the hardware that does it."""

from typing import Literal

from core.config.fields import Section, setting


class LoraSection(Section):
    """The shape of the adapter."""

    lora_rank: int = setting(
        8,
        "LoRA rank",
        "The adapter's width: higher learns more and needs more memory.",
        flag="--lora_rank",
        ge=1,
        le=1024,
    )
    lora_alpha: int = setting(
        32,
        "LoRA alpha",
        "How strongly the adapter acts: alpha divided by rank scales it.",
        flag="--lora_alpha",
        ge=1,
        le=4096,
    )
    lora_dropout: float = setting(
        0.05,
        "LoRA dropout",
        "The share of the adapter's inputs that is left out at random in each step.",
        flag="--lora_dropout",
        ge=0.0,
        lt=1.0,
    )
    target_modules: tuple[str, ...] = setting(
        ("all-linear",),
        "Target modules",
        "The layers that get an adapter: all-linear, or names such as q_proj and v_proj.",
        flag="--target_modules",
        min_length=1,
    )
    quant_bits: Literal[0, 4, 8] = setting(
        0,
        "QLoRA bits",
        "Load the base model in 4 or 8 bits (bitsandbytes) to save memory while training; 0 for full precision.",
        unit="bits",
        flag="--quant_bits",
    )
    use_dora: bool = setting(
        False,
        "DoRA",
        "Train magnitude and direction apart: often a little better, slower.",
        level="advanced",
        flag="--use_dora",
    )
    use_rslora: bool = setting(
        False, "rsLoRA", "Scale by the square root of the rank: for high ranks.", level="advanced", flag="--use_rslora"
    )


class TrainingSection(Section):
    """The training itself."""

    num_train_epochs: float = setting(
        3.0, "Epochs", "How often the whole dataset is seen.", flag="--num_train_epochs", gt=0, le=1000
    )
    per_device_train_batch_size: int = setting(
        4,
        "Batch size per device",
        "Rows that a GPU works on at once: more is faster and needs more memory.",
        unit="rows",
        flag="--per_device_train_batch_size",
        ge=1,
        le=1024,
    )
    gradient_accumulation_steps: int = setting(
        4,
        "Gradient accumulation",
        "Batches that are added up before the weights change; batch size x accumulation x devices is the "
        "effective batch.",
        flag="--gradient_accumulation_steps",
        ge=1,
        le=1024,
    )
    learning_rate: float = setting(5e-5, "Learning rate", "The size of a step.", flag="--learning_rate", gt=0, le=1)
    weight_decay: float = setting(
        0.05, "Weight decay", "Pulls the weights towards zero, against overfitting.", flag="--weight_decay", ge=0, le=1
    )
    gradient_checkpointing: bool = setting(
        False,
        "Gradient checkpointing",
        "Compute activations again instead of keeping them: much less memory, a third slower.",
        flag="--gradient_checkpointing",
    )
    warmup_ratio: float = setting(
        0.05,
        "Warm-up",
        "The share of steps over which the learning rate rises from zero.",
        level="advanced",
        flag="--warmup_ratio",
        ge=0.0,
        le=0.5,
    )
    lr_scheduler_type: Literal[
        "cosine", "linear", "constant", "constant_with_warmup", "cosine_with_restarts", "polynomial"
    ] = setting("cosine", "Scheduler", "How the learning rate falls.", level="advanced", flag="--lr_scheduler_type")
    early_stop_interval: int = setting(
        0,
        "Early stop",
        "Stop after so many evaluations without a better loss; 0 for never.",
        unit="evaluations",
        level="advanced",
        flag="--early_stop_interval",
        ge=0,
        le=1000,
    )
    eval_steps: int = setting(
        50,
        "Evaluate every",
        "Steps between two evaluations.",
        unit="steps",
        level="advanced",
        flag="--eval_steps",
        ge=1,
    )
    save_steps: int = setting(
        50,
        "Save every",
        "Steps between two checkpoints: what a crash can cost at most.",
        unit="steps",
        level="advanced",
        flag="--save_steps",
        ge=1,
    )
    save_total_limit: int = setting(
        2, "Checkpoints kept", "The newest so many are kept.", level="advanced", flag="--save_total_limit", ge=1, le=100
    )
    logging_steps: int = setting(
        5, "Log every", "Steps between two logged losses.", unit="steps", level="advanced", flag="--logging_steps", ge=1
    )
    seed: int = setting(
        42, "Seed", "The same seed gives the same order of rows.", level="advanced", flag="--seed", ge=0
    )
    packing: bool = setting(
        False,
        "Packing",
        "Put several rows into one sequence: faster; needs FlashAttention.",
        level="advanced",
        flag="--packing",
    )
    resume_from_checkpoint: str = setting(
        "",
        "Resume from checkpoint",
        "A checkpoint folder to begin from; empty: a run that was cut off goes on from its own last one.",
        level="advanced",
        flag="--resume_from_checkpoint",
    )
    evaluate_rows: int = setting(
        4,
        "Rows to try after training",
        "How many held-out rows the trained checkpoint answers, to be read beside the expected answers; 0 for none.",
        unit="rows",
        level="advanced",
        ge=0,
        le=1000,
    )
    extra_args: tuple[str, ...] = setting(
        (),
        "Further ms-swift arguments",
        'Handed to "swift sft" as they are, after all others, for example ["--optim", "adamw_8bit"].',
        level="advanced",
    )


class HardwareSection(Section):
    """Where and on which devices is trained, and how processes find each other."""

    target: Literal["local", "docker", "wsl"] = setting(
        "local",
        "Train in",
        "This computer itself, a Docker container or a WSL distribution, for all that ms-swift and llama.cpp's "
        "converter do. On Windows only the latter two train on several GPUs.",
        level="advanced",
    )
    docker_image: str = setting(
        "",
        "Docker image",
        "An image with ms-swift: its official one, or the one that .devcontainer/ makes.",
        level="advanced",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._:/@-]*)?$",
        examples=["tunesmith-runtime"],
    )
    wsl_distribution: str = setting(
        "",
        "WSL distribution",
        "The distribution that has the training runtime; empty for the default one.",
        level="advanced",
        pattern=r"^(\w[\w.-]*)?$",
        examples=["Ubuntu-24.04"],
    )
    wsl_python: str = setting(
        "python3",
        "Python in WSL",
        "The interpreter of an environment with ms-swift, by its path inside the distribution.",
        level="advanced",
        pattern=r"^[\w/][\w/. +-]*$",
        examples=["/home/me/swift/bin/python"],
    )
    device: Literal["auto", "cuda", "cpu"] = setting(
        "auto", "Device", "Automatic takes the NVIDIA GPU where there is one, else the CPU.", flag="--use_cpu"
    )
    cuda_visible_devices: str = setting(
        "",
        "GPUs",
        "The numbers (0 or 0,1) or UUIDs (GPU-…) of the GPUs to use, with commas; empty for all.",
        flag="CUDA_VISIBLE_DEVICES",
        pattern=r"^(\d+(,\d+)*|GPU-[0-9A-Fa-f-]+(,GPU-[0-9A-Fa-f-]+)*)?$",
        examples=["0", "0,1", "GPU-1a2b3c4d"],
    )
    nproc_per_node: int = setting(
        1,
        "Processes",
        "Training processes on this computer, one for each GPU.",
        level="advanced",
        flag="NPROC_PER_NODE",
        ge=1,
    )
    nnodes: int = setting(
        1,
        "Computers",
        "Computers that train together: the project is run on each. A training that was cut off begins anew.",
        level="advanced",
        flag="NNODES",
        ge=1,
    )
    node_rank: int = setting(
        0,
        "This computer's number",
        "From 0; the one with 0 leads and goes on after the training, the others end with it.",
        level="advanced",
        flag="NODE_RANK",
        ge=0,
    )
    master_addr: str = setting(
        "127.0.0.1",
        "Leader's address",
        "Where computer 0 is reached.",
        level="advanced",
        flag="MASTER_ADDR",
        min_length=1,
    )
    master_port: int = setting(
        29500, "Leader's port", "A free port on computer 0.", level="advanced", flag="MASTER_PORT", ge=1, le=65535
    )
    mkl_threading_layer: Literal["", "GNU", "INTEL", "SEQUENTIAL", "TBB"] = setting(
        "",
        "MKL threading layer",
        "GNU cures a clash of OpenMP libraries that several processes can meet; empty leaves it alone.",
        level="advanced",
        flag="MKL_THREADING_LAYER",
    )
