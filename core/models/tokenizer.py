"""What a model's tokenizer files say about chats: the chat template and the texts that end an answer."""

from pathlib import Path

from core.events import StageError
from core.models.files import names_in, read_json, read_text

_VOCABULARIES = {"tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt"}


def check_tokenizer(folder: Path) -> None:
    """StageError if the folder has no tokenizer, or a broken one."""
    names = set(names_in(folder))
    if not names & _VOCABULARIES and not any(name.endswith(".tiktoken") for name in names):
        raise StageError("model_no_tokenizer", path=str(folder))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if name in names:
            read_json(folder / name)


def chat_template_text(folder: Path) -> str | None:
    """The model's Jinja chat template; None if it has none.

    As in transformers, ``chat_template.jinja`` wins over tokenizer_config.json; of several named ones "default" counts.
    """
    names = names_in(folder)
    if "chat_template.jinja" in names:
        return read_text(folder / "chat_template.jinja")
    found = _settings(folder, "tokenizer_config.json").get("chat_template")
    if isinstance(found, list):
        named = {entry.get("name"): entry.get("template") for entry in found if isinstance(entry, dict)}
        found = named.get("default")
    return found if isinstance(found, str) else None


def eos_texts(folder: Path) -> tuple[str, ...]:
    """The texts of the tokens that end an answer: the tokenizer's own first, then those of generation_config.json."""
    texts = [_token_text(_settings(folder, "tokenizer_config.json").get("eos_token"))]
    ids = _settings(folder, "generation_config.json").get("eos_token_id")
    wanted = [number for number in (ids if isinstance(ids, list) else [ids]) if isinstance(number, int)]
    if wanted:
        added = _added_tokens(folder)
        texts += [added.get(number, "") for number in wanted]
    return tuple(dict.fromkeys(text for text in texts if text))


def _added_tokens(folder: Path) -> dict[int, str]:
    """Special tokens by id: transformers 4 lists them in tokenizer_config.json, tokenizer.json always does."""
    decoder = _settings(folder, "tokenizer_config.json").get("added_tokens_decoder")
    if isinstance(decoder, dict) and decoder:
        return {int(number): _token_text(token) for number, token in decoder.items() if str(number).isdecimal()}
    listed = _settings(folder, "tokenizer.json").get("added_tokens")
    tokens = [token for token in listed if isinstance(token, dict)] if isinstance(listed, list) else []
    return {token["id"]: _token_text(token) for token in tokens if isinstance(token.get("id"), int)}


def _token_text(token: object) -> str:
    """A token is written as its text, or as an object with ``content``."""
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else ""


def _settings(folder: Path, name: str) -> dict[str, object]:
    return read_json(folder / name) if name in names_in(folder) else {}
