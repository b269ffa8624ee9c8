"""Messages of ms-swift, transformers, datasets and their companions."""

from core.parsers.failures.pattern import failure

TRAINING = (
    failure("swift_model_type_unknown", r"model_type: '(?P<name>[^']*)' not in \["),
    failure("swift_template_unknown", r"template_type: '(?P<name>[^']*)' not in \["),
    failure("model_type_ambiguous", r"automatically match `model_type`.*types found: \[(?P<candidates>[^\]]*)\]"),
    failure("template_ambiguous", r"automatically match `template_type`.*types found: \[(?P<candidates>[^\]]*)\]"),
    failure("model_type_unmatched", r"automatically match `model_type`"),
    failure("template_unmatched", r"automatically match `template_type`"),
    failure("model_not_set", r"Please set --model <model_id_or_path>"),
    failure("unknown_argument", r"remaining_argv: \[(?P<arguments>[^\]]*)\]"),
    failure("unknown_argument", r"error: unrecognized arguments: (?P<arguments>.+)"),
    failure("argument_invalid", r"error: argument (?P<argument>[^\s:/]+)[^:]*: (?P<reason>.{1,300})"),
    failure("target_modules_missing", r"Target modules \{?(?P<modules>.+?)\}? not found in the base model"),
    failure("nothing_trainable", r"element 0 of tensors does not require grad"),
    # datasets
    failure(
        "swift_encoding",
        r"UnicodeDecodeError: '(?P<codec>[^']+)' codec can't decode bytes? (?:0x\w+ )?in"
        r" position (?P<position>\d+)",
    ),
    failure("swift_rows_broken", r"(?:ArrowInvalid|JSON parse error): (?P<reason>.{1,200})"),
    failure("swift_dataset_missing", r"local path does not exist, dataset_id: `(?P<path>[^`]+)`"),
    failure(
        "swift_column_missing", r"KeyError: '(?P<column>messages|conversations|instruction|query|response|output)'"
    ),
    failure("swift_columns_mixed", r"CastError|Couldn't cast array of type|changed from object to array"),
    failure("swift_no_rows", r"num_samples=0\b", "train", "awq"),
    failure(
        "swift_rows_too_long", r"Failed to retrieve the dataset\. You can avoid this issue by increasing `max_length`"
    ),
    failure("calibration_rows_missing", r"Please input the quant dataset"),
    # packages of the training runtime
    failure(
        "flash_attention_missing",
        r"requires a flash attention implementation|FlashAttention\d? has been toggled on, but"
        r"|No module named 'flash_attn",
    ),
    failure("triton_missing", r"No module named 'triton|Cannot find a working triton installation"),
    failure(
        "bitsandbytes_missing",
        r"requires (?:the latest version of )?bitsandbytes|No module named 'bitsandbytes|for bitsandbytes\b",
    ),
    failure("bitsandbytes_no_gpu", r"bitsandbytes was compiled without GPU|bitsandbytes.*only.*CUDA"),
    failure("awq_missing", r"No module named 'awq|`?autoawq`? (?:is not installed|library)|pip install autoawq"),
    failure("awq_shape", r"in _compute_best_clip\b|must be a multiple of group_size"),
    failure("awq_loader_missing", r"AWQ quantized model requires gptqmodel|No module named 'gptqmodel"),
    failure("deepspeed_unusable", r"Unable to pre-compile async_io|LNK1181.*aio|No module named 'deepspeed"),
    failure("module_missing", r"ModuleNotFoundError: No module named '(?P<name>[^']+)'"),
    failure("packages_mixed", r"ImportError: cannot import name '[^']+' from '(?P<package>[^']+)'"),
    failure("packages_mixed", r"(?<![\w.-])(?P<package>[\w.\-<>=!~,]{1,80}) is required for a normal functioning"),
    # model folders and checkpoints
    failure("output_exists", r"FileExistsError: args\.output_dir: `(?P<path>[^`]+)` already exists"),
    failure("checkpoint_invalid", r"Can't find a valid checkpoint at (?P<path>.+)"),
    failure("checkpoint_invalid", r"No valid checkpoint found in output directory \((?P<path>[^)]+)\)"),
    failure("checkpoint_invalid", r"Can't find 'adapter_config\.json' at '(?P<path>[^']+)'"),
    failure("checkpoint_not_adapter", r"'NoneType' object has no attribute 'missing_keys'", "train"),
    failure(
        "checkpoint_mismatch", r"size mismatch for|loaded state dict contains a parameter group that doesn't match"
    ),
    failure("model_not_found", r"ValueError: path: '(?P<path>[^']+)' not found"),
    failure("model_not_found", r"Incorrect path_or_model_id: '(?P<path>[^']+)'"),
    failure("model_file_missing", r"does not appear to have a file named (?P<file>[^\s,]+)"),
    failure("model_file_missing", r"Error no file named (?P<file>[^\s,]+)"),
    failure(
        "model_config_missing",
        r"No such file or directory: '[^']*config\.json'|Unrecognized model in |Failed to detect model architecture",
    ),
    failure("architecture_too_new", r"has model type `(?P<name>[^`]+)` but Transformers does not recognize"),
    failure(
        "model_shard_corrupt",
        r"Error while deserializing header|MetadataIncompleteBuffer|HeaderTooLarge"
        r"|header too large"
        r"|mmap length is greater than file size|Could not read complete metadata|PytorchStreamReader failed",
    ),
    failure("model_shards_missing", r"Missing or incomplete model files: (?P<files>.{1,300})"),
    failure(
        "tokenizer_missing",
        r"Can't load tokenizer for|Couldn't instantiate the backend tokenizer|No tokenizer file found",
    ),
    failure("remote_code_refused", r"contains custom code which must be executed|requires you to execute the .* file"),
    # several processes
    failure("distributed_libuv", r"use_libuv was requested but PyTorch was build without libuv"),
    failure("nccl_missing", r"Distributed package doesn't have NCCL"),
    failure("nccl_failed", r"NCCL error|nccl(?:UnhandledCuda|System|Internal|Remote)Error"),
    failure(
        "distributed_unreachable",
        r"DistNetworkError|DistStoreError|client socket has (?:timed out|failed)|TCPStore.*timeout",
    ),
)

TRAINING_GENERAL = (
    failure("swift_rows_broken", r"DatasetGenerationError: (?P<reason>.{1,200})"),
    failure("swift_no_rows", r"^ZeroDivisionError|^StopIteration$", "train", "awq"),
    failure("output_exists", r"FileExistsError: .*'(?P<path>[^']+)'"),
    failure("worker_died", r"DataLoader worker \(pid.*\) (?:is killed|exited unexpectedly)"),
)
