"""Whatever is typed or stands in a project file: a sentence and a known exit code, never a traceback."""

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cli import main
from core.cli.main import HELP
from core.config.project import sections
from core.config.settings import RuntimeSettings, Settings, save_settings
from tests.core.cli.conftest import CODES

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LETTERS = st.characters(exclude_characters="/\\\0~", exclude_categories=())  # no path may leave the folder
PIECES = st.text(LETTERS, max_size=12)
COMMANDS = sorted(set(HELP) - {"demo", "runtime"})  # those would install something
OPTIONS = ["--json", "--lang", "zh", "--lang=en", "--from", "--until=train", "--fresh", "--push", "--now", "--force"]
OPTIONS += [
    "--shell",
    "bash",
    "--into",
    "out",
    "--help",
    "--version",
    "-h",
    "--",
    "runner",
    "train",
    "status",
    "runtime",
]
FILES = ["broken.tunesmith", "empty.tunesmith", "folder", "nothing"]


@pytest.fixture(scope="module", autouse=True)
def _settings() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_CONFIG", folder)
        save_settings(Settings(work_dir=folder, runtime=RuntimeSettings(profile="cpu")))
        yield


def call(*words: str) -> tuple[int, str]:
    """Run the command line; what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code: object = main(words)
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    return code, out.getvalue()


def assert_explained(code: int, text: str) -> None:
    assert code in CODES
    assert not re.search("^Traceback", text, re.MULTILINE)
    crash = Path(os.environ["TUNESMITH_CONFIG"]) / "crash.log"
    assert not crash.exists(), crash.read_text(encoding="utf-8")


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    """A folder to stand in, with files that are no project to be run."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        (folder / "broken.tunesmith").write_text("lora = 3", encoding="utf-8")
        (folder / "empty.tunesmith").touch()
        (folder / "folder").mkdir()
        yield folder


@QUICK
@given(st.lists(st.sampled_from(COMMANDS + OPTIONS + FILES) | PIECES, max_size=6))
def test_any_words(words: list[str]) -> None:
    with a_folder():
        assert_explained(*call(*words))


@QUICK
@given(st.sampled_from(COMMANDS), PIECES | st.sampled_from(FILES), st.lists(st.sampled_from(OPTIONS), max_size=3))
def test_any_file_and_options(command: str, file: str, options: list[str]) -> None:
    with a_folder():
        assert_explained(*call(command, file, *options))


def toml_values() -> st.SearchStrategy[Any]:
    text = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0~"), max_size=20)
    numbers = st.integers(-(10**30), 10**30) | st.floats() | st.booleans()
    flat = text | numbers | st.dates() | st.datetimes()
    return st.recursive(
        flat, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=2), max_leaves=6
    )


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    """Settings of ours with any values, and sometimes one of nobody's."""
    made: dict[str, Any] = draw(st.dictionaries(st.sampled_from(["schema_version", "x"]), toml_values(), max_size=1))
    for section in draw(st.sets(st.sampled_from(sorted(sections())), max_size=4)):
        names = st.sampled_from([*sections()[section].model_fields, "nobody's"])
        made[section] = draw(st.dictionaries(names, toml_values(), max_size=5))
    return made


def check_and_look(content: bytes) -> None:
    with a_folder() as folder:
        file = folder / "any.tunesmith"
        file.write_bytes(content)
        for words in (("check",), ("check", "--json"), ("status", "--lang", "zh"), ("stop",)):
            assert_explained(*call(words[0], str(file), *words[1:]))
        assert sorted(path.name for path in folder.iterdir() if path.name.startswith("any")) == ["any.tunesmith"]


@QUICK
@given(projects())
def test_any_project(project: dict[str, Any]) -> None:
    check_and_look(tomlkit.dumps(project).encode())


@QUICK
@given(st.text(max_size=60).map(str.encode) | st.binary(max_size=60))
def test_any_bytes(content: bytes) -> None:
    check_and_look(content.replace(b"~", b"").replace(b"\\u0000", b""))
