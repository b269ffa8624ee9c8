"""The environment that tools get: the user's, without what would leak from our own Python."""

import os
import sys
from collections.abc import Mapping

from core.platform.proxies import system_proxies
from core.process.command import Token

SCRUBBED = (
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "PYTHONEXECUTABLE",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "UV_PROJECT_ENVIRONMENT",
    "UV_RUN_RECURSION_DEPTH",
    "VIRTUAL_ENV",
    "_PYI_ARCHIVE_FILE",
    "_PYI_PARENT_PROCESS_LEVEL",
    "__PYVENV_LAUNCHER__",
)
"""Deleted: another Python's home, or a marker of ours, breaks a child Python in ways that users reported for years."""

FORCED = {
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
    "PYTHONIOENCODING": "utf-8",
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
    "NO_COLOR": "1",
    # nothing of a run asks a hub: the model and the rows are on this computer by then
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def child_environment(changes: Mapping[str, Token | None], base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a tool: ``base`` (or ours), scrubbed, UTF-8 forced, then ``changes`` (None deletes)."""
    env = dict(os.environ if base is None else base)
    for key in [key for key in env if key in SCRUBBED or key.startswith("QT_")]:
        del env[key]
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle and "PATH" in env:
        env["PATH"] = os.pathsep.join(part for part in env["PATH"].split(os.pathsep) if not part.startswith(bundle))
    env |= FORCED
    env |= system_proxies(env)
    for key, value in changes.items():
        if value is None:
            env.pop(key, None)
        else:
            env[key] = str(value)
    return env
