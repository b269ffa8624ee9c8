# ruff: noqa: E501 - messages are quoted as they are

import re
from pathlib import Path

import pytest

from core.messages import MESSAGES
from core.parsers.failures import GENERAL, SILENT, SPECIFIC, diagnose, diagnose_exit, silent_failure
from core.parsers.failures.pattern import Failure
from core.process.lines import LineSplitter

FAILURES = Path(__file__).parents[2] / "transcripts" / "failures"

RECORDED = {
    "conv_arch": ("convert", "architecture_not_convertible", {"name": "NopeForCausalLM"}),
    "conv_lfs": ("convert", "model_shard_corrupt", {}),
    "conv_noconf": ("convert", "model_config_missing", {}),
    "conv_nodir": ("convert", "model_not_found", {"path": "nodir"}),
    "conv_trunc": ("convert", "model_shard_corrupt", {}),
    "disk": ("prepare_dataset", "disk_ran_full", {}),
    "exp_awq": ("awq", "awq_missing", {}),
    "exp_exists": ("merge", "output_exists", {"path": "/home/user/tune/merged"}),
    "exp_nockpt": ("merge", "no_network", {}),
    "host_oom": ("convert", "host_out_of_memory", {}),
    "imatrix_short": ("quantize", "imatrix_text_short", {"needed": "1024"}),
    "quant_badtype": ("quantize", "quantize_type_unknown", {"name": "Q9_9"}),
    "quant_missing": ("quantize", "gguf_missing", {"path": "no.gguf"}),
    "quant_re": ("quantize", "requantize_refused", {"type": "q8_0"}),
    "quant_trunc": ("quantize", "gguf_corrupt", {}),
    "sft_arg": ("train", "unknown_argument", {"arguments": "'--sft_type', 'lora'"}),
    "sft_badtmpl": ("train", "swift_template_unknown", {"name": "nope"}),
    "sft_badtype": ("train", "swift_model_type_unknown", {"name": "qwen1half-7b-chat"}),
    "sft_bf16": ("train", "bf16_unsupported", {}),
    "sft_bnb": ("train", "bitsandbytes_missing", {}),
    "sft_broken": ("train", "swift_rows_broken", {"reason": "JSON parse error: Invalid value. in row 0"}),
    "sft_choice": (
        "train",
        "argument_invalid",
        {
            "argument": "--torch_dtype",
            "reason": "invalid choice: 'AUTO' (choose from 'bfloat16', 'float16', 'float32', None)",
        },
    ),
    "sft_cols": ("train", "swift_no_rows", {}),
    "sft_cuda": ("train", "torch_without_cuda", {}),
    "sft_empty": ("train", "swift_no_rows", {}),
    "sft_fa": ("train", "flash_attention_missing", {}),
    "sft_gbk": ("train", "swift_encoding", {"codec": "utf-8", "position": "0"}),
    "sft_nodata": ("train", "swift_dataset_missing", {"path": "/home/user/tune/data/missing.jsonl"}),
    "sft_nomodel": ("train", "model_not_found", {"path": "/home/user/tune/nodir"}),
    "sft_notmpl": (
        "train",
        "template_ambiguous",
        {"candidates": "'qwen', 'qwen2_5', 'qwen2_5_math', 'marco_o1', 'qwq_preview', 'qwq', 'deepseek_r1'"},
    ),
    "sft_notype": ("train", "model_type_ambiguous", {"candidates": "'qwen2', 'qwen2_gte'"}),
    "sft_pack": ("train", "flash_attention_missing", {}),
    "sft_resume": ("train", "checkpoint_not_adapter", {}),
    "sft_target": ("train", "target_modules_missing", {"modules": "'ALL'"}),
    "sft_trunc": ("train", "model_shard_corrupt", {}),
    "sft_trunc2": ("train", "model_shard_corrupt", {}),
    "torch_oom": ("train", "host_out_of_memory", {}),
    "uv_bad_path": ("install_runtime", "python_unusable", {"path": "/home/user/none"}),
    "uv_dns": ("install_runtime", "no_network", {}),
    "uv_hash": ("install_runtime", "package_hash_mismatch", {}),
    "uv_no_python": ("install_runtime", "python_missing", {"version": "3.19"}),
    "uv_no_solution": (
        "install_runtime",
        "packages_unsolvable",
        {
            "reason": "there is no version of six==99 and you require six==99, "
            "we can conclude that your requirements are unsatisfiable."
        },
    ),
    "uv_offline": ("install_runtime", "packages_offline", {}),
    "uv_refused": ("install_runtime", "connection_refused", {}),
}
"""Failures that were brought about with the real tools: their last lines."""

