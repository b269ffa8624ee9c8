"""The command that fetches a repository in a process of its own."""

from pathlib import Path

from core.config.settings import HubSettings
from core.platform.frozen import ourselves
from core.process.command import Command, HostPath, Token
from core.tools.hub.repo import Repo


def fetch_command(repo: Repo, folder: Path, settings: HubSettings) -> Command:
    """``tunesmith fetch``, which tells its progress as events, one JSON object a line."""
    names = f":{'/'.join(repo.names)}" if repo.names else ""
    argv: list[Token] = [*ourselves(), "fetch", repo.kind, repo.id + names, "--from", repo.source]
    argv += ["--revision", repo.revision] if repo.revision else []
    argv += ["--to", HostPath(folder), "--json"]
    # the environment of other children keeps them off the network
    env: dict[str, str | None] = dict.fromkeys(("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"))
    endpoints = {"MODELSCOPE_ENDPOINT": settings.modelscope_endpoint, "HF_ENDPOINT": settings.huggingface_endpoint}
    return Command(tuple(argv), {**env, **{name: url for name, url in endpoints.items() if url}})
