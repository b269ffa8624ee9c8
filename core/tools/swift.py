"""ms-swift: its commands, made from a project. Pure: nothing runs here.

Always ``python -m swift.cli...``, never the ``swift`` shim: the shim starts a child that outlives a signal to itself.
Facts of ms-swift 4.6: it looks up its hub even for a local model unless told ``--check_model false``; it needs
``--use_cpu true`` to train without a GPU; it drops rows that are too long without a word.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.config.fields import Section, setting_info
from core.config.project import TuneProject, sections
from core.process.command import Command, HostPath, Token

CALLBACK = "tunesmith"
"""The name under which our plugin registers its training callback."""
_OWN_WAY = {
    "--attn_impl",
    "--dataset",
    "--max_length",
    "--model",
    "--model_author",
    "--model_name",
    "--model_type",
    "--quant_bits",
    "--resume_from_checkpoint",
    "--split_dataset_ratio",
    "--system",
    "--template",
    "--torch_dtype",
    "--truncation_strategy",
    "--use_cpu",
    "--val_dataset",
    "--early_stop_interval",
}
"""Flags whose value is not the setting's as it stands; the functions below write them."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The base model as ms-swift must be told: an absolute folder, and names that it would else guess from its path."""

    folder: Path
    model_type: str
    template: str
    system: str | None
    torch_dtype: str
    device: str
    visible_devices: str = ""


@dataclass(frozen=True, slots=True)
class TrainingFiles:
    """What a training reads and writes; ``validation`` None: nothing is held out."""

    train: Path
    validation: Path | None
    output: Path
    plugin: Path
    events: Path
    stop: Path


def sft(python: Token, project: TuneProject, model: ModelFacts, files: TrainingFiles, resume: Path | None) -> Command:
    """``swift sft``: LoRA training with our callback; ``resume`` is a checkpoint to go on from."""
    argv: list[Token] = [*_entry(python, project, "sft"), *_model(model), "--tuner_type", "lora"]
    argv += _plain(project.lora)
    argv += _plain(project.training)
    argv += ["--dataset", HostPath(files.train), "--split_dataset_ratio", "0"]
    argv += ["--max_length", str(project.dataset.max_length), "--truncation_strategy", _truncation(project)]
    argv += ["--load_from_cache_file", "false", "--dataset_num_proc", "1"]
    if files.validation is not None:
        argv += ["--val_dataset", HostPath(files.validation), "--eval_strategy", "steps"]
        if project.training.early_stop_interval:
            argv += ["--early_stop_interval", str(project.training.early_stop_interval)]
    else:
        argv += ["--eval_strategy", "no"]
    argv += _quantized(project)
    if resume is not None:
        argv += ["--resume_from_checkpoint", HostPath(resume)]
    argv += ["--output_dir", HostPath(files.output), "--add_version", "false", "--save_strategy", "steps"]
    argv += ["--external_plugins", HostPath(files.plugin), "--callbacks", CALLBACK, "--report_to", "none"]
    argv += project.training.extra_args
    env = {"TUNESMITH_EVENTS": HostPath(files.events), "TUNESMITH_STOP_FILE": HostPath(files.stop)}
    return Command(tuple(argv), {**environment(project, model.device), **env})


def infer(python: Token, model: ModelFacts, adapter: Path, rows: Path, *, result: Path, max_new_tokens: int) -> Command:
    """``swift infer``: the adapter answers the rows, greedily; one JSON object a row in ``result``."""
    argv: list[Token] = [python, "-m", "swift.cli.infer", "--adapters", HostPath(adapter)]
    argv += [*_model(model, for_training=False), "--val_dataset", HostPath(rows), "--stream", "false"]
    argv += ["--temperature", "0", "--max_new_tokens", str(max_new_tokens), "--load_data_args", "false"]
    argv += ["--max_batch_size", "1", "--result_path", HostPath(result)]
    return Command(tuple(argv), device_environment(model.device, model.visible_devices))


def merge(python: Token, model: ModelFacts, adapter: Path, output: Path, *, on_cpu: bool, quantized: bool) -> Command:
    """``swift export --merge_lora``: adapter and base as one model; an old ``output`` would keep its stale weights.

    ``quantized``: the adapter was trained on a base in 4 or 8 bits. It is merged into the base in full precision, for
    which its args.json must not be read: that makes ms-swift merge beside the adapter and quantize the result.
    """
    argv: list[Token] = [python, "-m", "swift.cli.export", "--adapters", HostPath(adapter)]
    argv += [*_model(model, for_training=False), "--merge_lora", "true", "--output_dir", HostPath(output)]
    if quantized:
        argv += ["--load_args", "false"]
    if on_cpu:
        argv += ["--device_map", "cpu"]
    return Command(tuple(argv), device_environment("cpu" if on_cpu else model.device, model.visible_devices))


