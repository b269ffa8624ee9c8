"""Models from a hub that behaves, and one that does not: a sentence each, nothing half-written, and on from there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.tools.hub.huggingface import STEP
from core.tools.hub.record import RECORD
from tests.core.tools.hub.conftest import MODEL, WEIGHTS, Fetch, MemoryKeyring
from tests.hub_server import COMMIT, TOKEN, Fault, HubServer, Repository

SOURCES = ("modelscope", "huggingface")
WHOLE = {"config.json", "model.safetensors", "tokenizer/vocab 词表.json", RECORD}
LOST = {"modelscope": 0, "huggingface": STEP}
"""Bytes that a cut may cost."""

pytestmark = pytest.mark.parametrize("source", SOURCES)


def test_a_model_arrives_whole_and_is_not_asked_for_again(fetch: Fetch, hub: HubServer, source: str) -> None:
    done = fetch("model", MODEL, source)
    assert (done.code, done.failure, done.names) == (0, "", WHOLE)
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert not done.part.exists()
    total = sum(len(data) for data in hub.repositories["models", MODEL].files.values() if isinstance(data, bytes))
    assert (done.progress[-1]["completed"], done.progress[-1]["total"]) == (total, total)
    asked = len(hub.requests)
    assert fetch("model", MODEL, source).code == 0
    assert len(hub.requests) == asked


def test_only_what_training_needs(fetch: Fetch, hub: HubServer, source: str) -> None:
    rest = [
        "pytorch_model.bin",
        "onnx/model.onnx",
        "original/consolidated.00.pth",
        "x.gguf",
        "tf_model.h5",
        "a.msgpack",
    ]
    hub.repositories["models", MODEL].files.update(dict.fromkeys(rest, b"x"))
    assert fetch("model", MODEL, source).names == WHOLE


def test_pickles_where_there_is_nothing_else(fetch: Fetch, hub: HubServer, source: str) -> None:
    files: dict[str, bytes | Path] = {"config.json": b"{}", "pytorch_model.bin": b"x" * 2000}
    hub.repositories["models", MODEL] = Repository(files)
    assert fetch("model", MODEL, source).names == {"config.json", "pytorch_model.bin", RECORD}


def test_patterns_of_the_users(fetch: Fetch, source: str) -> None:
    done = fetch("model", MODEL, source, "--include", "*.json", "--exclude", "tokenizer/*")
    assert done.names == {"config.json", RECORD}
    assert fetch("model", MODEL, source).names == WHOLE


def test_a_damaged_file_alone_is_fetched_again(fetch: Fetch, hub: HubServer, source: str) -> None:
    folder = fetch("model", MODEL, source).folder
    (folder / "config.json").write_bytes(b"{}")
    hub.sent.clear()
    assert fetch("model", MODEL, source).names == WHOLE
    assert set(hub.sent) == {"config.json"}


@pytest.mark.parametrize("tenth", range(1, 10))
def test_cut_at_every_tenth_goes_on_from_there(fetch: Fetch, hub: HubServer, source: str, tenth: int) -> None:
    cut = len(WEIGHTS) * tenth // 10
    hub.faults = [Fault("model.safetensors", times=1, cut=cut), Fault("model.safetensors", times=1, status=403)]
    failed = fetch("model", MODEL, source)
    assert (failed.code, failed.failure) == (1, "hub_refused")
    assert not failed.folder.exists()
    assert hub.sent["model.safetensors"] == cut
    done = fetch("model", MODEL, source)
    assert (done.code, done.names) == (0, WHOLE)
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert len(WEIGHTS) <= hub.sent["model.safetensors"] <= len(WEIGHTS) + LOST[source]


def test_a_cut_alone_is_no_failure(fetch: Fetch, hub: HubServer, source: str) -> None:
    hub.faults = [Fault("model.safetensors", times=1, cut=300_000)]
    assert fetch("model", MODEL, source).code == 0
    assert len(WEIGHTS) <= hub.sent["model.safetensors"] <= len(WEIGHTS) + LOST[source]


def test_a_server_that_ignores_the_range_sends_all_again(fetch: Fetch, hub: HubServer, source: str) -> None:
    hub.faults = [
        Fault("model.safetensors", times=1, cut=300_000),
        Fault("model.safetensors", times=1, ignore_range=True),
    ]
    done = fetch("model", MODEL, source)
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_asked_to_wait_it_waits(fetch: Fetch, hub: HubServer, source: str) -> None:
    hub.faults = [
        Fault("list", times=1, status=429, headers={"Retry-After": "1"}),
        Fault("model.safetensors", times=1, status=429, headers={"Retry-After": "1"}),
    ]
    assert fetch("model", MODEL, source).names == WHOLE


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("model.safetensors", flip=True), "hub_hash_wrong"),
        (Fault("model.safetensors", length=-7), "hub_length_wrong"),
        (Fault("model.safetensors", length=7), "hub_length_wrong"),
        (Fault("config.json", length=-7), "hub_length_wrong"),
        (Fault("model.safetensors", status=401), "hub_refused"),
        (Fault("model.safetensors", status=403), "hub_refused"),
        (Fault("model.safetensors", status=404), "hub_repo_missing"),
        (Fault("model.safetensors", status=500), "http_server_error"),
        (Fault("model.safetensors", status=503), "http_server_error"),
        (Fault("list", status=500), "http_server_error"),
        (Fault("list", status=403), "hub_refused"),
        (Fault("list", status=418), "hub_answer"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.name}-{value.status or value.length}",
)
def test_what_stays_wrong_is_said_and_heals(fetch: Fetch, hub: HubServer, source: str, fault: Fault, code: str) -> None:
    hub.faults = [fault]
    failed = fetch("model", MODEL, source)
    assert (failed.code, failed.failure) == (1, code)
    assert not failed.folder.exists()
    hub.faults = []
    done = fetch("model", MODEL, source)
    assert (done.code, done.names) == (0, WHOLE)
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_unknown_names(fetch: Fetch, source: str) -> None:
    assert fetch("model", "owner/other", source).failure == "hub_repo_missing"
    assert fetch("model", MODEL, source, "--revision", "v9").failure == "hub_revision_unknown"
    assert fetch("model", "no id at all", source).failure == "hub_id_invalid"


def test_a_private_model_needs_the_token(
    fetch: Fetch, hub: HubServer, source: str, memory_keyring: MemoryKeyring
) -> None:
    hub.repositories["models", MODEL].private = True
    assert fetch("model", MODEL, source).failure == "hub_repo_missing"
    assert not any("authorization" in headers for _, headers in hub.requests)
    memory_keyring.kept["tunesmith", source] = TOKEN
    done = fetch("model", MODEL, source)
    assert done.names == WHOLE
    assert all(TOKEN not in event for event in map(str, done.events))
    told = (done.folder / RECORD).read_text(encoding="utf-8")
    assert TOKEN not in told


def test_a_gated_model(fetch: Fetch, hub: HubServer, source: str) -> None:
    hub.repositories["models", MODEL].gated = True
    assert fetch("model", MODEL, source).failure == "hub_refused"


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/x", "a\\b", "C:x", "a/../../b"])
def test_names_that_would_lie_elsewhere(fetch: Fetch, hub: HubServer, source: str, name: str) -> None:
    hub.repositories["models", MODEL].files[name] = b"x"
    failed = fetch("model", MODEL, source)
    assert (failed.failure, failed.folder.exists()) == ("hub_unsafe_name", False)


def test_a_full_disk_is_seen_before(fetch: Fetch, hub: HubServer, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tools.hub.transfer.free_bytes", lambda _: 200_000_000 + len(WEIGHTS))
    assert fetch("model", MODEL, source).failure == "disk_space"
    assert not hub.sent


def test_a_folder_of_the_users_is_left_alone(fetch: Fetch, source: str, tmp_path: Path) -> None:
    folder = tmp_path / "to 文件夹" / "it"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    assert fetch("model", MODEL, source).failure == "fetch_folder_taken"
    assert (folder / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_another_revision_leaves_nothing_of_the_first(fetch: Fetch, hub: HubServer, source: str) -> None:
    hub.faults = [Fault("model.safetensors", status=403)]
    assert fetch("model", MODEL, source).code == 1
    files = hub.repositories["models", MODEL].files
    hub.faults = []
    other = WEIGHTS[1 : len(WEIGHTS) // 2]
    files["model.safetensors"] = other
    del files["tokenizer/vocab 词表.json"]
    done = fetch("model", MODEL, source, "--revision", COMMIT)
    assert done.names == {"config.json", "model.safetensors", RECORD}
    assert (done.folder / "model.safetensors").read_bytes() == other


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_waits_for_no_server(hub: HubServer, source: str, tmp_path: Path) -> None:
    hub.faults = [Fault("model.safetensors", pause=60.0)]
    env = {**os.environ, "MODELSCOPE_ENDPOINT": hub.url, "HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1"}
    env |= {"TUNESMITH_CONFIG": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    command = [sys.executable, "-m", "core", "fetch", "model", MODEL, "--from", source, "--to", str(tmp_path / "to")]
    with subprocess.Popen([*command, "--json"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while not hub.sent["model.safetensors"]:
            time.sleep(0.05)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[0]
    assert time.monotonic() - begin < 10
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith(b'{"time":0.0,"type":"stage_stopped"')
    assert not (tmp_path / "to").exists()
