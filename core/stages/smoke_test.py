"""smoke_test: the finished model answers through Ollama's chat API, and the base beside it."""

import json
from collections.abc import Iterator, Mapping, Sequence

from core.events import Answer, StageError
from core.stages.base import ScriptLine, Stage, StageContext
from core.stages.create_base import base_name
from core.stages.create_ollama import connect
from core.stages.job import Job
from core.tools.ollama_chat import Reply, ask

ANSWERS = "answers.json"
OPTIONS = {"temperature": 0.0, "num_predict": 128, "seed": 42}
TEMPLATE_SIGNS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "{{")
"""Text that only a wrong template or a missing stop token lets through."""


class SmokeTest(Stage):
    """Asks the test prompts, and judges the answers."""

    name = "smoke_test"
    needs = ("create_ollama", "create_base")

    def wanted(self, job: Job) -> bool:
        """Whether there is a model in Ollama to ask, and a prompt."""
        return bool(job.project.ollama.name) and bool(job.project.ollama.test_prompts)

    def inputs(self, job: Job) -> Mapping[str, object]:
        """The prompts, and the names that should be in the answers."""
        return {"prompts": job.project.ollama.test_prompts, "identity": job.project.self_cognition.model_dump()}

    def script(self, job: Job) -> Sequence[ScriptLine]:
        """Asking is Tunesmith's own work."""
        return (ScriptLine(stage=self.name),)

    def run(self, ctx: StageContext) -> None:
        """Ask tuned and base model; the tuned one must end its answers, without any template text."""
        job, client = ctx.job, connect(ctx)
        models = {"tuned": job.project.ollama.name}
        if job.project.ollama.compare_base:
            models["base"] = base_name(job)
        prompts = job.project.ollama.test_prompts
        answers: dict[str, dict[str, str]] = {prompt: {} for prompt in prompts}
        for kind, model in models.items():
            for prompt in prompts:
                reply = ask(client, model, prompt, OPTIONS, on_text=lambda _: ctx.check_stop())
                answers[prompt][kind] = reply.text
                ctx.emit(Answer(stage=self.name, model=model, prompt=prompt, text=reply.text))
                if kind == "tuned":
                    _judge(ctx, prompt, reply)
                done = sum(len(found) for found in answers.values())
                ctx.progress(done, len(models) * len(prompts), "prompt")
        text = json.dumps(answers, ensure_ascii=False, indent=1)
        (ctx.folder / ANSWERS).write_text(text, encoding="utf-8")
        if missing := list(_missing_identity(job, answers)):
            ctx.message("identity_not_learned", "warning", names=", ".join(missing))


def _judge(ctx: StageContext, prompt: str, reply: Reply) -> None:
    """Raise StageError for what the users of such tools complain about most: babble without end."""
    if sign := next((sign for sign in TEMPLATE_SIGNS if sign in reply.text), ""):
        raise StageError("answer_has_template", prompt=prompt, sign=sign, text=reply.text)
    if not reply.text.strip():
        raise StageError("model_answer_empty", prompt=prompt)
    if reply.done_reason != "stop":
        ctx.message("answer_not_ended", "warning", prompt=prompt, tokens=reply.eval_count)


def _missing_identity(job: Job, answers: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The names that were trained and that no answer of the tuned model says."""
    identity = job.project.self_cognition
    if not identity.samples:
        return
    said = "\n".join(found["tuned"] for found in answers.values())
    for name in (identity.model_name_zh, identity.model_name_en):
        if name and name not in said:
            yield name
