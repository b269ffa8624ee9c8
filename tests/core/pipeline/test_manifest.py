"""What a manifest says about files, and that a big one is hashed with progress and can be left."""

import hashlib
import os
from pathlib import Path

import pytest

from core.events import Stopped, Unit
from core.models.files import CHUNK
from core.pipeline import manifest

Steps = list[tuple[float, float | None, Unit, str]]


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "model-f16.gguf"
    path.write_bytes(b"GGUF" + bytes(2 * CHUNK))
    return path


def test_a_big_file_is_hashed_with_progress(big: Path) -> None:
    steps: Steps = []
    (made,) = manifest.describe(big.parent, [big], lambda *step: steps.append(step))
    size = big.stat().st_size
    assert made.sha256 == hashlib.sha256(big.read_bytes()).hexdigest()
    assert steps == [(done, size, "byte", "sha256") for done in (CHUNK, 2 * CHUNK, size)]


def test_a_stop_ends_the_hashing(big: Path) -> None:
    steps: Steps = []

    def stop(*step: object) -> None:
        steps.append((0, None, "byte", str(step)))
        raise Stopped

    with pytest.raises(Stopped):
        manifest.describe(big.parent, [big], stop)
    assert len(steps) == 1


def test_small_files_are_no_news_and_weights_are_not_hashed(tmp_path: Path) -> None:
    rows, weights = tmp_path / "train.jsonl", tmp_path / "model.safetensors"
    rows.write_bytes(b"{}\n")
    weights.write_bytes(bytes(2 * CHUNK))
    steps: Steps = []
    made = manifest.describe(tmp_path, [rows, weights], lambda *step: steps.append(step))
    assert [artifact.sha256 for artifact in made] == [hashlib.sha256(b"{}\n").hexdigest(), ""]
    assert steps == []


def test_the_hash_is_known_until_the_file_changes(big: Path) -> None:
    assert manifest.known_sha256(big) == ""
    made = manifest.describe(big.parent, [big], lambda *_: None)
    manifest.write(big.parent, manifest.Manifest(stage="quantize", fingerprint="0" * 12, seconds=1.0, artifacts=made))
    assert manifest.known_sha256(big) == made[0].sha256
    assert manifest.known_sha256(big.with_name("other.gguf")) == ""
    os.utime(big, ns=(0, 0))
    assert manifest.known_sha256(big) == ""
