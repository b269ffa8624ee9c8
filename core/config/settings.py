"""Settings of this computer: where things lie and which tools are used; apart from any project."""

import tomllib
from pathlib import Path
from typing import Literal

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.config.problem import Problem
from core.config.store import ProjectInvalidError
from core.platform.files import move
from core.platform.folders import config_folder, default_work_folder

Mirrors = Literal["auto", "china", "none"]
Theme = Literal["system", "light", "dark"]

RECENT = 8
"""Projects that the start page remembers."""

_ENDPOINT = r"^(https?://[^\s/@]+(/[^\s@]*)?)?$"
"""Of an address: no user or password in it, since commands and logs show it."""


class RuntimeSettings(BaseModel):
    """The training runtime: made by Tunesmith, or an environment that the user gives (``python``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    python: str = ""
    profile: Literal["auto", "cpu", "cu126", "cu128", "cu130"] = "auto"

    @property
    def given(self) -> Path | None:
        """The user's own interpreter; None where Tunesmith makes the runtime. Its link into an environment is kept."""
        return _expanded(self.python).absolute() if self.python else None


class HubSettings(BaseModel):
    """Addresses of the model hubs where they are not the usual ones: a mirror, or a company's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    modelscope_endpoint: str = Field("", pattern=_ENDPOINT)
    huggingface_endpoint: str = Field("", pattern=_ENDPOINT)


class Settings(BaseModel):
    """What holds for all projects on this computer."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    work_dir: str = ""
    language: Literal["", "en", "zh"] = ""
    runtime: RuntimeSettings = RuntimeSettings()
    mirrors: Mirrors = "auto"
    """Whether mirrors in China are asked first; automatic: if they answer much faster."""
    allow_unverified: bool = False
    """Whether files may be used that nothing that ships with the program can check (tools.toml: unverified)."""
    hub: HubSettings = HubSettings()
    theme: Theme = "system"
    recent: tuple[str, ...] = ()
    """Project files that the window had open, the last one first."""

    def with_recent(self, file: Path) -> "Settings":
        """The settings with a project file at the head of the recent ones."""
        others = tuple(name for name in self.recent if name != str(file))
        return self.model_copy(update={"recent": (str(file), *others)[:RECENT]})

    @property
    def work_folder(self) -> Path:
        """The one folder that holds runtime, models, llama.cpp and caches."""
        return _expanded(self.work_dir).resolve() if self.work_dir else default_work_folder()


def _expanded(text: str) -> Path:
    """A path that may begin with ~; a name may do so too."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # no such user
        return Path(text)


def settings_file() -> Path:
    """Where the settings are kept."""
    return config_folder() / "settings.toml"


def load_settings() -> Settings:
    """The saved settings, or the defaults. Raises ProjectInvalidError where the file is not what we wrote."""
    path = settings_file()
    if not path.exists():
        return Settings()
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as error:  # also TOMLDecodeError, UnicodeDecodeError and ValidationError
        reason = _reason(error)
        raise ProjectInvalidError([Problem("", "settings_invalid", {"path": str(path), "reason": reason})]) from error


def _reason(error: Exception) -> str:
    """What is wrong with the file: the settings' names, or what the reader says."""
    if isinstance(error, ValidationError):
        return ", ".join(".".join(str(part) for part in found["loc"]) for found in error.errors())
    return str(error)


def save_settings(settings: Settings) -> None:
    """Keep the settings, replacing the file in one step."""
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(tomlkit.dumps(settings.model_dump()), encoding="utf-8")
    move(part, path)
