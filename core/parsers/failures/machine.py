"""Messages about the computer: memory, disk, GPU, files and libraries."""

from core.parsers.failures.pattern import failure

_SIZE = r"[\d.]+ ?[KMGT]?i?B\b"

MACHINE = (
    failure(
        "cuda_out_of_memory",
        rf"CUDA out of memory\. Tried to allocate (?P<wanted>{_SIZE})\. GPU \d+ has a total capacity of"
        rf" (?P<total>{_SIZE}) "
        rf"of which (?P<free>{_SIZE}) is free",
    ),
    failure(
        "cuda_out_of_memory",
        rf"CUDA out of memory\. Tried to allocate (?P<wanted>{_SIZE}) \(GPU \d+; (?P<total>{_SIZE}) total capacity;"
        rf".*?(?P<free>{_SIZE}) free",
    ),
    failure(
        "cuda_memory_exhausted",
        r"CUDA out of memory|CUDA error: out of memory|cudaMalloc failed: out of memory|CUBLAS_STATUS_ALLOC_FAILED"
        r"|cudaErrorMemoryAllocation",
    ),
    failure(
        "disk_ran_full",
        r"\[Errno 28\]|No space left on device|WinError 112|not enough space on the disk|os error (?:28|112)\b",
    ),
    failure("disk_quota", r"\[Errno 122\]|Disk quota exceeded"),
    failure("paging_file_small", r"WinError 1455|paging file is too small"),
    failure("compiler_killed", r"Killed signal terminated program|cc1plus: out of memory", "build_llama_cpp"),
    failure(
        "host_out_of_memory",
        r"^MemoryError\b|DefaultCPUAllocator: (?:can't allocate|not enough) memory|std::bad_alloc"
        r"|Cannot allocate memory"
        r"|\[Errno 12\]|WinError 8\b|Unable to allocate [\d.]+ [KMGT]iB for an array"
        r"|failed to allocate (?:CPU )?buffer",
    ),
    failure("torch_without_cuda", r"Torch not compiled with CUDA enabled"),
    failure("driver_refused", r"NVIDIA driver on your system is too old"),
    failure(
        "driver_refused", r"CUDA driver version is insufficient|forward compatibility was attempted on non supported HW"
    ),
    failure("gpu_not_supported", r"sm_\d+ is not compatible with the current PyTorch installation"),
    failure(
        "gpu_not_supported", r"no kernel image is available for execution on the device|Unsupported gpu architecture"
    ),
    failure("gpu_lost", r"GPU is lost|fallen off the bus|Unable to determine the device handle for GPU"),
    failure(
        "gpu_not_found",
        r"No CUDA GPUs are available|no CUDA-capable device|Found no NVIDIA driver|No GPU or XPU found"
        r"|CUDA error: invalid device ordinal",
    ),
    failure("bf16_unsupported", r"doesn't support bf16/gpu|bf16 is not supported on|requires Ampere\+? GPU"),
    failure(
        "cuda_toolkit_missing",
        r"CUDA_HOME environment variable is not set|nvcc(?:\.exe)?['\"]?: (?:command )?not found",
    ),
    failure(
        "file_locked_at",
        r"(?:WinError 3[23]\b|used by another process)[^']*'(?P<path>[^']+)'",
    ),
    failure("file_locked", r"WinError 3[23]\b|used by another process|os error 3[23]\b"),
    failure(
        "path_too_long", r"WinError 206|\[Errno 36\]|File ?name too long|filename or extension is too long|ENAMETOOLONG"
    ),
    failure(
        "antivirus_blocked",
        r"WinError 225|contains a virus|ScriptContainedMaliciousContent|blocked by your antivirus"
        r"|potentially unwanted software",
    ),
    failure("symlink_privilege", r"WinError 1314|A required privilege is not held by the client"),
    failure(
        "vc_runtime_missing",
        r"WinError 126.*(?:shm|torch_\w+|c10)\.dll|Microsoft Visual C\+\+ Redistributable is not installed",
    ),
    failure("library_missing", r"WinError 126[^\"']*[\"'](?P<name>[^\"']+)[\"']"),
    failure("library_missing", r"DLL load failed while importing (?P<name>\w+)"),
    failure("library_missing", r"\b(?P<name>lib[\w.+-]{1,80}): cannot open shared object file"),
    failure("system_too_old", r"version `(?P<name>GLIBC(?:XX)?_[\d.]+)' not found"),
    failure("openmp_twice", r"OMP: Error #15\b"),
    failure("illegal_instruction", r"Illegal instruction|0xC000001D"),
    failure("program_for_other_system", r"WinError 193|not a valid Win32 application|Exec format error"),
    failure("too_many_files", r"\[Errno 24\]|Too many open files"),
    failure("disk_error", r"\[Errno 5\]|Input/output error|WinError (?:23|1117)\b"),
    failure("folder_read_only", r"\[Errno 30\]|Read-only file system"),
    failure("port_in_use", r"Address already in use|WinError 10048|EADDRINUSE|Only one usage of each socket address"),
)

MACHINE_GENERAL = (
    failure(
        "access_denied_at",
        r"(?:\[Errno 13\]|WinError 5\b|Permission denied|Access is denied)[^']*'(?P<path>[^']+)'",
    ),
    failure(
        "access_denied",
        r"PermissionError|\[Errno 13\]|WinError 5\b|Permission denied|Access is denied|os error (?:5|13)\b",
    ),
    failure("file_missing", r"(?:\[Errno 2\]|WinError [23]\b)[^']*'(?P<path>[^']+)'"),
    failure("cuda_error", r"(?:CUDA error|cuDNN error|CUBLAS error): (?P<reason>.{1,200})"),
    failure("memory_access", r"Segmentation fault|access violation"),
)
