"""A large file must not be held in memory: ten times the bytes, the same peak."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub_server import HubServer, Repository

MEASURED = """
import resource, sys
from core.cli import main
code = main(["fetch", "model", "a/b", "--from", sys.argv[1], "--to", sys.argv[2], "--json"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the peak is told by resource")
@pytest.mark.parametrize("source", ["modelscope", "huggingface"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, source: str) -> None:
    peaks = []
    with HubServer() as hub:
        for megabytes in (20, 200):
            file = tmp_path / f"{megabytes}.safetensors"
            with file.open("wb") as sparse:
                sparse.truncate(megabytes * 1_000_000)
            hub.repositories["models", "a/b"] = Repository({"config.json": b"{}", "model.safetensors": file})
            env = {**os.environ, "MODELSCOPE_ENDPOINT": hub.url, "HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1"}
            env |= {"TUNESMITH_CONFIG": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
            command = [sys.executable, "-c", MEASURED, source, str(tmp_path / str(megabytes))]
            done = subprocess.run(command, env=env, capture_output=True, check=False, timeout=120)
            assert done.returncode == 0, done.stderr.decode()
            peaks.append(int(done.stdout.splitlines()[-1]) // 1024)
    assert peaks[1] - peaks[0] < 30, f"{peaks} MB"
