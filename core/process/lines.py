"""Turns a tool's bytes, however they are cut, into lines of text."""

import codecs
import re
from dataclasses import dataclass

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
MAX_LINE = 65_536
"""Characters of one line that are kept; a tool that prints no line ends must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end. ``transient``: a progress bar that the next line overwrites (it ended in CR)."""

    text: str
    transient: bool = False


class LineSplitter:
    r"""Feeds on bytes and gives lines: UTF-8 with replacement, ANSI codes removed, CR, LF and CRLF understood.

    tqdm writes its CR *before* the text, so the newest bar stays pending: :meth:`flush` gives it out after a silence.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._pending = ""
        self._after_cr = False

    def feed(self, data: bytes) -> list[Line]:
        """The lines that these bytes complete."""
        return self._split(self._decoder.decode(data))

    def close(self) -> list[Line]:
        """The rest, at the end of the output."""
        lines = self._split(self._decoder.decode(b"", final=True))
        return [*lines, *self._take(transient=False)]

    def flush(self) -> list[Line]:
        """What is pending, as a transient line, without waiting for its end."""
        return self._take(transient=True)

    def _split(self, text: str) -> list[Line]:
        lines: list[Line] = []
        for part in re.split(r"([\r\n])", text):
            if part == "\n" and self._after_cr:
                self._after_cr = False
                lines[-1:] = [Line(line.text) for line in lines[-1:]]  # CRLF: the line was no progress bar
                continue
            self._after_cr = part == "\r" or (self._after_cr and part == "")
            if part in ("\r", "\n"):
                lines += self._take(transient=part == "\r")
            else:
                self._pending = (self._pending + part)[:MAX_LINE]
        return lines

    def _take(self, *, transient: bool) -> list[Line]:
        text, self._pending = _ANSI.sub("", self._pending), ""
        return [Line(text, transient)] if text.strip() else []
