"""Tokens for private models: kept by the system's keyring and nowhere else."""

import os

import keyring
from keyring.errors import KeyringError, NoKeyringError, PasswordDeleteError

from core.events import StageError
from core.tools.hub.repo import Source

SERVICE = "tunesmith"
VARIABLES = {"modelscope": "MODELSCOPE_API_TOKEN", "huggingface": "HF_TOKEN"}
"""Where a computer without a keyring can have it for one session: the SDKs' own names."""


def token(source: Source) -> str:
    """The token for a hub; "" where there is none, or none that can be read: most models need none."""
    hub = "modelscope" if source == "git" else source
    try:
        found = keyring.get_password(SERVICE, hub)
    except (KeyringError, OSError):
        found = None
    return found or os.environ.get(VARIABLES[hub], "")


def keep(hub: str, secret: str) -> None:
    """Put a token into the keyring. Raises StageError where there is no keyring."""
    try:
        keyring.set_password(SERVICE, hub, secret)
    except NoKeyringError as error:
        raise StageError("keyring_missing", variable=VARIABLES[hub]) from error
    except (KeyringError, OSError) as error:
        raise StageError("keyring_refused", reason=str(error) or type(error).__name__) from error


def remove(hub: str) -> None:
    """Take a token out of the keyring, where there is one."""
    try:
        keyring.delete_password(SERVICE, hub)
    except PasswordDeleteError:
        return
    except NoKeyringError as error:
        raise StageError("keyring_missing", variable=VARIABLES[hub]) from error
    except (KeyringError, OSError) as error:
        raise StageError("keyring_refused", reason=str(error) or type(error).__name__) from error
