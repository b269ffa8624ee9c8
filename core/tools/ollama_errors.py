"""From what Ollama says when it refuses to codes of :mod:`core.messages`."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import ollama
import pydantic

from core.events import StageError, Value
from core.tools.ollama import account_key, account_key_file
from core.tools.ollama_connection import SILENCE_TIMEOUT

_RULES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"no space left on device|not enough space on the disk|disk quota exceeded", "ollama_disk_full", ()),
    (r"invalid model (?:name|path)|model name .*invalid|name must be", "ollama_name_refused", ("name", "reason")),
    (r"requires a newer version of Ollama|unsupported GGUF version", "ollama_newer_needed", ()),
    (
        r"(?:unknown|unsupported)(?: model)? architecture:? ['\"]?(?P<arch>[\w.-]+)",
        "ollama_unsupported_architecture",
        ("arch",),
    ),
    (
        r"requires more system memory \((?P<needed>[^)]+)\) than is available \((?P<available>[^)]+)\)",
        "ollama_out_of_memory",
        ("needed", "available"),
    ),
    (r"unable to load model|error loading model", "ollama_cannot_load", ("name", "reason")),
    (r"runner process has terminated|model runner has unexpectedly stopped", "ollama_runner_died", ("name", "reason")),
    (r"timed out waiting for (?:llama )?(?:runner|server) to start", "ollama_load_slow", ()),
    (r"not in GGUF format|invalid file magic|unsupported content type|unexpected EOF", "ollama_not_a_gguf", ()),
    (r"open .*blobs.*: (?:no such file|The system cannot find)", "ollama_file_missing", ()),
    (r"^model .*not found|manifests.*(?:no such file|cannot find)", "ollama_model_missing", ("name",)),
)
"""A text in Ollama's answer, the code, and the values of its sentence."""

_PUSH_RULES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"unknown ollama key \"(?P<key>[^\"]*)\"|signed in|signin", "ollama_key_unknown", ("key",)),
    (r"access denied|not authorized|authorized to push|\b403\b", "ollama_name_not_yours", ("name",)),
    (r"\b401\b|unauthori[sz]ed|couldn't authorize|bad key", "ollama_push_unauthorized", ("name", "key")),
    (r"first record does not look like a TLS handshake|insecure protocol http", "ollama_registry_http", ("name",)),
    (
        r"no such host|connection refused|i/o timeout|network is unreachable|TLS handshake|server misbehaving",
        "ollama_registry_unreachable",
        ("reason",),
    ),
    (r"connection reset|broken pipe|\bEOF\b", "ollama_registry_unreachable", ("reason",)),
)


def stage_error(reason: str, *, name: str, pushing: bool = False, status_code: int = -1) -> StageError:
    """The failure that Ollama's words mean; a streamed answer has no status code (-1), so the words decide."""
    values: dict[str, Value] = {"name": name, "reason": reason}
    if pushing:
        values["key"] = account_key() or str(account_key_file())
    for pattern, code, wanted in (_PUSH_RULES if pushing else ()) + _RULES:
        if match := re.search(pattern, reason, re.IGNORECASE):
            found = values | {key: text for key, text in match.groupdict().items() if text}
            return StageError(code, **{key: found[key] for key in wanted})
    if pushing and status_code == httpx.codes.UNAUTHORIZED:
        return StageError("ollama_push_unauthorized", name=name, key=values["key"])
    return StageError("ollama_push_failed" if pushing else "ollama_error", reason=reason)


@contextmanager
def stage_errors(address: str, name: str, *, pushing: bool = False) -> Iterator[None]:
    """Turn whatever a call of Ollama's client raises into a StageError about the model ``name``."""
    try:
        yield
    except ollama.ResponseError as error:
        raise stage_error(error.error, name=name, pushing=pushing, status_code=error.status_code) from error
    except (ConnectionError, httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise StageError("ollama_not_running", host=address) from error
    except httpx.TimeoutException as error:
        raise StageError("ollama_silent", host=address, minutes=round(SILENCE_TIMEOUT / 60)) from error
    except httpx.HTTPError as error:
        raise StageError("ollama_connection_lost", host=address, reason=str(error)) from error
    except (json.JSONDecodeError, pydantic.ValidationError) as error:
        raise StageError("ollama_error", reason=f"not an answer of Ollama's: {error}") from error
