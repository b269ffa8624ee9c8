"""Messages of Ollama's server and of its Python client."""

from core.parsers.failures.pattern import failure

_STAGES = ("create_ollama", "create_base", "smoke_test", "push_ollama")

OLLAMA = (
    failure(
        "ollama_unreachable",
        r"Failed to connect to Ollama|could not connect to ollama|ConnectError|WinError 1006[01]"
        r"|connectex: No connection"
        r"|Errno 111|^(?:\[\w+ \d+\] )?connection refused",
        *_STAGES,
    ),
    failure("ollama_newer_needed", r"requires a newer version of Ollama|unsupported GGUF version", *_STAGES),
    failure(
        "ollama_unsupported_architecture",
        r"(?:unsupported architecture|unknown model architecture:) [\"'](?P<arch>[^\"']+)",
        *_STAGES,
    ),
    failure("ollama_name_invalid", r"invalid model name|invalid model path|name must be", *_STAGES),
    failure("ollama_type_unsupported", r"unsupported quantization type (?P<type>\S+)"),
    failure("ollama_requantize", r"quantization is only supported for F16"),
    failure("ollama_push_refused", r"not authorized to push to this namespace|repository .* access denied"),
    failure("ollama_not_signed_in", r"you must be signed in|(?:\b401\b|unauthorized)", "push_ollama"),
    failure("ollama_model_unknown", r"pull model manifest: file does not exist", *_STAGES),
    failure("ollama_model_missing", r"model '(?P<name>[^']+)' not found", *_STAGES),
    failure(
        "ollama_out_of_memory",
        r"model requires more system memory \((?P<needed>[^)]+)\) than is available \((?P<available>[^)]+)\)",
    ),
    failure("ollama_adapter_mismatch", r"model arch and LoRA arch mismatch"),
    failure("ollama_load_slow", r"timed out waiting for (?:llama )?(?:runner|server) to start", *_STAGES),
    failure("ollama_modelfile_invalid", r"command must be one of \"from\"|no FROM line|invalid Modelfile", *_STAGES),
    failure("ollama_not_a_gguf", r"invalid file magic|unsupported content type|unexpected EOF", *_STAGES),
    failure("ollama_file_missing", r"open .*(?:blobs|manifests)\S*: (?:no such file|The system cannot find)", *_STAGES),
)

OLLAMA_GENERAL = (
    failure(
        "ollama_runner_died",
        r"(?P<reason>(?:llama runner process has terminated|llama runner process no longer running).{0,200})",
    ),
    failure("ollama_runner_died", r"(?P<reason>model runner has unexpectedly stopped.{0,200})"),
)