def awq(
    python: Token, model: ModelFacts, merged: Path, rows: Path, *, count: int, max_length: int, output: Path
) -> Command:
    """``swift export --quant_method awq``: an end product for other servers; never a step before GGUF."""
    argv: list[Token] = [python, "-m", "swift.cli.export", "--model", HostPath(merged)]
    argv += ["--model_type", model.model_type, "--template", model.template]
    argv += ["--quant_bits", "4", "--quant_method", "awq", "--dataset", HostPath(rows)]
    argv += ["--quant_n_samples", str(count), "--max_length", str(max_length), "--output_dir", HostPath(output)]
    return Command(tuple(argv), device_environment(model.device, model.visible_devices))


def environment(project: TuneProject, device: str) -> dict[str, str | None]:
    """The environment variables that the project's hardware settings stand for."""
    hardware = project.hardware
    env = device_environment(device, hardware.cuda_visible_devices)
    if hardware.mkl_threading_layer:
        env["MKL_THREADING_LAYER"] = hardware.mkl_threading_layer
    if distributed(project):
        env |= {"NPROC_PER_NODE": str(hardware.nproc_per_node), "MASTER_PORT": str(hardware.master_port)}
    if hardware.nnodes > 1:
        env |= {"NNODES": str(hardware.nnodes), "NODE_RANK": str(hardware.node_rank)}
        env["MASTER_ADDR"] = hardware.master_addr
    return env


def device_environment(device: str, visible: str = "") -> dict[str, str | None]:
    """What every child that computes gets: the chosen GPUs, numbered as the driver does, or none.

    On the CPU, OpenMP's threads must sleep while they wait: spinning, they slow a training to a tenth as soon as
    anything else works on the computer.
    """
    if device == "cpu":
        # -1 and not "": for PowerShell, and for CUDA on Windows, an empty variable is none
        return {"CUDA_VISIBLE_DEVICES": "-1", "OMP_WAIT_POLICY": "PASSIVE"}
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", **({"CUDA_VISIBLE_DEVICES": visible} if visible else {})}


def distributed(project: TuneProject) -> bool:
    """Whether several processes train together."""
    return project.hardware.nproc_per_node > 1 or project.hardware.nnodes > 1


def _entry(python: Token, project: TuneProject, command: str) -> list[Token]:
    """Several processes go through ms-swift's own launcher, which calls torch's; one process does without."""
    if distributed(project):
        return [python, "-m", "swift.cli.main", command]
    return [python, "-m", f"swift.cli.{command}"]


def _model(model: ModelFacts, *, for_training: bool = True) -> list[Token]:
    argv: list[Token] = ["--model", HostPath(model.folder), "--model_type", model.model_type]
    argv += ["--template", model.template, "--torch_dtype", model.torch_dtype]
    if model.system is not None:
        argv += ["--system", model.system]
    if for_training:
        argv += ["--check_model", "false"]
        argv += ["--use_cpu", "true"] if model.device == "cpu" else []
    return argv


def _plain(section: Section) -> list[Token]:
    """The settings that ms-swift takes as they are, in the order of their declaration."""
    argv: list[Token] = []
    for name, field in sections()[_name_of(section)].model_fields.items():
        flag = setting_info(field).flag
        if flag.startswith("--") and flag not in _OWN_WAY:
            argv += [flag, *_words(getattr(section, name))]
    return argv


def _name_of(section: Section) -> str:
    return next(name for name, kind in sections().items() if kind is type(section))


def _words(value: object) -> Iterable[str]:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, tuple):
        return tuple(str(item) for item in value)
    return (str(value),)


def _truncation(project: TuneProject) -> str:
    """With "stop" no longer row is left when training starts; ms-swift still has to be told something."""
    strategy = project.dataset.truncation_strategy
    return "delete" if strategy == "stop" else strategy


def _quantized(project: TuneProject) -> list[Token]:
    argv: list[Token] = []
    if project.lora.quant_bits:
        argv += ["--quant_method", "bnb", "--quant_bits", str(project.lora.quant_bits)]
    if project.model.attn_impl != "auto":
        argv += ["--attn_impl", project.model.attn_impl]
    return argv
