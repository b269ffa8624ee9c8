"""evaluate: the checkpoint answers held-out rows and the test prompts, by ``swift infer``, before it is merged."""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from core.events import StageError
from core.parsers.swift_infer import SwiftInfer
from core.process.command import Command
from core.process.tail import FileTail, Followed
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.job import Job
from core.tools import swift

QUESTIONS = "questions.jsonl"
ANSWERS = "answers.jsonl"
MAX_NEW_TOKENS = 128


class Evaluate(Stage):
    """Asks the adapter before anything is built on it."""

    name = "evaluate"
    needs = ("fetch_model", "prepare_dataset", "train")
    after = ("install_runtime",)

    def wanted(self, job: Job) -> bool:
        """Whether there is anything to ask."""
        return job.project.training.evaluate_rows > 0 or bool(job.project.ollama.test_prompts)

    def inputs(self, job: Job) -> Mapping[str, object]:
        """What is asked."""
        return {"rows": job.project.training.evaluate_rows, "prompts": job.project.ollama.test_prompts}

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """``swift infer`` on the validation rows (the prompts are asked of the finished model)."""
        folder = job.folder(self.name)
        if job.validation is None:
            return ()
        return (ScriptLine(self._command(job, job.validation, folder / ANSWERS), folder=folder),)

    def _command(self, job: Job, rows: Path, result: Path) -> Command:
        return swift.infer(job.python, job.facts, job.adapter, rows, result=result, max_new_tokens=MAX_NEW_TOKENS)

    def run(self, ctx: StageContext) -> None:
        """Ask, and put the answers into the journal."""
        questions, answers = ctx.folder / QUESTIONS, ctx.folder / ANSWERS
        count = _write_questions(ctx.job, questions)
        if not count:
            return
        parser = SwiftInfer(self.name, "adapter")
        got = 0

        def on_answer(line: str) -> None:
            nonlocal got
            for event in parser.feed(line):
                got += 1
                ctx.emit(event)

        follow = [Followed(FileTail(answers), on_answer)]
        ctx.run(self._command(ctx.job, questions, answers), parser, follow=follow)
        if got != count:
            raise StageError("evaluate_incomplete", expected=count, got=got)


def _write_questions(job: Job, path: Path) -> int:
    """The first held-out rows, then the prompts; returns how many."""
    prompts = [[{"role": "user", "content": prompt}] for prompt in job.project.ollama.test_prompts]
    rows: list[object] = []
    if job.validation is not None:
        with job.validation.open(encoding="utf-8") as lines:  # splitlines would part a row that holds U+2028
            rows = [json.loads(line)["messages"] for line in islice(lines, job.project.training.evaluate_rows)]
    text = "".join(json.dumps({"messages": row}, ensure_ascii=False) + "\n" for row in [*rows, *prompts])
    path.write_text(text, encoding="utf-8", newline="\n")
    return len(rows) + len(prompts)
