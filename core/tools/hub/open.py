"""Opens the hub of a repository."""

from core.config.settings import HubSettings
from core.tools.hub.git_lfs import GitLfs
from core.tools.hub.huggingface import HuggingFace
from core.tools.hub.modelscope import ModelScope
from core.tools.hub.repo import Hub, Repo
from core.tools.hub.token import token


def open_hub(repo: Repo, settings: HubSettings) -> Hub:
    """The hub, by the address of the settings, else by that of the SDK's own environment variable."""
    secret = token(repo.source)
    match repo.source:
        case "huggingface":
            return HuggingFace(repo, settings.huggingface_endpoint, secret)
        case "modelscope":
            return ModelScope(repo, settings.modelscope_endpoint, secret)
        case "git":
            return GitLfs(repo, settings.modelscope_endpoint, secret)
