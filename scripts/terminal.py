"""A terminal without a screen: the command line prints on it, and what stands there is drawn as SVG."""

import html
import io
import re
from collections.abc import Sequence
from pathlib import Path

import rich.console
from rich.cells import cell_len
from rich.terminal_theme import MONOKAI
from rich.text import Text

from core.cli.console import Console
from core.messages import Language

HOME = "/home/sam"
"""What the folders of the computer that takes the pictures are called in them."""
WIDTH = 112
"""Columns of the terminal."""
CHAR_WIDTH = 20 * 0.61
"""Of rich's SVG: 20 pixels high, 0.61 as wide."""

_MOVES = re.compile(r"(\n|\r|\x1b\[2K|\x1b\[\d*A|\x1b\[\?25[hl])")
_REMOTE_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_TEXT = re.compile(r'<text ([^>]*)x="([\d.]+)"([^>]*)textLength="[\d.]+"([^>]*)>([^<]*)</text>')
_PIECE = re.compile(r"[^\s\u2e80-\uffff]+(?:\s[^\s\u2e80-\uffff]+)*|[\u2e80-\uffff]")
"""Words of one column a sign, or one sign of two columns."""


class Terminal:
    """A terminal for the command line to print on."""

    def __init__(self, language: Language) -> None:
        self._output = io.StringIO()
        self.console = Console(language)
        self.console.out = self.console.err = _screen(self._output, soft_wrap=True)

    def prompt(self, command: str) -> None:
        """What the user types."""
        self.console.out.print(f"[bold green]$[/] [bold]{command}[/]")

    def rows(self) -> list[str]:
        """What stands on it."""
        return rows(self._output.getvalue())


def _screen(file: io.StringIO, *, soft_wrap: bool = False, record: bool = False) -> rich.console.Console:
    return rich.console.Console(
        file=file,
        force_terminal=True,
        color_system="truecolor",
        width=WIDTH,
        highlight=False,
        emoji=False,
        soft_wrap=soft_wrap,
        record=record,
        _environ={"TERM": "xterm-256color"},
    )


def rows(output: str) -> list[str]:
    """The rows of a terminal after this output, with their colours: as much of a terminal as rich's bars need."""
    found, row = [""], 0
    for part in _MOVES.split(output):
        if part == "\n":
            row += 1
            found += [""] * (row == len(found))
        elif part == "\x1b[2K":
            found[row] = ""
        elif part.startswith("\x1b[") and part.endswith("A"):
            row -= int(part[2:-1] or 1)
        elif not _MOVES.fullmatch(part):
            found[row] += part
    while not found[-1].strip():
        found.pop()
    return found


def draw(shown: Sequence[str], name: str, folder: Path) -> str:
    """Rows as SVG; ``folder`` is named HOME in it."""
    paper = _screen(io.StringIO(), record=True)
    for row in shown:
        paper.print(Text.from_ansi(neutral(row, folder), overflow="fold"))
    paper.print()  # the frame cuts into the last row
    svg = paper.export_svg(title="Tunesmith", theme=MONOKAI, unique_id=name.replace(".", "-"))
    svg = _REMOTE_FONT.sub("", svg).replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    return _TEXT.sub(_placed, svg)


def _placed(text: re.Match[str]) -> str:
    """A text of the SVG with each Chinese sign in its two columns: rich gives it the room of one."""
    before, left, between, after, content = text.groups()
    plain, made = html.unescape(content), ""
    for piece in _PIECE.finditer(plain):
        x = float(left) + cell_len(plain[: piece.start()]) * CHAR_WIDTH
        width = cell_len(piece[0]) * CHAR_WIDTH
        shown = html.escape(piece[0]).replace("\xa0", "&#160;")
        made += f'<text {before}x="{x:g}"{between}textLength="{width:g}"{after}>{shown}</text>'
    return made


def neutral(row: str, folder: Path) -> str:
    """The row with HOME for the folder; in a table, blanks make up for the difference."""
    cell = re.compile(re.escape(str(folder)) + r"\S*(?=  )")
    row = cell.sub(lambda match: match[0].replace(str(folder), HOME).ljust(len(match[0])), row)
    return row.replace(str(folder), HOME)
