"""Base models, templates, checkpoints and adapters."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "model_brings_code": Text(
        "The model folder brings Python code of its own, which ms-swift runs: {files}",
        "Go on only if you trust where the model comes from.",
    ),
    "swift_model_type_unknown": Text(
        "ms-swift does not know the model type {name}.",
        "Leave the model type empty so that it is read from the model; for older names see ms-swift's list "
        "of supported models.",
    ),
    "swift_template_unknown": Text(
        "ms-swift does not know the chat template {name}.",
        "Leave the chat template empty so that it is derived from the model.",
    ),
    "model_type_ambiguous": Text(
        "The model fits several model types: {candidates}.",
        "Choose one of them as the model type.",
    ),
    "template_ambiguous": Text(
        "The model fits several chat templates: {candidates}.",
        "Choose one of them as the chat template.",
    ),
    "model_type_unmatched": Text(
        "ms-swift could not tell the model type.",
        "Enter the model type by hand, or use a model that ms-swift supports.",
    ),
    "template_unmatched": Text("ms-swift could not tell the chat template.", "Enter the chat template by hand."),
    "architecture_too_new": Text(
        "The installed transformers does not know the architecture {name}.",
        "Use another base model, or a newer version of Tunesmith.",
    ),
    "model_not_set": Text(
        "No base model is set, or a setting is not known to this ms-swift.",
        "Enter the model; then check the further ms-swift arguments for outdated names.",
    ),
    "model_not_found": Text(
        "There is no model folder at {path}",
        "Choose the folder that holds config.json and the weights.",
    ),
    "model_file_missing": Text("The model folder lacks the file {file}.", "Download the model again, whole."),
    "model_config_missing": Text(
        "The model folder has no usable config.json.",
        "Choose the folder that holds config.json and the weights, or download the model again.",
    ),
    "model_shard_corrupt": Text(
        "A weights file of the model is damaged or not complete.",
        "Delete it and download the model again. A file of a few hundred bytes is only a pointer of Git LFS.",
    ),
    "model_shards_missing": Text("Weights files of the model are missing: {files}", "Download the model again, whole."),
    "tokenizer_missing": Text(
        "The model's tokenizer is missing or cannot be read.",
        "Copy the tokenizer files (tokenizer.json, tokenizer_config.json) of the base model into the folder.",
    ),
    "remote_code_refused": Text(
        "The model brings program code of its own, which was not run.",
        "Use a model that transformers knows without such code.",
    ),
    "checkpoint_invalid": Text(
        "There is no usable checkpoint at {path}",
        'Leave "Resume from checkpoint" empty, or choose a folder named checkpoint-N that holds '
        "adapter_model.safetensors.",
    ),
    "checkpoint_mismatch": Text(
        "The checkpoint was made with other LoRA settings or another base model.",
        "Set the LoRA settings as they were, or start afresh with --fresh.",
    ),
    "target_modules_missing": Text(
        "The base model has no layers named {modules}.",
        "Set the target modules to all-linear.",
    ),
    "nothing_trainable": Text(
        "Nothing in the model is set to be trained.",
        "Set the target modules to all-linear, and check the further ms-swift arguments.",
    ),
    "merge_stale": Text(
        "The merge kept old weights, because its output folder was already there.",
        "Run again with --fresh.",
    ),
    "output_exists": Text("The output is already there: {path}", "Move it away or delete it, and run again."),
    "checkpoint_not_adapter": Text(
        "The folder to resume from holds no adapter.",
        'Choose a folder named checkpoint-N that holds adapter_model.safetensors, or leave "Resume from '
        'checkpoint" empty.',
    ),
    "model_empty": Text("No base model is chosen.", "Enter the model's folder."),
    "model_not_fetched": Text(
        "The base model of {project} is not on this computer yet.",
        'Get it first with "tunesmith run PROJECT --until fetch_model", or choose a folder that is there.',
    ),
    "model_not_a_folder": Text(
        "{path} is a file, not a model folder.",
        "Choose the folder that holds config.json and the weights.",
    ),
    "model_no_config": Text(
        "{path} has no config.json, so it is not a model folder.",
        "Choose the folder that holds config.json and the weights.",
    ),
    "model_is_adapter": Text(
        "{path} holds a LoRA adapter, not a base model.",
        'Choose the base model\'s folder; to go on training an adapter use "Resume from checkpoint".',
    ),
    "model_is_gguf": Text(
        "{path} is a GGUF model, which cannot be trained.",
        "Choose the original model with safetensors files.",
    ),
    "model_quantized": Text("The model {path} is quantized already ({method}).", "Choose the unquantized model."),
    "model_no_weights": Text(
        "{path} holds no weights.",
        "Download the model again, whole: files that end in .safetensors are missing.",
    ),
    "model_only_pytorch_bin": Text(
        "{path} holds weights in the old .bin format only.",
        "Choose a version of the model with safetensors files.",
    ),
    "model_index_missing": Text("The list of the weights files is missing: {file}", "Download the model again, whole."),
    "model_no_tokenizer": Text("{path} holds no tokenizer.", "Download tokenizer.json and tokenizer_config.json too."),
    "model_file_empty": Text("The file {file} is empty.", "Download the model again, whole."),
    "model_lfs_pointer": Text(
        "{file} is only a pointer of Git LFS, not the file itself.",
        'Fetch the files with "git lfs pull", or download them from the hub\'s page.',
    ),
    "model_file_too_large": Text(
        "{file} is too large for what it should be: {bytes:size}, at most {limit:size}.",
        "Download the model again.",
    ),
    "model_file_not_utf8": Text("{file} is not UTF-8 (byte {position}).", "Download the file again."),
    "model_json_broken": Text("{file} is not valid: {reason}", "Download the file again."),
    "model_config_incomplete": Text(
        "{file} lacks the entry {key}.",
        "Download the model again; if the entry is still missing, the model is not supported.",
    ),
    "model_shard_truncated": Text(
        "The weights file {file} is not complete: {actual:size} of {expected:size}.",
        "Delete it and download the model again.",
    ),
    "model_shard_broken": Text(
        "The weights file {file} is damaged: {reason}",
        "Delete it and download the model again.",
    ),
    "gguf_broken": Text("The GGUF file {path} is damaged: {reason}", "Run again with --fresh."),
    "quantization_unknown": Text("The quantization type {type} is not known.", "Choose one of: {known}"),
    "template_missing": Text(
        "The model has no chat template.",
        "Choose a model that was made for chat (its name often ends in Instruct or Chat).",
    ),
    "template_too_large": Text(
        "The chat template is too long: {characters} characters, at most {limit}.",
        "Choose another base model.",
    ),
    "template_broken": Text(
        "The chat template cannot be used: {reason}",
        "Download the model again, or choose another one.",
    ),
    "template_not_supported": Text(
        "This kind of chat template is not supported yet: it gives {found} where {expected} is expected.",
        "Choose a model with the ChatML template, such as Qwen2.5-Instruct.",
    ),
    "template_not_compared": Text(
        "The training writes conversations as ms-swift's template {template} does, Ollama as the model's own template "
        "does. Whether the two agree is not checked.",
        "Leave the chat template empty: then it is taken from the model, and they agree.",
    ),
    "merge_template_restored": Text("The merge had lost the chat template; it was put back.", ""),
    "merge_template_lost": Text("The merged model in {path} has no chat template.", "Run again with --fresh."),
    "merge_incomplete": Text(
        "The merged model is not complete: {got} of {expected} parameters.",
        "Run again with --fresh.",
    ),
    "model_type_unknown": Text(
        "It is not known which ms-swift model type fits the architecture {architecture}.",
        "Enter the model type by hand (see ms-swift's list of supported models), or choose another base model.",
    ),
}
