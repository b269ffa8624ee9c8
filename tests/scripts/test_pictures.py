"""The terminal of which the pictures are taken."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text

from core.messages import Language, languages
from scripts import pictures, terminal


def test_a_bar_that_is_drawn_again_stands_once() -> None:
    bars = "".join(f"\r\x1b[2Kbar {n}%" for n in (10, 50))
    printed = f"\x1b[?25l{bars}\r\x1b[2Kline\nbar 60%\r\x1b[2K\x1b[1A\x1b[2Knew\nbar 70%\n\n"
    assert terminal.rows(printed) == ["new", "bar 70%"]


def test_paths_of_this_computer_are_named_otherwise(tmp_path: Path) -> None:
    cell = f"disk  {tmp_path}/work  free"
    assert terminal.neutral(f"{tmp_path}/a.csv is bad", tmp_path) == "/home/sam/a.csv is bad"
    assert terminal.neutral(cell, tmp_path).startswith("disk  /home/sam/work  ")
    assert len(terminal.neutral(cell, tmp_path)) == len(cell)


@pytest.mark.parametrize("language", languages())
def test_a_run_in_the_middle(language: Language, tmp_path: Path) -> None:
    shown = [Text.from_ansi(row).plain for row in pictures.take_run(terminal.Terminal(language), tmp_path)]
    assert any("190/270" in row for row in shown[-2:])
    assert all(cell_len(row) <= terminal.WIDTH for row in shown)


def test_every_sign_has_its_columns(tmp_path: Path) -> None:
    picture = terminal.draw(["山姆模型  Samge", "x" * 40 + " 你"], "test", tmp_path)
    found = {text.text: text.get("x") for text in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")}  # noqa: S314
    assert found["Samge"] == f"{10 * terminal.CHAR_WIDTH:g}"
    assert found["你"] == f"{41 * terminal.CHAR_WIDTH:g}"
    assert "@font-face" not in picture


def test_the_pictures_name_no_folder_of_the_computer_that_took_them() -> None:
    taken = list(pictures.PICTURES.glob("*.svg"))
    assert len(taken) == len(pictures.SCENES) * len(languages())
    for path in taken:
        assert "/tmp" not in path.read_text(encoding="utf-8"), path.name  # noqa: S108
