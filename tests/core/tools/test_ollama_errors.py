from pathlib import Path

import httpx
import ollama
import pytest

from core.events import StageError, Value
from core.tools.ollama_errors import stage_error, stage_errors

NO_HOST = 'Head "https://registry.ollama.ai/v2/you/m/blobs/sha256:0": dial tcp: lookup registry.ollama.ai: no such host'
NO_MANIFEST = "open /home/u/.ollama/models/manifests/registry.ollama.ai/you/m/latest: no such file or directory"
NO_BLOB = "open /home/u/.ollama/models/blobs/sha256-000: no such file or directory"
NOT_ALLOWED = "you are not authorized to push to this namespace, create the model under a namespace you own"
NEEDS_MEMORY = "model requires more system memory (9.1 GiB) than is available (3.2 GiB)"
NO_ROOM_WINDOWS = "write C:\\Users\\u\\.ollama\\models\\blobs\\x: There is not enough space on the disk."
RUNNER_ARCH = "llama runner process has terminated: error loading model: unknown model architecture: 'foo'"
CRASHED = "llama runner process has terminated: exit status 2"
CANNOT = "unable to load model: /home/u/.ollama/models/blobs/sha256-871630"


@pytest.mark.parametrize(
    ("reason", "code", "values"),
    [
        ("invalid model name", "ollama_name_refused", {"name": "m", "reason": "invalid model name"}),
        ('model "nope" not found, try pulling it first', "ollama_model_missing", {"name": "m"}),
        ("model 'nope' not found", "ollama_model_missing", {"name": "m"}),
        ("write /x/blobs/y: no space left on device", "ollama_disk_full", {}),
        (NO_ROOM_WINDOWS, "ollama_disk_full", {}),
        (RUNNER_ARCH, "ollama_unsupported_architecture", {"arch": "foo"}),
        (
            'unsupported architecture "Qwen9ForCausalLM"',
            "ollama_unsupported_architecture",
            {"arch": "Qwen9ForCausalLM"},
        ),
        (NEEDS_MEMORY, "ollama_out_of_memory", {"needed": "9.1 GiB", "available": "3.2 GiB"}),
        (
            "error loading model architecture: unknown model architecture: 'q9'",
            "ollama_unsupported_architecture",
            {"arch": "q9"},
        ),
        ("412: this model requires a newer version of Ollama", "ollama_newer_needed", {}),
        ("timed out waiting for llama runner to start - progress 0.00 - ", "ollama_load_slow", {}),
        (NO_BLOB, "ollama_file_missing", {}),
        ("unexpected EOF", "ollama_not_a_gguf", {}),
        (CANNOT, "ollama_cannot_load", {"name": "m", "reason": CANNOT}),
        (CRASHED, "ollama_runner_died", {"name": "m", "reason": CRASHED}),
        ("supplied file was not in GGUF format", "ollama_not_a_gguf", {}),
        ("something new", "ollama_error", {"reason": "something new"}),
    ],
)
def test_what_ollama_says_becomes_a_code(reason: str, code: str, values: dict[str, Value]) -> None:
    error = stage_error(reason, name="m")
    assert (error.code, error.values) == (code, values)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ('401: {"error":"bad key"}', "ollama_push_unauthorized"),
        ('unauthorized: unknown ollama key "ssh-ed25519 AAAA"', "ollama_key_unknown"),
        ("You need to be signed in to push", "ollama_key_unknown"),
        (NOT_ALLOWED, "ollama_name_not_yours"),
        ("unauthorized: access denied", "ollama_name_not_yours"),
        ('403: {"errors":[{"code":"ACCESS DENIED"}]}', "ollama_name_not_yours"),
        ("unauthorized", "ollama_push_unauthorized"),
        ("tls: first record does not look like a TLS handshake", "ollama_registry_http"),
        ("insecure protocol http", "ollama_registry_http"),
        ('Patch "http://r/v2/you/m": write tcp 1.2.3.4:5->6.7.8.9:80: broken pipe', "ollama_registry_unreachable"),
        ('Post "https://registry.ollama.ai/v2/you/m/blobs/uploads/": EOF', "ollama_registry_unreachable"),
        (NO_HOST, "ollama_registry_unreachable"),
        (NO_MANIFEST, "ollama_model_missing"),
        ('Patch "https://registry.ollama.ai/v2/you/m/blobs/uploads/1": unexpected EOF', "ollama_registry_unreachable"),
        ("max retries exceeded", "ollama_push_failed"),
    ],
)
def test_a_refused_push_becomes_a_code(reason: str, code: str) -> None:
    assert stage_error(reason, name="you/m", pushing=True).code == code


def test_the_key_to_add_is_the_one_that_the_registry_did_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    told = stage_error('unauthorized: unknown ollama key "ssh-ed25519 AAAA"', name="you/m", pushing=True)
    assert told.values == {"key": "ssh-ed25519 AAAA"}
    file = tmp_path / ".ollama" / "id_ed25519.pub"
    assert stage_error("unauthorized", name="you/m", pushing=True).values == {"name": "you/m", "key": str(file)}
    file.parent.mkdir()
    file.write_text("ssh-ed25519 BBBB\n", encoding="utf-8")
    assert stage_error("unauthorized", name="you/m", pushing=True).values["key"] == "ssh-ed25519 BBBB"


def test_words_about_authorization_mean_nothing_else_where_nothing_is_pushed() -> None:
    assert stage_error("unauthorized", name="m").code == "ollama_error"


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ConnectionError("Failed to connect to Ollama."), "ollama_not_running"),
        (httpx.ConnectError("refused"), "ollama_not_running"),
        (httpx.ReadTimeout("no byte"), "ollama_silent"),
        (httpx.RemoteProtocolError("server disconnected"), "ollama_connection_lost"),
        (httpx.ReadError("reset"), "ollama_connection_lost"),
        (ollama.ResponseError('{"error":"invalid model name"}', 400), "ollama_name_refused"),
        (ollama.ResponseError("no", 401), "ollama_push_unauthorized"),
    ],
)
def test_whatever_the_client_raises_becomes_a_stage_error(raised: Exception, code: str) -> None:
    with pytest.raises(StageError) as caught, stage_errors("127.0.0.1:1", "m", pushing=True):
        raise raised
    assert caught.value.code == code
