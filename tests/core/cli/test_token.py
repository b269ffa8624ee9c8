"""`token`: into the keyring from a pipe, never by argument."""

import io
from collections.abc import Iterator

import keyring
import keyring.backends.fail
import pytest

from core.tools.hub.token import token
from tests.core.cli.conftest import Home
from tests.core.tools.hub.conftest import MemoryKeyring

SECRET = "hf_0123456789abcdef"


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    for name in ("HF_TOKEN", "MODELSCOPE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    before, made = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.mark.parametrize("hub", ["modelscope", "huggingface"])
def test_kept_and_removed(home: Home, monkeypatch: pytest.MonkeyPatch, backend: MemoryKeyring, hub: str) -> None:
    piped(monkeypatch, f"{SECRET}\n")
    said = home("token", "set", hub)
    assert (said.code, backend.kept) == (0, {("tunesmith", hub): SECRET})
    assert SECRET not in said.text
    assert token(hub) == SECRET  # type: ignore[arg-type]
    assert home("token", "remove", hub).code == 0
    assert not backend.kept
    assert home("token", "remove", hub).code == 0


@pytest.mark.parametrize("text", ["", "\n", "two words\n", "令牌\n"])
def test_what_is_no_token(home: Home, monkeypatch: pytest.MonkeyPatch, backend: MemoryKeyring, text: str) -> None:
    piped(monkeypatch, text)
    assert home("token", "set", "huggingface").code == 2
    assert not backend.kept


def test_without_a_keyring(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    piped(monkeypatch, SECRET)
    said = home("token", "set", "huggingface", "--lang", "en")
    assert said.code == 1
    assert "HF_TOKEN" in said.err
    assert token("huggingface") == ""
    monkeypatch.setenv("HF_TOKEN", SECRET)
    assert token("huggingface") == SECRET
