"""How fast a model comes from a hub, against plain ``curl`` of the same file from the same server, in one run.

``uv run python -m benchmarks.hub_speed [GB]`` serves a file of so many GB (2) by the tests' local hub, and fetches it
in turn by curl and by ``tunesmith fetch`` from both hubs' APIs, each SHA-256 checked. The last lines:
``modelscope RATIO of curl (RATIO with the program's start), memory PEAK MB``; aim: 0.7, and flat memory.
A busy processor slows down a Python program and its SHA-256 more than curl: measure on an idle computer.
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
        ways = ("curl", "modelscope", "huggingface")
        rounds: dict[str, list[tuple[float, float, int]]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way in ways:
                command = _curl(url, folder / "got") if way == "curl" else _fetch(way, folder / "got")
                rounds[way].append(_timed(command, _environment(hub.url, folder)))
                _remove(folder / "got")
    whole, moving = ({way: min(found[place] for found in rounds[way]) for way in ways} for place in (0, 1))
    for way in ways:
        print(
            f"{way:12} {whole[way]:6.2f} s, {moving[way]:6.2f} s of it download, {size / moving[way] / 1e6:5.0f} MB/s"
        )
    for way in ways[1:]:
        peak = max(found[2] for found in rounds[way]) / 1e6
        ratio, with_start = whole["curl"] / moving[way], whole["curl"] / whole[way]
        print(f"{way} {ratio:.2f} of curl ({with_start:.2f} with the program's start), memory {peak:.0f} MB")
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


def _timed(command: list[str], env: dict[str, str]) -> tuple[float, float, int]:
    """Seconds of the whole command, seconds from its first word to its end, and the most memory that it held."""
    begin, first, peak = time.monotonic(), 0.0, 0
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as process:
        watched = psutil.Process(process.pid)
        for line in process.stdout or ():
            if not first and b'"progress"' in line:
                first = time.monotonic()
            with contextlib.suppress(psutil.Error):  # it ended meanwhile
                peak = max(peak, watched.memory_info().rss)
        process.wait()
    if process.returncode:
        raise SystemExit(f"failed: {command}")
    end = time.monotonic()
    return end - begin, end - (first or begin), peak


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
