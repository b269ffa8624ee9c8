"""The computer: memory, disk, GPU, files, libraries."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "cuda_out_of_memory": Text(
        "The GPU ran out of memory: {wanted} more were asked for, {free} of {total} were free.",
        "Lower the batch size per device or the maximum length, turn on gradient checkpointing, or load the "
        "base model in 4 bits (QLoRA). Close other programs that use the GPU.",
    ),
    "cuda_memory_exhausted": Text(
        "The GPU ran out of memory.",
        "Lower the batch size per device or the maximum length, turn on gradient checkpointing, or load the "
        "base model in 4 bits (QLoRA). Close other programs that use the GPU.",
    ),
    "host_out_of_memory": Text(
        "The computer ran out of main memory (RAM).",
        "Close other programs and run again, or use a smaller base model. Finished stages are kept.",
    ),
    "paging_file_small": Text(
        "Windows' paging file is too small for this model.",
        "Let Windows manage its size (System > Advanced system settings > Performance > Virtual memory), "
        "restart the computer, and run again.",
    ),
    "disk_ran_full": Text(
        "The disk is full.",
        "Free some space on it, or choose another work folder in the settings, and run again. Finished "
        "stages are kept.",
    ),
    "disk_ran_full_at": Text(
        "The disk ran full at {path}: {needed:size} are needed there, {free:size} are free.",
        "Free some space on it, or move the project or the work folder to another disk, and run again: finished "
        "stages are kept.",
    ),
    "disk_quota": Text(
        "Your share of the disk (quota) is used up.",
        "Delete files that you do not need, ask for a larger quota, or choose a work folder on another disk.",
    ),
    "disk_error": Text(
        "The disk could not be read or written (input/output error).",
        "Check the disk and its cable, or choose a work folder on another disk.",
    ),
    "torch_without_cuda": Text(
        "The PyTorch of the training runtime was made for the CPU and cannot use the GPU.",
        'Run "tunesmith runtime repair" to install the PyTorch that fits the GPU, or set the device to cpu.',
    ),
    "driver_refused": Text(
        "The NVIDIA driver is too old for the PyTorch of the training runtime.",
        "Install the newest driver from nvidia.com, restart the computer, and run again.",
    ),
    "gpu_not_supported": Text(
        "The PyTorch of the training runtime does not know this GPU.",
        'Run "tunesmith runtime repair" to install the PyTorch that fits the GPU, or set the device to cpu.',
    ),
    "gpu_not_found": Text(
        "No usable NVIDIA GPU was found.",
        "Check the driver with nvidia-smi and the setting GPUs, or set the device to cpu.",
    ),
    "gpu_lost": Text(
        "The GPU stopped answering while it worked.",
        "Restart the computer and run again. If it happens again, check the card's temperature and power supply.",
    ),
    "cuda_error": Text(
        "The GPU reported an error: {reason}",
        "Run again; if it happens again, restart the computer and update the NVIDIA driver.",
    ),
    "bf16_unsupported": Text(
        "This device cannot train in bfloat16.",
        "Set the precision to auto, float16 (GPU) or float32 (CPU).",
    ),
    "cuda_toolkit_missing": Text(
        "A package wants to compile for the GPU, but NVIDIA's CUDA toolkit is not installed.",
        "Set the attention implementation to sdpa and leave DeepSpeed out: then no toolkit is needed.",
    ),
    "file_locked": Text(
        "A file is in use by another program.",
        "Close the program that has it open (an editor, Ollama, a virus scanner), and run again.",
    ),
    "file_locked_at": Text(
        "A file is in use by another program: {path}",
        "Close the program that has it open (an editor, Ollama, a virus scanner), and run again.",
    ),
    "access_denied": Text(
        "The system does not allow access to a file or folder.",
        "Choose a work folder inside your user folder, and check that security software does not protect it.",
    ),
    "access_denied_at": Text(
        "The system does not allow access to {path}",
        "Choose a folder inside your user folder, and check that security software does not protect it.",
    ),
    "folder_read_only": Text(
        "The folder is on a disk that cannot be written to.",
        "Choose another work folder in the settings.",
    ),
    "file_missing": Text(
        "A file is missing: {path}",
        "If you moved or deleted it, put it back; else run again with --fresh.",
    ),
    "path_invalid": Text("{path} cannot be a path: {reason}", "Correct it in the project file."),
    "path_not_text": Text(
        "The name {path} holds bytes that are no text (each shown as �).",
        "Rename that folder or file, or move what is in it to another folder.",
    ),
    "path_too_long": Text(
        "A path became longer than the system allows.",
        "Move the project to a folder with a short path, for example D:\\tune.",
    ),
    "antivirus_blocked": Text(
        "The virus scanner blocked a file.",
        "Add the work folder to the scanner's exceptions, and run again.",
    ),
    "symlink_privilege": Text(
        "Windows does not allow this user to make symbolic links.",
        "Turn on the developer mode in Windows' settings, or use a local folder as the model's source.",
    ),
    "vc_runtime_missing": Text(
        "Microsoft's Visual C++ runtime, which PyTorch needs, is missing or too old.",
        'Install the newest "Visual C++ Redistributable" (x64) from Microsoft, or run "tunesmith runtime repair".',
    ),
    "library_missing": Text(
        "A program library is missing or does not fit: {name}",
        'Run "tunesmith runtime repair"; if that does not help, install the library with the system\'s '
        "package manager.",
    ),
    "program_library_missing": Text(
        "A program could not start because one of its libraries is missing (exit code {exit}).",
        'Run "tunesmith runtime repair"; on Windows also install the newest "Visual C++ Redistributable" (x64).',
    ),
    "system_too_old": Text("This program needs a newer system: {name} is missing.", "Update the operating system."),
    "openmp_twice": Text(
        "Two copies of the OpenMP library were loaded into one program.",
        'Set the MKL threading layer (Hardware) to GNU, or run "tunesmith runtime repair".',
    ),
    "illegal_instruction": Text(
        "A program used an instruction that this processor does not have.",
        'Choose "build" for llama.cpp in the export settings, so that it is built for this computer; else '
        "use a computer with AVX2.",
    ),
    "program_for_other_system": Text(
        "A program was made for another kind of system or processor.",
        "Delete it and let Tunesmith install it again, or choose another folder for it in the settings.",
    ),
    "too_many_files": Text("Too many files were open at once.", "Raise the limit (ulimit -n 4096) and run again."),
    "port_in_use": Text(
        "The network port is taken by another program.",
        "Choose another port in the settings, or end the program that uses it.",
    ),
    "killed_by_system": Text(
        "The system ended the program (exit code {exit}), most often because memory ran out.",
        "Close other programs, lower the batch size or the maximum length, or use a smaller base model. "
        "Finished stages are kept.",
    ),
    "memory_exhausted_exit": Text(
        "The program ended because memory ran out (exit code {exit}).",
        "Close other programs, lower the batch size or the maximum length, or use a smaller base model.",
    ),
    "illegal_instruction_exit": Text(
        "The program used an instruction that this processor does not have (exit code {exit}).",
        'Choose "build" for llama.cpp in the export settings, so that it is built for this computer; else '
        "use a computer with AVX2.",
    ),
    "memory_access": Text(
        "The program crashed with a memory access error.",
        'Run again; if it happens again, update the graphics driver and run "tunesmith runtime repair".',
    ),
    "program_aborted": Text(
        "The program gave up by itself (exit code {exit}).",
        "Read the last lines of the log; often memory ran out or a file is damaged.",
    ),
    "ended_from_outside": Text(
        "The program was ended from outside (exit code {exit}).",
        "Run again: it goes on where it was.",
    ),
    "program_missing": Text(
        "The program was not found (exit code {exit}).",
        'Run "tunesmith doctor" to see what is missing.',
    ),
    "drive_not_found": Text("There is no such drive: {path}", "Plug the drive in, or choose another folder."),
    "not_a_folder": Text("{path} is a file, not a folder.", "Choose a folder."),
    "file_not_readable": Text(
        "{file} cannot be read: {reason}",
        "Check that it is not open elsewhere and that you may read it.",
    ),
    "disk_full": Text(
        "The disk is full: {free:size} are free at {path}",
        "Free some space, or choose another work folder in the settings.",
    ),
    "gpu_missing": Text(
        "There is no NVIDIA GPU, or its driver is not installed.",
        "Training works on the CPU too, but only small models in reasonable time.",
    ),
    "driver_too_old": Text(
        "The driver {driver} of {gpu} is too old: it knows CUDA {cuda}, and {needed} is needed.",
        "Install the newest driver from nvidia.com, restart the computer, and run again.",
    ),
    "gpu_too_old": Text(
        "{gpu} (compute capability {capability}) is too old for today's PyTorch.",
        "Set the device to cpu, or use a newer GPU.",
    ),
    "gpu_unknown": Text(
        "The setting GPUs names {gpus}; this computer has {known}.",
        "Name each GPU once, by its number or UUID as nvidia-smi shows them, or leave the setting empty for all.",
    ),
    "gpus_too_different": Text(
        "{old} and {new} need different builds of PyTorch.",
        "Choose one of them in the setting GPUs.",
    ),
    "no_screen": Text(
        "There is no screen here to open the window on.",
        "Use the command line (tunesmith --help), or run it where DISPLAY or WAYLAND_DISPLAY is set.",
    ),
    "monitor_no_gpu": Text("No NVIDIA GPU answers here: only main memory and disk are shown.", ""),
    "monitor_gpu_lost": Text(
        "The GPU's driver does not answer any more; its figures come back when it does.",
        "If they stay away, restart the computer.",
    ),
}
