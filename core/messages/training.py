"""Training: arguments, packages of the runtime, several processes, and what training tells."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "training_resumed": Text("Training goes on from step {step}.", ""),
    "checkpoint_saved": Text("Saved the checkpoint of step {step}.", ""),
    "loss_not_finite": Text(
        "The loss is no longer a number (step {step}): training has gone astray.",
        "Stop, lower the learning rate, or set the precision to bfloat16 or float32.",
    ),
    "unknown_argument": Text(
        "ms-swift does not know these arguments: {arguments}",
        "Check the further ms-swift arguments: older names were changed (for example --sft_type to --tuner_type).",
    ),
    "argument_invalid": Text(
        "ms-swift refuses the argument {argument}: {reason}",
        "Correct it in the further ms-swift arguments.",
    ),
    "flash_attention_missing": Text(
        "Packing and FlashAttention need the package flash-attn, which is not installed.",
        "Turn packing off, and set the attention implementation to auto.",
    ),
    "triton_missing": Text(
        "The package triton is missing; it is rarely to be had on Windows.",
        "Leave out what needs it: liger kernel, torch compile, Unsloth.",
    ),
    "bitsandbytes_missing": Text(
        "QLoRA needs the package bitsandbytes, which is missing or too old.",
        'Run "tunesmith runtime repair", or set the QLoRA bits to 0.',
    ),
    "bitsandbytes_no_gpu": Text(
        "bitsandbytes cannot use this device.",
        "Set the QLoRA bits to 0, or train on an NVIDIA GPU.",
    ),
    "awq_missing": Text(
        "AWQ needs the package autoawq, which is not installed.",
        'Run "tunesmith runtime repair", or turn AWQ off.',
    ),
    "awq_model_unknown": Text(
        "AWQ does not know models of the type {model_type}.",
        "Turn AWQ off for this model; the GGUF types do not have this limit.",
    ),
    "awq_shape": Text(
        "AWQ cannot quantize layers of this model's size.",
        "Turn AWQ off for this model; the GGUF types do not have this limit.",
    ),
    "awq_loader_missing": Text(
        "Loading an AWQ model needs the package gptqmodel, which is not installed.",
        "Use the unquantized model here; an AWQ model is an end product.",
    ),
    "deepspeed_unusable": Text(
        "DeepSpeed cannot be used on this computer.",
        "Leave --deepspeed out of the further ms-swift arguments.",
    ),
    "module_missing": Text(
        "The training runtime lacks the Python package {name}.",
        'Run "tunesmith runtime repair".',
    ),
    "packages_mixed": Text(
        "The Python packages of the training runtime do not fit together ({package}).",
        'Run "tunesmith runtime repair".',
    ),
    "worker_died": Text(
        "A process that loads data ended early, most often because memory ran out.",
        "Add --dataloader_num_workers 0 to the further ms-swift arguments, or close other programs.",
    ),
    "distributed_libuv": Text(
        "Several training processes do not work with this PyTorch on Windows.",
        "Set the number of processes to 1, or train in WSL 2 or Docker (hardware.target), or on Linux.",
    ),
    "nccl_missing": Text(
        "This PyTorch has no NCCL, which several GPUs need to work together (Windows has none).",
        "Set the number of processes to 1, or train in WSL 2 or Docker (hardware.target), or on Linux.",
    ),
    "nccl_failed": Text(
        "The GPUs could not talk to each other (NCCL).",
        "Train on one GPU to see whether it works; then check that all GPUs are free and on the same computer.",
    ),
    "distributed_unreachable": Text(
        "The training processes could not find each other.",
        "Check the leader's address and port, the firewall, and that all computers were started.",
    ),
    "more_processes_than_gpus": Text(
        "{processes} training processes need as many GPUs; {gpus} are chosen.",
        "Lower the number of processes, or choose more GPUs.",
    ),
    "node_rank_too_high": Text(
        "This computer's number is {rank}, but {nodes} computers take part.",
        "Count from 0: the number must be below the number of computers.",
    ),
    "training_helped": Text("This computer's part is done: the adapter is on the computer with number 0.", ""),
    "early_stop_without_validation": Text(
        "Early stop needs rows to measure on, and there are none.",
        "Set the validation split above 0, or early stop to 0.",
    ),
    "packing_needs_flash_attention": Text(
        "Packing works only with FlashAttention.",
        "Turn packing off, or set the attention implementation to flash_attention_2.",
    ),
    "quantized_training_on_cpu": Text(
        "On a CPU, QLoRA saves memory but trains more slowly.",
        "Set the QLoRA bits to 0 unless memory is short.",
    ),
    "training_unfinished": Text(
        "The training ended without an adapter.",
        "Run again: it goes on from its last checkpoint. Its log: {log}",
    ),
    "evaluate_incomplete": Text(
        "The checkpoint answered {got} of {expected} questions.",
        "Run again; if it happens again, read the log.",
    ),
    "runtime_ready": Text("The training runtime works: torch {torch} on {device}.", ""),
    "runtime_missing": Text(
        "The training runtime is not installed.",
        'Run "tunesmith runtime install", or just run a project: it is installed then.',
    ),
    "runtime_is_given": Text(
        "The training runtime is an environment of yours: {path}",
        "To let Tunesmith make one, remove runtime.python from the settings.",
    ),
    "runtime_self_test_failed": Text(
        "PyTorch does not work in the training runtime: {reason}",
        'Run "tunesmith runtime repair"; on a GPU also update the NVIDIA driver.',
    ),
    "runtime_not_removed": Text(
        "The training runtime in {path} could not be removed: {reason}",
        "End the programs that use it, and try again.",
    ),
    "runtime_python_missing": Text("There is no Python at {path}", "Correct runtime.python in the settings."),
    "runtime_python_broken": Text(
        "The Python at {path} does not answer: {reason}",
        "Correct runtime.python in the settings, or remove it.",
    ),
    "runtime_for_cpu": Text(
        "The project wants to train on the GPU, but the settings ask for a training runtime for the CPU.",
        "Set runtime.profile in the settings to auto, or the device to auto or cpu.",
    ),
    "runtime_package_missing": Text(
        "Your training runtime lacks the package {package}.",
        "Install it there, or remove runtime.python from the settings.",
    ),
    "runtime_package_unfit": Text(
        "Your training runtime has {package} {found}; {wanted} is needed.",
        "Install that version there, or remove runtime.python from the settings.",
    ),
    "source_failed": Text("One source of packages did not work, the next is tried: {reason}", ""),
}
