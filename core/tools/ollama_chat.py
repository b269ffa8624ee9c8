"""Asks a model in Ollama one question through the chat API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.tools.ollama_connection import Client, streamed
from core.tools.ollama_errors import stage_errors

Option = int | float | str
DEFAULT_OPTIONS: Mapping[str, Option] = {"temperature": 0, "num_predict": 256}
"""Always the likeliest word, so that two runs can be compared; and an end, also for a model that knows none."""
KEEP_ALIVE = "5m"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its text, why it ended (``stop`` or ``length``), and its length in tokens."""

    text: str
    done_reason: str
    eval_count: int


def ask(
    client: Client,
    model: str,
    prompt: str,
    options: Mapping[str, Option] | None = None,
    *,
    on_text: Callable[[str], None] | None = None,
    keep_alive: str | float = KEEP_ALIVE,
) -> Reply:
    """The model's answer; ``options`` are Ollama's and go before :data:`DEFAULT_OPTIONS`.

    ``on_text`` gets the text as it comes; what it raises ends the answer, in Ollama too. ``keep_alive`` is how long
    the model stays loaded (0: not at all).
    """
    text, reason, count = "", "", 0
    with (
        stage_errors(client.address, model),
        streamed(
            client.chat(
                model,
                [{"role": "user", "content": prompt}],
                stream=True,
                options={**DEFAULT_OPTIONS, **(options or {})},
                keep_alive=keep_alive,
            )
        ) as parts,
    ):
        for part in parts:
            piece = part.message.content or ""
            text, reason, count = text + piece, part.done_reason or reason, part.eval_count or count
            if on_text:
                on_text(piece)
    return Reply(text, reason, count)
