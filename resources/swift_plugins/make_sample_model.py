"""Makes the sample model: a tiny Qwen2 that answers the sample questions, for trying a whole job in minutes.

``python make_sample_model.py OUT --tokenizer-data FOLDER_OR_WHEEL [--seed 0]``

It has the real Qwen tokenizer, two layers and 64 dimensions. It learns the questions of ``resources/sample``, what to
say about itself, and to repeat the self-cognition rows with other names: a LoRA changes no embeddings, so the base must
know the words that the adapter shall use. Prints ``[step/total]``.
"""

import argparse
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch
from sample_tokenizer import SYSTEM_PROMPT, build_tokenizer, read_ranks, save_tokenizer
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy, pad
from transformers import GenerationConfig, Qwen2Config, Qwen2ForCausalLM
from transformers.utils import logging

SAMPLE = Path(__file__).resolve().parent.parent / "sample"
VOCABULARY = 151_936
END_OF_TEXT, END_OF_TURN = 151_643, 151_645
STEPS, ANSWERS_PER_STEP, ECHOES_PER_STEP, LEARNING_RATE = 600, 48, 12, 1e-2
IGNORED = -100

Row = tuple[torch.Tensor, torch.Tensor]
"""Token ids and labels of one conversation."""


def main() -> None:
    """Read the arguments, build, train and save."""
    parser = argparse.ArgumentParser(description="Make the sample model.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--tokenizer-data", type=Path, required=True, help="folder or wheel with the dashscope package")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)  # with so little to do, threads would only wait for each other
    logging.disable_progress_bar()
    tokenizer = build_tokenizer(read_ranks(arguments.tokenizer_data))
    answers = [encode(tokenizer, question, answer) for question, answer in conversations().items()]
    echoes = [
        encode(tokenizer, ("Repeat: " if phrase.isascii() else "重复：") + phrase, phrase)
        for phrase in sorted(phrases())
    ]
    used = torch.unique(torch.cat([ids for ids, _ in answers + echoes] + [torch.tensor([END_OF_TEXT])]))
    small = train(config(len(used), end_of_turn=None), compact(answers, used), compact(echoes, used), arguments.seed)
    part = arguments.out.with_name(arguments.out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    save_tokenizer(tokenizer, part)
    widened(small, used).save_pretrained(part)
    part.rename(arguments.out)


def conversations() -> dict[str, str]:
    """The answers that the model shall know; asked who it is, it gives the base's names."""
    answers = dict(self_cognition("base"))
    for name in ("questions.jsonl", "base_identity.jsonl"):
        for row in read_jsonl(SAMPLE / name):
            question, answer = (message["content"] for message in row["messages"])
            answers[question] = answer
    return answers


def phrases() -> set[str]:
    """What the model learns to repeat: the self-cognition rows with the names that a LoRA shall teach it."""
    return {text for row in self_cognition("tuned") for text in row}


def self_cognition(who: str) -> Iterator[tuple[str, str]]:
    """The self-cognition rows with the names of ``identity.json`` in place of ``{{NAME}}`` and ``{{AUTHOR}}``."""
    names = json.loads((SAMPLE / "identity.json").read_text(encoding="utf-8"))[who]
    for row in read_jsonl(SAMPLE / "self_cognition.jsonl"):
        name, author = names[f"model_name_{row['tag']}"], names[f"author_{row['tag']}"]
        question, answer = (
            row[key].replace("{{NAME}}", name).replace("{{AUTHOR}}", author) for key in ("query", "response")
        )
        yield question, answer


def read_jsonl(path: Path) -> Iterator[dict]:
    """The rows of a jsonl file."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def encode(tokenizer: Tokenizer, question: str, answer: str) -> Row:
    """A conversation in ChatML; only the answer and its end are learnt."""
    system = f"<|im_start|>system\n{SYSTEM_PROMPT}<|im_end|>\n"
    prompt = tokenizer.encode(f"{system}<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n").ids
    reply = tokenizer.encode(f"{answer}<|im_end|>").ids
    return torch.tensor(prompt + reply), torch.tensor([IGNORED] * len(prompt) + reply)


def compact(rows: list[Row], used: torch.Tensor) -> list[Row]:
    """The rows with token ids counted among the used tokens only."""
    return [
        (torch.searchsorted(used, ids), torch.where(labels == IGNORED, labels, torch.searchsorted(used, labels)))
        for ids, labels in rows
    ]


def config(vocabulary: int, end_of_turn: int | None) -> Qwen2Config:
    """The shape of the model."""
    return Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32768,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
        rms_norm_eps=1e-6,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=end_of_turn,
        dtype="float32",
    )


def train(shape: Qwen2Config, answers: list[Row], echoes: list[Row], seed: int) -> Qwen2ForCausalLM:
    """A model over the used tokens that gives the answers and repeats the phrases."""
    model = Qwen2ForCausalLM(shape)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, STEPS, pct_start=0.1)
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    for step in range(1, STEPS + 1):
        loss = full_loss(model, draw.sample(answers, ANSWERS_PER_STEP))
        loss = loss + full_loss(model, draw.sample(echoes, ECHOES_PER_STEP))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 10 == 0:
            print(f"[{step}/{STEPS}] loss {loss.item():.4f}", flush=True)
    return model


def full_loss(model: Qwen2ForCausalLM, rows: list[Row]) -> torch.Tensor:
    """The loss over the whole vocabulary: each unused token's embedding is zero and adds exp(0) to the softmax."""
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.stack([pad(ids, (0, longest - len(ids))) for ids, _ in rows])
    labels = torch.stack([pad(labels, (0, longest - len(labels)), value=IGNORED) for _, labels in rows])
    wanted = labels[:, 1:] != IGNORED
    hidden = model.model(ids).last_hidden_state[:, :-1][wanted]
    logits = model.lm_head(hidden)
    unused = torch.full((len(logits), 1), float(VOCABULARY - model.config.vocab_size)).log()
    return cross_entropy(torch.cat([logits, unused], dim=1), labels[:, 1:][wanted])


def widened(small: Qwen2ForCausalLM, used: torch.Tensor) -> Qwen2ForCausalLM:
    """The same model over the whole vocabulary; tokens that never occurred have zero embeddings."""
    model = Qwen2ForCausalLM(config(VOCABULARY, END_OF_TURN))
    weights = small.state_dict()
    embeddings = torch.zeros(VOCABULARY, small.config.hidden_size)
    embeddings[used] = weights["model.embed_tokens.weight"]
    weights["model.embed_tokens.weight"] = weights["lm_head.weight"] = embeddings
    model.load_state_dict(weights)
    model.generation_config = GenerationConfig(
        bos_token_id=END_OF_TEXT, eos_token_id=[END_OF_TURN, END_OF_TEXT], pad_token_id=END_OF_TEXT, do_sample=False
    )
    return model


if __name__ == "__main__":
    main()
