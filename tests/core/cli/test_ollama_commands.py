"""`tunesmith ollama`, doctor's rows about Ollama, and names that are taken, against a stand-in for the server."""

from pathlib import Path

import pytest

from core.cli import ollama_commands
from core.events import Artifact, StageError
from core.pipeline import manifest
from core.tools import ollama_install
from tests.core.cli.conftest import Home, english
from tests.core.fake_ollama import FakeOllama


@pytest.fixture
def there(home: Home, fake_ollama: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with an Ollama that has one model."""
    monkeypatch.setenv("OLLAMA_HOST", fake_ollama.address)
    fake_ollama.models["me/it:latest"] = "a" * 64
    return home


def test_list_copy_and_delete(there: Home, fake_ollama: FakeOllama) -> None:
    assert there("ollama", "copy", "me/it", "me/it:old").code == 0
    said = there("ollama", "list", "--json")
    assert [(model["name"], model["digest"]) for model in said.json["models"]] == [
        ("me/it:latest", "a" * 64),
        ("me/it:old", "a" * 64),
    ]
    table = there("ollama", "list", "--lang", "zh")
    assert "me/it:old" in table.out
    assert english(table.out, "me/it:old", "me/it:latest") == []
    assert there("ollama", "delete", "me/it:old").code == 0
    assert fake_ollama.models.keys() == {"me/it:latest"}
    missing = there("ollama", "delete", "me/it:old")
    assert missing.code == 1
    assert "me/it:old" in missing.err


@pytest.mark.parametrize("words", [(), ("list", "x"), ("copy", "a"), ("delete",), ("rename", "a", "b")])
def test_wrong_arguments(home: Home, words: tuple[str, ...]) -> None:
    assert home("ollama", *words).code == 2


def test_none_answers(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    said = home("ollama", "list")
    assert said.code == 1
    assert "tunesmith ollama install" in said.err


def test_install_where_one_answers(there: Home, fake_ollama: FakeOllama) -> None:
    said = there("ollama", "install")
    assert (said.code, said.out) == (0, f"Ollama 0.9.3 answers at {fake_ollama.address}.\n")


def test_install_asks_for_consent_on_windows(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal nobody is asked, and nothing is downloaded."""
    monkeypatch.setattr(ollama_commands, "WINDOWS", True)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("PATH", str(home.folder))
    monkeypatch.setattr(ollama_install, "download", lambda *_, **__: pytest.fail("downloaded"))
    said = home("ollama", "install")
    assert said.code == 1
    assert "--allow-unverified" in said.err
    assert "https://ollama.com/download/OllamaSetup.exe" in said.err


@pytest.mark.parametrize("settings", [{}, {"allow_unverified": True}])
def test_install_with_consent(home: Home, monkeypatch: pytest.MonkeyPatch, settings: dict[str, bool]) -> None:
    def get(*_: object, allow_unverified: bool) -> Path:
        assert allow_unverified
        raise StageError("ollama_installer_failed", exit=1, log="here")

    monkeypatch.setattr(ollama_commands, "WINDOWS", True)
    monkeypatch.setattr(ollama_install, "install", get)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("PATH", str(home.folder))
    if settings:
        (home.folder / "config" / "settings.toml").write_text("allow_unverified = true\n", encoding="utf-8")
    said = home("ollama", "install", *(() if settings else ("--allow-unverified",)))
    assert said.code == 1
    assert "exit code 1" in said.err


def test_doctor_shows_all_of_ollama(there: Home, fake_ollama: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: there.folder)
    program = there.folder / "Programs" / "Ollama" / "ollama.exe"
    for file, text in ((program, ""), (there.folder / ".ollama" / "id_ed25519.pub", "ssh-ed25519 AAAA me\n")):
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("LOCALAPPDATA", str(there.folder))
    monkeypatch.setenv("PATH", str(there.folder))
    monkeypatch.setenv("OLLAMA_MODELS", str(there.folder / "models"))
    rows = {row["what"]: row for row in there("doctor", "--json").json["rows"]}
    found = rows["Ollama"]["found"]
    assert found.startswith(f"0.9.3, {fake_ollama.address}, {program}, ")
    assert found.endswith(f"GB  {there.folder / 'models'}")
    assert rows["Ollama account key"]["found"] == "ssh-ed25519 AAAA me"
    fake_ollama.version = "0.5.4"
    row = {row["what"]: row for row in there("doctor", "--json").json["rows"]}["Ollama"]
    assert row["code"] == "ollama_too_old"
    assert str(program) in row["found"]


def test_a_name_that_somebody_else_uses_is_a_warning(there: Home, fake_ollama: FakeOllama) -> None:
    path = there.project(ollama={"name": "me/it"})
    assert there.problems(path) == {"ollama.name": "ollama_name_exists"}
    assert there.problems(there.project("b.tunesmith", ollama={"name": "me/other"})) == {}
    fake_ollama.models |= {"me/other-base:latest": "b" * 64}
    assert there.problems(there.project("b.tunesmith", ollama={"name": "me/other"})) == {
        "ollama.name": "ollama_name_exists"
    }
    made = Artifact(name="me/it", path="me/it:latest", sha256="a" * 64)
    folder = path.with_name(f"{path.stem}.artifacts") / "create_ollama" / "123"
    folder.mkdir(parents=True)
    written = manifest.Manifest(stage="create_ollama", fingerprint="123", seconds=0, artifacts=(made,))
    manifest.write(folder, written)
    assert there.problems(path) == {}


def test_a_tag_that_says_another_type(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    path = home.project(ollama={"name": "me/it:q8_0"}, export={"quantizations": ["Q4_K_M", "Q8_0"]})
    assert home.problems(path) == {"ollama.name": "ollama_tag_of_other_type"}
