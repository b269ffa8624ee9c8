"""An Ollama of our own on Linux, for the demo and for `tunesmith ollama install`: Intel's build.

Not the official one: its entry in the table of sources has no checksum. Intel's runs on any x86_64 CPU once three
things are minded: see ``_LIBRARIES``, ``_arrange`` and ``_ENV``.
"""

import hashlib
import platform
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from core.events import StageError, Value
from core.platform.files import move
from core.tools.sources import source

VERSION = "0.9.3"

RunUv = Callable[[Sequence[str]], None]
Tell = Callable[[str, Mapping[str, Value]], None]
"""Gets the code and values of a message to the user."""

_RECIPE = ".recipe"
_REVISION = "r1"
"""Changed whenever the arrangement below changes, so that older installations are made anew."""

_LIBRARIES = (
    "bigdl/cpp/libs/ollama/ollama-lib",
    "bigdl/cpp/libs/ollama/libggml.so",
    "bigdl/cpp/libs/ollama/libggml-base.so",
    "bigdl/cpp/libs/ollama/libllama.so",
    "bigdl/cpp/libs/ollama/libllava_shared.so",
    "bigdl/cpp/libs/ollama/libmtmd_shared.so",
    "bigdl/cpp/libs/ollama/libsample.so",
    "lib/libsvml.so",
    "lib/libimf.so",
    "lib/libirng.so",
    "lib/libintlc.so.5",
    "lib/libsycl.so.8",
    "lib/libur_loader.so.0",
)
"""What is taken. Left out on purpose: ``libggml-cpu-*.so``, with which quantized models compute zeros (the program's
own CPU backend is used without them), and ``libggml-sycl.so``, which aborts where there is no Intel GPU."""

_ENV: Mapping[str, str | None] = {
    "OLLAMA_NUM_GPU": "0",  # this build's default sends layers to a GPU, and the graph then has an op the CPU lacks
    "GGML_NO_BACKTRACE": "1",  # an abort would start a debugger first
    "LD_BIND_NOW": None,  # would bind what libggml-sycl.so's stand-in does not have
}


@dataclass(frozen=True, slots=True)
class DemoServer:
    """An Ollama that can be started: command, changes to the environment (None deletes), licences."""

    argv: tuple[str, ...]
    env: Mapping[str, str | None]
    licences: tuple[Path, ...]
    version: str


def supported() -> bool:
    """Whether there is an Ollama for this computer that needs no installer."""
    return (platform.system(), platform.machine()) == ("Linux", "x86_64")


def get_server(folder: Path, run_uv: RunUv, tell: Tell) -> DemoServer:
    """The Ollama in ``folder``, installed there first where it is missing or was cut off."""
    if not supported():
        raise StageError("ollama_demo_unsupported", system=f"{platform.system()} {platform.machine()}")
    requirements = Path(str(files("resources") / "requirements" / "ollama-linux.txt"))
    recipe = f"index {_REVISION} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
    if _recipe(folder) != recipe:
        tell("ollama_index_build", {"version": VERSION, "address": source("ollama").addresses[0].url})
        _install(folder, recipe, lambda part: _from_index(part, requirements, run_uv))
    return _server(folder)


def installed(folder: Path) -> DemoServer | None:
    """The Ollama that :func:`get_server` put into ``folder`` earlier, of whatever recipe."""
    return _server(folder) if _recipe(folder) else None


def _server(folder: Path) -> DemoServer:
    return DemoServer(
        argv=(str(folder / "lib" / "ollama-lib"), "serve"),
        env=_ENV,
        licences=tuple(sorted((folder / "licences").iterdir())),
        version=VERSION,
    )


def _recipe(folder: Path) -> str:
    marker = folder / _RECIPE
    return marker.read_text(encoding="utf-8") if marker.is_file() else ""


def _install(folder: Path, recipe: str, fill: Callable[[Path], None]) -> None:
    """Fill a folder beside the final one; the marker and then the final name come last."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    fill(part)
    (part / _RECIPE).write_text(recipe, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    move(part, folder)


def _from_index(part: Path, requirements: Path, run_uv: RunUv) -> None:
    site = part / "site"
    options = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--python", sys.executable)
    run_uv(("pip", "install", *options, "--target", str(site), "-r", str(requirements)))
    _arrange(site, part)
    shutil.rmtree(site)


def _arrange(site: Path, part: Path) -> None:
    """Pick program, libraries and licences out of the installed packages."""
    lib, licences = part / "lib", part / "licences"  # libsycl.so.8 looks for libur_loader in ../lib, so this name
    lib.mkdir()
    licences.mkdir()
    for name in _LIBRARIES:
        if not (site / name).is_file():
            raise StageError("ollama_demo_incomplete", file=name)
        target = lib / Path(name).name
        shutil.copyfile(site / name, target)
        target.chmod(0o755)
    # the program asks for a library of this name, but on a CPU never calls into it
    (lib / "libggml-sycl.so").symlink_to("libggml-base.so")
    for info in site.glob("*.dist-info"):
        for text in (*info.glob("LICENSE*"), *info.glob("METADATA")):
            shutil.copyfile(text, licences / f"{info.name.partition('-')[0]}.{text.name}")
