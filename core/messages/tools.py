"""llama.cpp: getting it, building it, its converter and quantizer."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "architecture_not_convertible": Text(
        "llama.cpp's converter does not know the architecture {name}.",
        "Use another base model, or a newer llama.cpp.",
    ),
    "pre_tokenizer_unknown": Text(
        "llama.cpp's converter does not recognise the model's tokenizer.",
        "If the tokenizer was changed, put the base model's tokenizer files back; else use a newer llama.cpp.",
    ),
    "quantized_not_convertible": Text(
        "A model that is quantized with {method} cannot become a GGUF.",
        "Start from the unquantized model.",
    ),
    "special_tokens_list": Text(
        "The tokenizer file was written by a newer transformers than the converter knows "
        "(extra_special_tokens is a list).",
        "Copy tokenizer_config.json of the base model over the merged one, or use the training runtime for converting.",
    ),
    "tensor_not_convertible": Text(
        "The converter has no place for the tensor {name}.",
        "Check that the adapter was merged; else use a newer llama.cpp.",
    ),
    "quantize_type_unknown": Text(
        "llama-quantize does not know the type {name}.",
        "Choose types such as Q4_K_M, Q8_0 or q4_0.",
    ),
    "requantize_refused": Text(
        "The file is already quantized ({type}), and quantizing it again would spoil it.",
        "Quantize from the f16 file.",
    ),
    "quantize_fallback": Text(
        "{count} of {total} tensors got another type than the chosen one, because their rows do not divide "
        "by 256. The file is somewhat larger, its quality no worse.",
        "",
    ),
    "quantize_failed": Text(
        "llama-quantize failed: {reason}",
        "Read the log; often the disk is full or the f16 file is damaged. Then run again.",
    ),
    "imatrix_required": Text(
        "This quantization type needs an importance matrix.",
        "Turn on the importance matrix in the export settings, or choose a type such as Q4_K_M.",
    ),
    "imatrix_needed": Text(
        "Without an importance matrix these quantization types cannot be made: {types}",
        "Turn on the importance matrix, or choose a type such as Q4_K_M.",
    ),
    "imatrix_program_missing": Text(
        "The llama.cpp folder holds no llama-imatrix, which measures the importance matrix: {path}",
        "Choose a folder that has it, turn the importance matrix off, or set llama.cpp to auto.",
    ),
    "quantized_twice": Text(
        "From a GGUF in q8_0 these quantization types cannot be made: {types}",
        "Set the GGUF precision to f16, or make only Q8_0.",
    ),
    "prebuilt_for_windows_only": Text(
        "There are official binaries of llama.cpp for Windows only.",
        "Set llama.cpp to auto or build; it is then built from source.",
    ),
    "imatrix_text_short": Text(
        "The dataset is too short to measure an importance matrix: {needed} tokens are needed.",
        "Add rows to the dataset, or turn the importance matrix off.",
    ),
    "imatrix_invalid": Text(
        "The importance matrix does not fit the model or cannot be read.",
        "Run again with --fresh.",
    ),
    "gguf_missing": Text("The GGUF file is missing: {path}", "Run again: it is made anew."),
    "gguf_path_unreadable": Text(
        "llama.cpp cannot open {path}, most often because the path holds letters that it cannot read on Windows.",
        "Move the project to a folder with an English name, for example D:\\tune.",
    ),
    "gguf_corrupt": Text("The GGUF file is damaged or not complete.", "Run again with --fresh."),
    "gguf_version": Text(
        "This llama.cpp does not know the GGUF file's version or architecture.",
        "Use a newer llama.cpp.",
    ),
    "compiler_missing": Text(
        "No C++ compiler was found.",
        'Linux: install g++ (for example "sudo apt install g++"). Windows: choose "prebuilt" for llama.cpp '
        "in the export settings.",
    ),
    "compiler_killed": Text(
        "Memory ran out while llama.cpp was being built.",
        'Close other programs and run again, or choose "existing" for llama.cpp in the export settings '
        '(on Windows also "prebuilt").',
    ),
    "compile_failed": Text(
        "llama.cpp could not be built: {reason}",
        'Choose "existing" for llama.cpp in the export settings (on Windows also "prebuilt"), or install a newer '
        "compiler.",
    ),
    "cmake_failed": Text(
        "CMake could not prepare the build of llama.cpp.",
        'Read the log. Choosing "existing" for llama.cpp in the export settings (on Windows also "prebuilt") needs '
        "no build.",
    ),
    "makefile_removed": Text(
        "This llama.cpp is no longer built with make, but with CMake.",
        'Let Tunesmith build it, or run the commands that "tunesmith plan" shows.',
    ),
    "windows_headers_old": Text(
        "The compiler's Windows headers are too old for llama.cpp.",
        'Use w64devkit 2.7 or newer, or choose "prebuilt" for llama.cpp in the export settings.',
    ),
    "ninja_missing": Text("The build tool Ninja was not found.", 'Run "tunesmith doctor", then run again.'),
    "cmake_too_old": Text(
        "CMake is too old: llama.cpp needs {needed} or newer.",
        "Update CMake, or let Tunesmith bring its own.",
    ),
    "build_folder_moved": Text("The build folder of llama.cpp was moved.", "Run again with --fresh."),
    "source_incomplete": Text(
        "The source of llama.cpp is not complete.",
        "Run again with --fresh: it is unpacked anew.",
    ),
    "llama_cpp_missing": Text("llama.cpp's tools are not there yet.", "Just run a project: they are made then."),
    "llama_cpp_folder_missing": Text(
        "The llama.cpp folder does not hold llama-quantize: {path}",
        "Choose the folder with the programs, or set llama.cpp to auto.",
    ),
    "llama_cpp_proved": Text("llama.cpp {build} works: its quantizer was tried on a small file.", ""),
    "compiler_from_zig": Text(
        "No C++ compiler was found, so the one of Zig is used.",
        "Installing g++ makes the build faster.",
    ),
    "llama_cpp_next_way": Text('That way to llama.cpp did not work; the next one is tried: "{way}".', ""),
    "quantizer_crashes": Text(
        "This llama-quantize crashes on a small file: {path}",
        "Set llama.cpp to another choice in the export settings: it may be made for another processor.",
    ),
    "quantizer_hangs": Text(
        "This llama-quantize does not end, even with a small file: {path}",
        "Set llama.cpp to another choice in the export settings. A virus scanner can also hold it up: "
        "exclude its folder.",
    ),
    "ollama_without_quantize": Text(
        "No installed Ollama was found that brings llama-quantize along (it does since {needed}).",
        "Update Ollama, or set llama.cpp to auto in the export settings.",
    ),
    "file_vanished": Text(
        "A file that was just made is gone: {path}. A virus scanner has most likely taken it.",
        "Exclude the folder {folder} in the scanner's settings (Windows Security: Virus & threat protection, "
        "Exclusions), and run again.",
    ),
    "antivirus_took": Text(
        "Windows refused to start or read a program that was just made: a virus scanner holds it back or took it.",
        "Exclude the folder {folder} in the scanner's settings (Windows Security: Virus & threat protection, "
        "Exclusions), and run again.",
    ),
    "quantize_self_test_failed": Text(
        "This llama-quantize makes wrong files ({type} {tensor}).",
        "Set llama.cpp to another choice in the export settings, or run again with --fresh.",
    ),
    "gguf_template_lost": Text("The GGUF file {path} has no chat template.", "Run again with --fresh."),
    "gguf_zero_tensors": Text(
        "{count} tensors of {path} hold nothing but zeros (the first: {tensor}).",
        "Run again with --fresh; if it happens again, choose another quantization type.",
    ),
}