QUOTED = [
    (
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 46.00 MiB. GPU 0 has a total capacity of 79.18 GiB of "
            "which 55.89 GiB is free. Including non-PyTorch memory, this process has 23.28 GiB memory in use. 22.50 GiB allowed;"
        ),
        "train",
        "cuda_out_of_memory",
        {"wanted": "46.00 MiB", "total": "79.18 GiB", "free": "55.89 GiB"},
    ),
    (
        (
            "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 24.00 GiB total capacity; 21.1 GiB already "
            "allocated; 512.00 MiB free; 22.2 GiB reserved in total by PyTorch)"
        ),
        "train",
        "cuda_out_of_memory",
        {"wanted": "2.00 GiB", "total": "24.00 GiB", "free": "512.00 MiB"},
    ),
    (
        "docker: Error response from daemon: No such image: tunesmith-runtime:latest",
        "train",
        "docker_image_missing",
        {},
    ),
    (
        "Error response from daemon: pull access denied for nope, repository does not exist or may require 'docker login'",
        "install_runtime",
        "docker_image_missing",
        {},
    ),
    (
        'docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]]',
        "install_runtime",
        "docker_gpu_missing",
        {},
    ),
    (
        (
            "docker: Error response from daemon: failed to create task for container: nvidia-container-cli: initialization "
            "error: WSL environment detected but no adapters were found: unknown"
        ),
        "train",
        "docker_gpu_missing",
        {},
    ),
    (
        "docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "train",
        "docker_not_running",
        {},
    ),
    (
        "docker: permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        "train",
        "docker_permission",
        {},
    ),
    (
        (
            'docker: Error response from daemon: invalid mount config for type "bind": bind source path does not exist: '
            "/host_mnt/x"
        ),
        "train",
        "docker_mount_refused",
        {},
    ),
    (
        (
            "docker: Error response from daemon: failed to create task for container: runc create failed: unable to start "
            'container process: exec: "python": executable file not found in $PATH: unknown'
        ),
        "install_runtime",
        "docker_program_missing",
        {"program": "python"},
    ),
    ("Error code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND", "train", "wsl_no_distribution", {}),
    ("Error code: Wsl/Service/CreateInstance/CreateVm/HCS/0x80370102", "train", "wsl_virtualization_off", {}),
    ("RuntimeError: CUDA error: out of memory", "merge", "cuda_memory_exhausted", {}),
    ("OSError: [WinError 112] There is not enough space on the disk", "convert", "disk_ran_full", {}),
    ("error: Failed to extract archive: No space left on device (os error 28)", "install_runtime", "disk_ran_full", {}),
    ("OSError: [Errno 122] Disk quota exceeded", "merge", "disk_quota", {}),
    (
        "OSError: [WinError 1455] The paging file is too small for this operation to complete.",
        "train",
        "paging_file_small",
        {},
    ),
    ("AssertionError: Torch not compiled with CUDA enabled", "train", "torch_without_cuda", {}),
    ("RuntimeError: The NVIDIA driver on your system is too old (found version 11040).", "train", "driver_refused", {}),
    ("CUDA driver version is insufficient for CUDA runtime version", "train", "driver_refused", {}),
    (
        "RuntimeError: CUDA error: no kernel image is available for execution on the device",
        "train",
        "gpu_not_supported",
        {},
    ),
    ("RuntimeError: No CUDA GPUs are available", "train", "gpu_not_found", {}),
    (
        "RuntimeError: CUDA error: unspecified launch failure",
        "train",
        "cuda_error",
        {"reason": "unspecified launch failure"},
    ),
    (
        "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.",
        "train",
        "cuda_toolkit_missing",
        {},
    ),
    (
        "PermissionError: [WinError 32] The process cannot access the file because it is being used by another process: 'D:\\m.gguf'",
        "convert",
        "file_locked_at",
        {"path": "D:\\m.gguf"},
    ),
    (
        "PermissionError: [Errno 13] Permission denied: 'llama-3.2-3b.BF16.gguf'",
        "convert",
        "access_denied_at",
        {"path": "llama-3.2-3b.BF16.gguf"},
    ),
    ("error: failed to remove file: Access is denied. (os error 5)", "install_runtime", "access_denied", {}),
    ("OSError: [Errno 36] File name too long: 'xxx'", "merge", "path_too_long", {}),
    ("OSError: [WinError 206] The filename or extension is too long", "merge", "path_too_long", {}),
    (
        "OSError: [WinError 225] Operation did not complete successfully because the file contains a virus",
        "quantize",
        "antivirus_blocked",
        {},
    ),
    ("FullyQualifiedErrorId : ScriptContainedMaliciousContent", "install_runtime", "antivirus_blocked", {}),
    ("OSError: [WinError 1314] A required privilege is not held by the client", "fetch_model", "symlink_privilege", {}),
    (
        'OSError: [WinError 126] The specified module could not be found. Error loading "C:\\v\\torch\\lib\\shm.dll" or one of its dependencies.',
        "train",
        "vc_runtime_missing",
        {},
    ),
    (
        "ImportError: DLL load failed while importing _multiarray: Module not found.",
        "train",
        "library_missing",
        {"name": "_multiarray"},
    ),
    (
        "x: error while loading shared libraries: libgomp.so.1: cannot open shared object file",
        "quantize",
        "library_missing",
        {"name": "libgomp.so.1"},
    ),
    (
        "./q: /lib/libc.so.6: version `GLIBC_2.34' not found (required by ./q)",
        "quantize",
        "system_too_old",
        {"name": "GLIBC_2.34"},
    ),
    (
        "OMP: Error #15: Initializing libiomp5md.dll, but found libiomp5md.dll already initialized.",
        "train",
        "openmp_twice",
        {},
    ),
    ("OSError: [WinError 193] %1 is not a valid Win32 application", "quantize", "program_for_other_system", {}),
    ("OSError: [Errno 30] Read-only file system: 'x'", "train", "folder_read_only", {}),
    ("OSError: [Errno 98] Address already in use", "train", "port_in_use", {}),
    (
        "OSError: [WinError 10048] Only one usage of each socket address is normally permitted",
        "train",
        "port_in_use",
        {},
    ),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'a/b'", "train", "file_missing", {"path": "a/b"}),
    (
        "pyarrow.lib.ArrowInvalid: JSON parse error: Column() changed from object to array in row 0",
        "train",
        "swift_rows_broken",
        {"reason": "JSON parse error: Column() changed from object to array in row 0"},
    ),
    (
        "UnicodeDecodeError: 'gbk' codec can't decode byte 0x81 in position 4823: illegal multibyte",
        "train",
        "swift_encoding",
        {"codec": "gbk", "position": "4823"},
    ),
    (
        "UnicodeDecodeError: 'charmap' codec can't decode byte 0x81 in position 7: character maps to",
        "train",
        "swift_encoding",
        {"codec": "charmap", "position": "7"},
    ),
    ("KeyError: 'instruction'", "train", "swift_column_missing", {"column": "instruction"}),
    (
        "ValueError: Failed to retrieve the dataset. You can avoid this issue by increasing `max_length` or",
        "train",
        "swift_rows_too_long",
        {},
    ),
    ("ValueError: self.dataset: [], Please input the quant dataset.", "awq", "calibration_rows_missing", {}),
    ("AssertionError: org_w_shape (64) must be a multiple of group_size (128)!", "awq", "awq_shape", {}),
    ("ModuleNotFoundError: No module named 'triton'", "train", "triton_missing", {}),
    ("ModuleNotFoundError: No module named 'gradio'", "train", "module_missing", {"name": "gradio"}),
    ("AssertionError: Unable to pre-compile async_io", "train", "deepspeed_unusable", {}),
    (
        "ImportError: cannot import name 'x' from 'transformers' (/v/t.py)",
        "train",
        "packages_mixed",
        {"package": "transformers"},
    ),
    (
        "ImportError: tokenizers>=0.21,<0.22 is required for a normal functioning of this module",
        "train",
        "packages_mixed",
        {"package": "tokenizers>=0.21,<0.22"},
    ),
    ("ImportError: Loading an AWQ quantized model requires gptqmodel.", "evaluate", "awq_loader_missing", {}),
    ("ValueError: Please set --model <model_id_or_path>, model: None", "train", "model_not_set", {}),
    ("ValueError: Can't find a valid checkpoint at 1000", "train", "checkpoint_invalid", {"path": "1000"}),
    (
        "RuntimeError: Error(s) in loading state_dict: size mismatch for q_proj.lora_A",
        "train",
        "checkpoint_mismatch",
        {},
    ),
    (
        "ValueError: The checkpoint you are trying to load has model type `nope9` but Transformers does not recognize this architecture.",
        "train",
        "architecture_too_new",
        {"name": "nope9"},
    ),
    (
        "RuntimeError: use_libuv was requested but PyTorch was build without libuv support",
        "train",
        "distributed_libuv",
        {},
    ),
    ("RuntimeError: Distributed package doesn't have NCCL built in", "train", "nccl_missing", {}),
    (
        "torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:1331, unhandled system error",
        "train",
        "nccl_failed",
        {},
    ),
    ("torch.distributed.DistNetworkError: The client socket has timed out", "train", "distributed_unreachable", {}),
    (
        "NotImplementedError: BPE pre-tokenizer was not recognized - update get_vocab_base_pre()",
        "convert",
        "pre_tokenizer_unknown",
        {},
    ),
    (
        "NotImplementedError: Quant method is not yet supported: 'awq'",
        "convert",
        "quantized_not_convertible",
        {"method": "awq"},
    ),
    ("AttributeError: 'list' object has no attribute 'keys'", "convert", "special_tokens_list", {}),
    ("FileNotFoundError: File not found: D:\\m\\tokenizer.model", "convert", "tokenizer_missing", {}),
    (
        "gguf_init_from_file: failed to open GGUF file 'Z:/?? ?/??.gguf' (Invalid argument)",
        "quantize",
        "gguf_path_unreadable",
        {"path": "Z:/?? ?/??.gguf"},
    ),
    (
        "llama_model_quantize: failed to quantize: this quantization requires an imatrix!",
        "quantize",
        "imatrix_required",
        {},
    ),
    ("  No CMAKE_CXX_COMPILER could be found.", "build_llama_cpp", "compiler_missing", {}),
    (
        "Makefile:6: *** Build system changed: The Makefile build has been replaced by CMake.",
        "build_llama_cpp",
        "makefile_removed",
        {},
    ),
    ("httplib.h:1: error: '::CreateFile2' has not been declared", "build_llama_cpp", "windows_headers_old", {}),
    ("c++: fatal error: Killed signal terminated program cc1plus", "build_llama_cpp", "compiler_killed", {}),
    (
        "a.cpp:3:1: error: expected ';' before '}' token",
        "build_llama_cpp",
        "compile_failed",
        {"reason": "expected ';' before '}' token"},
    ),
    ("CMake Error at CMakeLists.txt:3 (message):", "build_llama_cpp", "cmake_failed", {}),
    ("dial tcp: lookup registry.ollama.ai: no such host", "push_ollama", "no_network", {}),
    ("socket.gaierror: [Errno 11001] getaddrinfo failed", "fetch_model", "no_network", {}),
    (
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
        "fetch_model",
        "certificate_refused",
        {},
    ),
    ("OSError: Tunnel connection failed: 407 Proxy Authentication Required", "fetch_model", "proxy_login", {}),
    (
        "requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://h/x",
        "fetch_model",
        "http_refused",
        {"status": "403"},
    ),
    (
        "HTTP status client error (401 Unauthorized) for url (https://h/x)",
        "install_runtime",
        "http_refused",
        {"status": "401"},
    ),
    (
        "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://h/x",
        "fetch_model",
        "http_missing",
        {},
    ),
    ("429 Client Error: Too Many Requests for url: https://h/x", "fetch_model", "http_busy", {}),
    (
        "HTTP status server error (503 Service Unavailable) for url (https://h/x)",
        "install_runtime",
        "http_server_error",
        {"status": "503"},
    ),
    (
        "ConnectionResetError: [WinError 10054] An existing connection was forcibly closed",
        "fetch_model",
        "connection_reset",
        {},
    ),
    ("requests.exceptions.ReadTimeout: Read timed out. (read timeout=60)", "fetch_model", "connection_timed_out", {}),
    (
        "OSError: We couldn't connect to 'https://huggingface.co' to load the files",
        "fetch_model",
        "hub_unreachable",
        {},
    ),
    (
        "FileIntegrityError: integrity check failed, expected sha256 signature is a, actual is e3b0c442",
        "fetch_model",
        "download_corrupt",
        {},
    ),
    (
        "  cause: Because torch==9 has no wheels with a matching Python ABI tag (e.g., `cp311`)",
        "install_runtime",
        "package_no_wheel",
        {"package": "torch==9"},
    ),
    ("  × Failed to build `oss2==2.19.1`", "install_runtime", "package_build_failed", {"package": "oss2==2.19.1"}),
]
"""Messages from the facts: reports of others, and of machines that tests do not have."""


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_failures(name: str) -> None:
    splitter = LineSplitter()
    data = (FAILURES / f"{name}.txt").read_bytes()
    lines = [line.text for line in splitter.feed(data) + splitter.close() if not line.transient]
    stage, code, values = RECORDED[name]
    assert diagnose(lines, stage) == (code, values)


