"""Which files of a repository are worth their bytes."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from core.tools.hub.repo import RemoteFile, Repo
from core.tools.hub.rows import README, choose_rows
from core.tools.hub.transfer import Choice, TextOf

NEVER = (
    ".git*",
    "*.gguf",
    "*.ggml",
    "*.onnx",
    "*.onnx_data",
    "*.h5",
    "*.msgpack",
    "*.tflite",
    "*.mlmodel",
    "*.pdf",
    "*.mp4",
    "*.jpg",
    "*.png",
    "onnx/*",
    "openvino/*",
    "coreml/*",
    "original/*",
    "metal/*",
    "runs/*",
)
"""What no training reads: other programs' formats, and the first owner's second copy of the weights."""
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
"""The same weights once more where safetensors are there, and code that runs when it is loaded."""


def choice_for(repo: Repo, allow: Sequence[str] = (), ignore: Sequence[str] = ()) -> Choice:
    """What is taken of a repository; ``allow`` and ``ignore`` are the user's own patterns.

    Where something is allowed by name, that is taken and nothing else decides.
    """

    def choose(files: Sequence[RemoteFile], text_of: TextOf) -> list[RemoteFile]:
        if allow:
            wanted = [file for file in files if _matches(file, allow)]
        elif repo.kind == "model":
            wanted = _for_training(files)
        else:
            wanted = choose_rows(repo, files, text_of(README))
        return [file for file in wanted if not _matches(file, ignore)]

    return Choice(choose, " ".join((*allow, *(f"!{pattern}" for pattern in ignore))))


def _for_training(files: Sequence[RemoteFile]) -> list[RemoteFile]:
    usable = [file for file in files if not _matches(file, NEVER)]
    if any(file.path.endswith(".safetensors") for file in usable):
        return [file for file in usable if not _matches(file, PICKLES)]
    return usable


def _matches(file: RemoteFile, patterns: Sequence[str]) -> bool:
    name = PurePosixPath(file.path).name
    return any(fnmatchcase(file.path, pattern) or fnmatchcase(name, pattern) for pattern in patterns)
