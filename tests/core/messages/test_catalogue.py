"""The catalogue is whole: every code that core uses has a sentence, every text its Chinese."""

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.messages import MESSAGES, label
from core.parsers.failures import GENERAL, SILENT, SPECIFIC

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"[a-z][a-z0-9_]*")
CALLS = {"tell": 0, "StageError": 0, "RowError": 0, "BadRow": 2, "bad_row": 1, "Problem": 1, "message": 0, "error": 0}
"""Calls whose argument at this place is a code; ``code=`` is one everywhere."""


def used_codes() -> Iterator[tuple[str, str]]:
    """Where a code is used, and the code; those put together at run time are not seen."""
    for path in sorted((ROOT / "core").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for code in _codes(node):
                    yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", code


def _codes(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    place = CALLS.get(name)
    candidates = [call.args[place]] if place is not None and place < len(call.args) else []
    candidates += [word.value for word in call.keywords if word.arg == "code" and name != "ChildEnded"]
    for candidate in candidates:
        parts = (candidate.body, candidate.orelse) if isinstance(candidate, ast.IfExp) else (candidate,)
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and CODE.fullmatch(part.value):
                yield part.value


def test_every_code_in_core_has_a_sentence() -> None:
    missing = [f"{where} {code}" for where, code in used_codes() if code not in MESSAGES]
    assert not missing, "\n".join(missing)


def test_every_call_gives_the_values_that_its_sentence_shows() -> None:
    lacking = []
    for path in sorted((ROOT / "core").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (given := _given(node)) is not None:
                for code in _codes(node):
                    wanted = {name for part in _parts(code) for name, _ in _fields(part)}
                    if wanted - given:
                        lacking.append(f"{path.name}:{node.lineno} {code} lacks {sorted(wanted - given)}")
    assert not lacking, "\n".join(lacking)


def _given(call: ast.Call) -> set[str] | None:
    """The names of the values in a call; None where they are put together elsewhere."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name in ("StageError", "RowError"):
        names = {word.arg for word in call.keywords}
        return None if None in names else {str(word) for word in names}
    if name == "Problem":
        values = call.args[2] if len(call.args) > 2 else ast.Dict(keys=[], values=[])
        return {ast.literal_eval(key) for key in values.keys if key} if isinstance(values, ast.Dict) else None
    return None


def _parts(code: str) -> tuple[str, str]:
    return (MESSAGES[code].sentence, MESSAGES[code].cure) if code in MESSAGES else ("", "")


def test_codes_are_found_at_all() -> None:
    assert len({code for _, code in used_codes()}) > 50


def test_every_diagnosis_has_a_sentence() -> None:
    assert {entry.code for entry in (*SPECIFIC, *GENERAL, *SILENT)} <= MESSAGES.keys()


@pytest.mark.parametrize("code", MESSAGES)
def test_placeholders_are_the_same_in_chinese(code: str) -> None:
    for msgid in (MESSAGES[code].sentence, MESSAGES[code].cure):
        assert _fields(label(msgid, "zh")) == _fields(msgid)


def _fields(text: str) -> list[tuple[str, str]]:
    return sorted((name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None)


def test_translations_are_whole_and_compiled() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "translate.py"), "--check"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
