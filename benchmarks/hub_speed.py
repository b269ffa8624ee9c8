"""How fast a model comes from a hub, against plain ``curl`` of the same file from the same server, in one run.

``uv run python -m benchmarks.hub_speed [GB]`` serves a file of so many GB (2) by the tests' local hub, and fetches it
in turn by curl and by ``tunesmith fetch`` from both hubs' APIs, each SHA-256 checked. The last lines:
``modelscope RATIO of curl, memory PEAK MB``. The aim is a ratio of at least 0.7, and a memory that does not grow.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.hub_server import HubServer, Repository

ROUNDS = 3
MODEL = "owner/big"
BLOCK = 1 << 24


def main() -> int:
    """Measure, and print the ratios of the best rounds."""
    size = int(float(sys.argv[1]) * 1e9) if len(sys.argv) > 1 else 2_000_000_000
    with tempfile.TemporaryDirectory() as scratch, HubServer() as hub:
        folder = Path(scratch)
        file = folder / "served"
        _write(file, size)
        print(f"sha256 {hub.sha256(file)[:12]}, {size / 1e9:.1f} GB")
        hub.repositories["models", MODEL] = Repository({"config.json": b"{}", "model.safetensors": file})
        url = f"{hub.url}/api/v1/models/{MODEL}/repo?FilePath=model.safetensors"
        seconds: dict[str, list[float]] = {"curl": [], "modelscope": [], "huggingface": []}
        memory = dict.fromkeys(seconds, 0)
        for _ in range(ROUNDS):
            for way, times in seconds.items():
                command = _curl(url, folder / "got") if way == "curl" else _fetch(way, folder / "got")
                took, peak = _timed(command, _environment(hub.url, folder))
                times.append(took)
                memory[way] = max(memory[way], peak)
                _remove(folder / "got")
    for way, times in seconds.items():
        speed = size / min(times) / 1e6
        print(f"{way:12} {min(times):6.2f} s  {speed:6.0f} MB/s  peak {memory[way] / 1e6:.0f} MB")
    for way in ("modelscope", "huggingface"):
        print(f"{way} {min(seconds['curl']) / min(seconds[way]):.2f} of curl, memory {memory[way] / 1e6:.0f} MB")
    return 0


def _write(file: Path, size: int) -> None:
    block = os.urandom(BLOCK)
    with file.open("wb") as out:
        for _ in range(size // BLOCK + 1):
            out.write(block)
        out.truncate(size)


def _curl(url: str, target: Path) -> list[str]:
    return ["curl", "--silent", "--show-error", "--fail", "--output", str(target), url]


def _fetch(source: str, target: Path) -> list[str]:
    return [sys.executable, "-m", "core", "fetch", "model", MODEL, "--from", source, "--to", str(target), "--json"]


def _environment(url: str, folder: Path) -> dict[str, str]:
    home = {"TUNESMITH_CONFIG": str(folder / "config"), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    return {**os.environ, "MODELSCOPE_ENDPOINT": url, "HF_ENDPOINT": url, "NO_PROXY": "127.0.0.1", **home}


def _timed(command: list[str], env: dict[str, str]) -> tuple[float, int]:
    """Seconds, and the most memory that the program held."""
    begin, peak = time.monotonic(), 0
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):  # it ended meanwhile
                peak = max(peak, watched.memory_info().rss)
            time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"failed: {command}")
    return time.monotonic() - begin, peak


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
