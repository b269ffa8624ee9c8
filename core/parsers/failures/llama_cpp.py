"""Messages of llama.cpp's converter, quantizer and imatrix, and of its build with CMake."""

from core.parsers.failures.pattern import failure

LLAMA_CPP = (
    failure("architecture_not_convertible", r"ERROR:hf-to-gguf:Model (?P<name>\S+) is not supported"),
    failure("architecture_not_convertible", r"NotImplementedError: Architecture '?(?P<name>[\w.]+)'? not supported"),
    failure("pre_tokenizer_unknown", r"BPE pre-tokenizer was not recognized - update"),
    failure("quantized_not_convertible", r"Quant method is not yet supported: '(?P<method>[^']+)'"),
    failure("special_tokens_list", r"AttributeError: 'list' object has no attribute 'keys'", "convert"),
    failure(
        "tokenizer_missing",
        r"FileNotFoundError: File not found: .*tokenizer\.model|Cannot find tokenizer\.model"
        r"|Cannot find .* BPE tokenizer",
    ),
    failure("tensor_not_convertible", r"Can not map tensor '(?P<name>[^']+)'"),
    failure("model_not_found", r"ERROR:hf-to-gguf:Error: (?P<path>.+) is not a directory"),
    failure("quantize_type_unknown", r"invalid (?:ftype|quantization type) '(?P<name>[^']*)'"),
    failure("requantize_refused", r"requantizing from type (?P<type>\S+) is disabled"),
    failure("imatrix_required", r"this quantization requires an imatrix|Missing importance matrix for tensor"),
    failure("imatrix_text_short", r"you need at least (?P<needed>\d+) tokens for a context of"),
    failure(
        "imatrix_invalid", r"failed to load imatrix from|imatrix size \d+ is different from|imatrix contains non-finite"
    ),
    failure("gguf_missing", r"failed to open GGUF file '(?P<path>.+)' \(No such file"),
    failure("gguf_path_unreadable", r"failed to open GGUF file '(?P<path>.+)' \("),
    failure(
        "gguf_corrupt",
        r"failed to read key-value pairs|invalid magic characters|tensor data is not within the file bounds"
        r"|data validation failed|failed to read tensor|file is corrupted or incomplete",
    ),
    failure("gguf_version", r"(?:unsupported|bad) GGUF version|unknown model architecture", "quantize"),
    failure(
        "compiler_missing",
        r"No CMAKE_C(?:XX)?_COMPILER could be found|CMAKE_C(?:XX)?_COMPILER not set"
        r"|is not able to compile a simple test",
    ),
    failure("makefile_removed", r"The Makefile build (?:is deprecated|has been replaced)|Build system changed"),
    failure(
        "windows_headers_old",
        r"'::?CreateFile2' has not been declared|doesn't support Windows 8 or lower"
        r"|unknown type name 'THREAD_POWER_THROTTLING",
    ),
    failure(
        "antivirus_blocked",
        r"CreateProcess\b.*(?:access is denied|virus|cannot find)"
        r"|cannot execute '[^']+': (?:CreateProcess: )?(?:No such file|Permission denied|Access is denied)",
        "build_llama_cpp",
    ),
    failure("ninja_missing", r"unable to find a build program corresponding to|CMAKE_MAKE_PROGRAM is not set"),
    failure("cmake_too_old", r"CMake (?P<needed>[\d.]+) or higher is required"),
    failure("build_folder_moved", r"CMakeCache\.txt directory .* is different than the directory"),
    failure(
        "source_incomplete",
        r"does not appear to contain CMakeLists\.txt|Cannot find source file|known rule to make target",
    ),
)

LLAMA_CPP_GENERAL = (
    failure("compile_failed", r"(?:fatal )?error: (?P<reason>.{1,200})", "build_llama_cpp"),
    failure("compile_failed", r"ninja: build stopped: (?P<reason>.{1,200})", "build_llama_cpp"),
    failure("cmake_failed", r"CMake Error", "build_llama_cpp"),
    failure("quantize_failed", r"failed to quantize: (?P<reason>.{1,200})", "quantize"),
)