@pytest.mark.parametrize(("line", "stage", "code", "values"), QUOTED)
def test_quoted_failures(line: str, stage: str, code: str, values: dict[str, str]) -> None:
    assert diagnose(["Traceback (most recent call last):", line, "gone"], stage) == (code, values)


def test_the_last_exception_counts_not_the_one_that_hides_it() -> None:
    lines = [
        "FileNotFoundError: File not found: D:\\m\\tokenizer.model",
        "During handling of the above exception, another exception occurred:",
        "NotImplementedError: BPE pre-tokenizer was not recognized - update get_vocab_base_pre()",
    ]
    assert diagnose(lines, "convert") == ("pre_tokenizer_unknown", {})


def test_a_specific_message_counts_more_than_a_general_one_after_it() -> None:
    lines = ["torch.OutOfMemoryError: CUDA out of memory", "PermissionError: [Errno 13] Permission denied: 'x'"]
    assert diagnose(lines, "train") == ("cuda_memory_exhausted", {})


@pytest.mark.parametrize(
    "line",
    [
        "[WARNING:swift] No module named 'triton'",
        "INFO:x: Connection refused",
        (
            "Backend impl 'liger_kernel.ops.backends._cutedsl.rope' for op 'rope' could not be imported: ImportError: "
            "cannot import name 'a' from 'b'"
        ),
        "    raise ValueError('Please input the quant dataset.')",
        "/v/x.py:3: UserWarning: No CUDA GPUs are available",
        "warning: no kernel image is available for execution on the device",
        "all is well",
    ],
)
def test_warnings_are_not_failures(line: str) -> None:
    assert diagnose([line], "train") is None


