"""An Ollama of the demo's own on Linux: the official one where that can be had and checked, else Intel's build.

Intel's build comes from the package index and runs on any x86_64 CPU once three things are minded: see ``_LIBRARIES``,
``_arrange`` and ``_INDEX_ENV``.
"""

import hashlib
import platform
import shutil
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx

from core.events import StageError, Value

INDEX_VERSION = "0.9.3"
PROBE_TIMEOUT = 3.0

RunUv = Callable[[Sequence[str]], None]
Fetch = Callable[[str, str, Path], None]
"""Downloads an address, checks its sha256, and puts it at the path."""
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

_INDEX_ENV: Mapping[str, str | None] = {
    "OLLAMA_NUM_GPU": "0",  # this build's default sends layers to a GPU, and the graph then has an op the CPU lacks
    "GGML_NO_BACKTRACE": "1",  # an abort would start a debugger first
    "LD_BIND_NOW": None,  # would bind what libggml-sycl.so's stand-in does not have
}


@dataclass(frozen=True, slots=True)
class Official:
    """The official archive; used only where its sha256 is known."""

    address: str
    sha256: str
    version: str


@dataclass(frozen=True, slots=True)
class DemoServer:
    """An Ollama that can be started: command, changes to the environment (None deletes), licences, where it is from."""

    argv: tuple[str, ...]
    env: Mapping[str, str | None]
    licences: tuple[Path, ...]
    source: str
    version: str


def supported() -> bool:
    """Whether there is an Ollama for this computer that needs no installer."""
    return (platform.system(), platform.machine()) == ("Linux", "x86_64")


def get_server(
    folder: Path, run_uv: RunUv, tell: Tell, *, official: Official | None = None, fetch: Fetch | None = None
) -> DemoServer:
    """The Ollama in ``folder``, installed there first where it is missing or was cut off."""
    if not supported():
        raise StageError("ollama_demo_unsupported", system=f"{platform.system()} {platform.machine()}")
    requirements = Path(str(files("resources") / "requirements" / "ollama-linux.txt"))
    index_recipe = f"index {_REVISION} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
    if official and official.sha256 and _recipe(folder) == _official_recipe(official):
        return _official_server(folder, official)
    if _recipe(folder) != index_recipe:
        if official and _usable(official, tell) and fetch:
            _install(folder, _official_recipe(official), lambda part: _unpack(part, official, fetch))
            return _official_server(folder, official)
        tell("ollama_index_build", {"version": INDEX_VERSION})
        _install(folder, index_recipe, lambda part: _from_index(part, requirements, run_uv))
    return DemoServer(
        argv=(str(folder / "lib" / "ollama-lib"), "serve"),
        env=_INDEX_ENV,
        licences=tuple(sorted((folder / "licences").iterdir())),
        source="index",
        version=INDEX_VERSION,
    )


def _usable(official: Official, tell: Tell) -> bool:
    """Whether the official site answers, and the archive can be checked."""
    try:
        httpx.head(official.address, follow_redirects=True, timeout=PROBE_TIMEOUT).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    if not official.sha256:
        tell("ollama_official_unverified", {"address": official.address})
    return bool(official.sha256)


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
    part.rename(folder)


def _official_recipe(official: Official) -> str:
    return f"official {official.sha256}"


def _official_server(folder: Path, official: Official) -> DemoServer:
    return DemoServer((str(folder / "bin" / "ollama"), "serve"), {}, (), "official", official.version)


def _unpack(part: Path, official: Official, fetch: Fetch) -> None:
    archive = part / "ollama.tgz"
    fetch(official.address, official.sha256, archive)
    with tarfile.open(archive) as packed:
        packed.extractall(part, filter="data")
    archive.unlink()


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
