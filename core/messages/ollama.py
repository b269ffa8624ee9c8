"""Ollama: server, names, models, push."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "ollama_index_build": Text(
        "No Ollama answers, so one is installed: Ollama {version}, Intel's build from the package index. "
        "The official one is not used, because its checksum is not known.",
        "Its licences are named below; it stays in the work folder. To use the official one, get it at {address} and "
        "start it first.",
    ),
    "ollama_newer_needed": Text(
        "This Ollama is too old for the model.",
        "Install the newest Ollama from ollama.com and run again.",
    ),
    "ollama_unsupported_architecture": Text(
        "Ollama does not know the architecture {arch}.",
        "Install the newest Ollama from ollama.com; if that does not help, use another base model.",
    ),
    "ollama_model_missing": Text("Ollama has no model named {name}.", "Run again: it is created anew."),
    "ollama_out_of_memory": Text(
        "The model needs {needed} of memory to run, and only {available} is free.",
        "Close other programs, lower the context length, or choose a smaller quantization type such as Q4_K_M.",
    ),
    "ollama_load_slow": Text(
        "Ollama took too long to load the model.",
        "Run again; close other programs if memory is short.",
    ),
    "ollama_not_a_gguf": Text(
        "Ollama cannot read the model's file: it is damaged or not a GGUF.",
        "Run again with --fresh.",
    ),
    "ollama_file_missing": Text("Ollama lost a file of the model.", "Run again: it is created anew."),
    "ollama_runner_died": Text(
        "Ollama could not run the model: {reason}",
        "Update Ollama and the graphics driver; if memory is short, choose a smaller quantization type.",
    ),
    "ollama_not_running": Text(
        "No Ollama answers at {host}.",
        'Start Ollama (on Windows from the Start menu, on Linux with "ollama serve") and run again. Where it is not '
        'installed: "tunesmith ollama install".',
    ),
    "ollama_too_old": Text(
        "Ollama {version} is too old; {needed} or newer is needed.",
        "Install the newest Ollama from ollama.com.",
    ),
    "ollama_started": Text("Started Ollama at {host}.", ""),
    "ollama_not_starting": Text("Ollama did not start: {reason}", "Read its log: {log}"),
    "ollama_port_taken": Text(
        "Ollama cannot use {host}: another program is there.",
        "End that program, or set OLLAMA_HOST to another port.",
    ),
    "ollama_hangs": Text(
        "Something at {host} takes connections but does not answer: most likely an Ollama that hangs.",
        "Restart Ollama (or the computer) and run again; if another program is there, set OLLAMA_HOST to another port.",
    ),
    "ollama_installer_not_starting": Text(
        "Ollama's installer cannot be started: {reason}",
        "If a virus scanner holds it, allow it there; or get it at ollama.com/download and install it by hand.",
    ),
    "ollama_installer_failed": Text(
        "Ollama's installer ended without installing Ollama (exit code {exit}).",
        "Read its log, or get it at ollama.com/download and install it by hand. The log: {log}",
    ),
    "ollama_library_missing": Text(
        "Ollama cannot start, because a program library is missing: {library}",
        "Install the library with the system's package manager, or Ollama from ollama.com.",
    ),
    "ollama_host_invalid": Text(
        "OLLAMA_HOST is not an address: {host}",
        "Write host:port, for example 127.0.0.1:11434.",
    ),
    "ollama_host_not_local": Text(
        "The Ollama at {host} is on another computer and does not answer.",
        "Start it there, or set OLLAMA_HOST to this computer.",
    ),
    "ollama_connection_lost": Text(
        "The connection to Ollama at {host} broke off: {reason}",
        "Run again; if it happens again, restart Ollama.",
    ),
    "ollama_silent": Text(
        "Ollama at {host} has sent nothing for {minutes} minutes.",
        "Restart Ollama and run again; if a big model loads from a slow disk, move Ollama's models to a faster one.",
    ),
    "ollama_error": Text("Ollama reports: {reason}", "Run again; if it happens again, update Ollama."),
    "ollama_disk_full": Text(
        "The disk on which Ollama keeps its models is full.",
        "Free some space there, or set OLLAMA_MODELS to a folder on another disk and restart Ollama.",
    ),
    "ollama_disk_space": Text(
        "The disk of Ollama's models is too full: {needed:size} are needed, {free:size} are free at {path}",
        "Free some space there, or set OLLAMA_MODELS to a folder on another disk and restart Ollama.",
    ),
    "ollama_name_refused": Text(
        "Ollama refuses the name {name}: {reason}",
        "Use letters, digits, '.', '_' and '-', as in you/my-model:q4.",
    ),
    "ollama_cannot_load": Text(
        "Ollama cannot load {name}: {reason}",
        "Update Ollama; if that does not help, choose another quantization type.",
    ),
    "ollama_push_unauthorized": Text(
        "The registry does not let you push {name}.",
        'Sign in with "ollama signin", or add this key at ollama.com/settings/keys: {key}',
    ),
    "ollama_key_unknown": Text(
        "ollama.com does not know the key of this computer's Ollama.",
        'Sign in with "ollama signin", or add this key at ollama.com/settings/keys, and push again: {key}',
    ),
    "ollama_name_not_yours": Text(
        "Your account may not push {name}: the user name before the slash is another's.",
        "Change the model's name so that it begins with your own user name on ollama.com, as in you/my-model.",
    ),
    "ollama_registry_http": Text(
        "The registry in the name {name} speaks HTTP without encryption, which is only used on this computer.",
        'Give the registry a certificate, or push by hand: "ollama push --insecure {name}".',
    ),
    "ollama_registry_unreachable": Text(
        "The registry could not be reached: {reason}",
        'Check the connection and push again: "tunesmith run PROJECT --push".',
    ),
    "ollama_push_failed": Text("The push failed: {reason}", 'Push again: "tunesmith run PROJECT --push".'),
    "ollama_name_empty": Text("Pushing needs a name for the model.", "Enter it as you/my-model:q4."),
    "ollama_name_parts": Text("The name {name} has too many parts.", "Write it as you/my-model:q4."),
    "ollama_name_no_namespace": Text("To push {name}, your user name must stand before it.", "Write it as you/{name}."),
    "ollama_name_capitals": Text(
        "The name {name} has capital letters, which Ollama does not tell apart.",
        "Better write {lower}.",
    ),
    "ollama_name_exists": Text(
        "Ollama has a model {name} that this project did not make; a run replaces it.",
        'To keep it, choose another name, or give it one first: "tunesmith ollama copy {name} NEW".',
    ),
    "ollama_tag_of_other_type": Text(
        "{name} would be {first}, although its tag says {type}.",
        "Choose another tag, name {type} first among the quantization types, or switch off all quantization types.",
    ),
    "ollama_name_empty_part": Text("A part of the name {name} is empty.", "Write it as you/my-model:q4."),
    "ollama_name_chinese": Text(
        "The name {name} holds Chinese characters, which Ollama does not allow: {characters}",
        "Use letters and digits; what the model calls itself is set under self-cognition.",
    ),
    "ollama_name_characters": Text(
        "{text} holds characters that Ollama does not allow: {characters}",
        "Use letters, digits, '.', '_' and '-'.",
    ),
    "ollama_name_start": Text("{text} must not begin with {character}.", "Begin with a letter, a digit or '_'."),
    "ollama_name_too_long": Text(
        "{text} is too long: {length} characters, at most {longest}.",
        "Choose a shorter name.",
    ),
    "modelfile_triple_quotes": Text(
        "A text for the Modelfile holds three double quotes in a row, which it cannot carry.",
        "Take them out of the system prompt.",
    ),
    "stop_tokens_missing": Text(
        "The model in Ollama lacks the stop tokens {tokens} and would not end its answers.",
        "Run again with --fresh.",
    ),
    "answer_has_template": Text(
        "The answer to {prompt} holds {sign}, which belongs to the chat template: {text}",
        "The template that is served differs from the one trained with. Leave the chat template empty and run again.",
    ),
    "model_answer_empty": Text(
        "The model's answer to {prompt} is empty.",
        "Train longer or with more rows; check the dataset for empty answers.",
    ),
    "answer_not_ended": Text(
        "The answer to {prompt} did not end by itself within {tokens} tokens.",
        "Train longer, or check that the rows of the dataset have short answers.",
    ),
    "identity_not_learned": Text(
        "The model does not say: {names}",
        "Train longer, raise the learning rate, or raise the number of self-cognition rows.",
    ),
    "ollama_demo_unsupported": Text(
        "There is no ready-made Ollama for {system} here.",
        "Install Ollama from ollama.com and run again.",
    ),
    "ollama_demo_incomplete": Text(
        "The demo's Ollama lacks the file {file}.",
        "Delete the demo's folder ollama and run again.",
    ),
    "ollama_demo_download": Text(
        "The demo's Ollama could not be downloaded: {reason}",
        "Check the connection, or install Ollama from ollama.com. The log: {log}",
    ),
}