def test_an_old_message_far_above_does_not_count() -> None:
    assert diagnose(["RuntimeError: No CUDA GPUs are available", *["step"] * 300], "train") is None


def test_stages_of_a_message() -> None:
    assert diagnose(["x.c:1: error: y"], "train") is None
    assert diagnose(["x.c:1: error: y"], "build_llama_cpp") == ("compile_failed", {"reason": "y"})


def test_stale_merge_is_told_though_the_tool_says_success() -> None:
    lines = (FAILURES / "exp_stale.txt").read_text(encoding="utf-8").splitlines()
    assert silent_failure(lines, "merge") == ("merge_stale", {})
    assert diagnose(lines, "merge") is None


@pytest.mark.parametrize(
    ("exit_code", "code"),
    [
        (-9, "killed_by_system"),
        (137, "killed_by_system"),
        (-4, "illegal_instruction_exit"),
        (0xC000001D, "illegal_instruction_exit"),
        (-1073741795, "illegal_instruction_exit"),
        (-11, "memory_access"),
        (3221225477, "memory_access"),
        (0xC0000135, "program_library_missing"),
        (-1073741571, "memory_access"),
        (1, None),
        (0, None),
        (2, None),
    ],
)
def test_exit_codes(exit_code: int, code: str | None) -> None:
    found = diagnose_exit(exit_code)
    assert (found and found[0]) == code
    if found:
        assert found[0] in MESSAGES
        assert found[1] == {"exit": exit_code}


@pytest.mark.parametrize("entry", [*SPECIFIC, *GENERAL, *SILENT], ids=lambda entry: str(entry.code))
def test_each_entry_has_a_sentence_with_just_its_values(entry: Failure) -> None:
    text = MESSAGES[entry.code]
    assert set(re.findall(r"\{(\w+)", text.sentence + text.cure)) == set(entry.pattern.groupindex)


def test_the_catalogue_is_large_enough() -> None:
    assert len({entry.code for entry in (*SPECIFIC, *GENERAL)}) > 120
