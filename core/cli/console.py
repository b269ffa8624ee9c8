"""What the command line prints: sentences on a terminal, plain lines in a pipe, JSON where it is asked for."""

import contextlib
import json
import sys
from collections.abc import Mapping, Sequence

import rich.console
from pydantic_core import to_jsonable_python
from rich.table import Table

from core.config.problem import Problem
from core.events import Value
from core.messages import Language, cure, label, sentence

PIPE_WIDTH = 10_000
"""Signs in a line of a table that no terminal shows."""


class Console:
    """Prints in one language. ``json``: results are JSON on stdout, sentences go to stderr."""

    def __init__(self, language: Language, *, json: bool = False) -> None:
        self.language = language
        self.json = json
        self.out, self.err = _rich(stderr=False), _rich(stderr=True)

    @property
    def live(self) -> bool:
        """Whether a person watches a terminal."""
        return self.out.is_terminal and not self.json

    def say(self, text: str, **values: object) -> None:
        """A sentence of the command line's own (marked with N_)."""
        target = self.err if self.json else self.out
        target.print(label(text, self.language).format(**values))

    def line(self, text: str) -> None:
        """A line as it stands."""
        self.out.print(text)

    def sentence(self, code: str, values: Mapping[str, Value]) -> str:
        """A message's sentence."""
        return sentence(code, values, self.language)

    def cure(self, code: str, values: Mapping[str, Value]) -> str:
        """A message's cure."""
        return cure(code, values, self.language)

    def state(self, state: str) -> str:
        """A state's word."""
        return self.sentence(f"state_{state}", {})

    def message(self, code: str, values: Mapping[str, Value], *, style: str = "") -> None:
        """A message's sentence, and its cure below."""
        target = self.err if self.json else self.out
        target.print(self.sentence(code, values), style=style)
        if help_text := self.cure(code, values):
            target.print("  → " + help_text)

    def error(self, code: str, values: Mapping[str, Value]) -> None:
        """What went wrong, and what to do."""
        self.err.print(self.sentence(code, values), style="bold red")
        if help_text := self.cure(code, values):
            self.err.print("  → " + help_text)

    def problems(self, problems: Sequence[Problem]) -> None:
        """All problems of a project; with --json a list of objects."""
        rows = [
            {
                "field": problem.field,
                "code": problem.code,
                "level": problem.level,
                "sentence": self.sentence(problem.code, problem.values),
                "cure": self.cure(problem.code, problem.values),
            }
            for problem in problems
        ]
        if self.json:
            self.write_json({"problems": rows})
            return
        for row in rows:
            style = "bold red" if row["level"] == "error" else "yellow"
            field = f"{row['field']}: " if row["field"] else ""
            self.err.print(f"{field}{row['sentence']}", style=style)
            if row["cure"]:
                self.err.print("  → " + row["cure"])

    def bug(self) -> None:
        """A fault of the program: the traceback goes to a file, not to the user."""
        import traceback  # noqa: PLC0415 - only here

        from core.platform.folders import config_folder  # noqa: PLC0415

        log = config_folder() / "crash.log"
        with contextlib.suppress(OSError):
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("a", encoding="utf-8") as file:
                file.write(traceback.format_exc() + "\n")
        self.error("internal_error", {"log": str(log)})
        self.err.print(f"  {log}")

    def write_json(self, value: object) -> None:
        """One JSON value on stdout."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, default=to_jsonable_python) + "\n")
        sys.stdout.flush()

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table with translated headers; in a pipe too."""
        table = Table(*(label(header, self.language) for header in headers), box=None, pad_edge=False)
        for row in rows:
            table.add_row(*row)
        self.out.print(table)


def _rich(*, stderr: bool) -> rich.console.Console:
    """A console that prints texts as they are; in a pipe no line is cut to a terminal's width.

    Without markup at all: rich's ``escape`` loses a backslash before a bracket, as Windows' paths may have.
    """
    made = rich.console.Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False, markup=False)
    if not made.is_terminal:
        made.width = PIPE_WIDTH
    return made
