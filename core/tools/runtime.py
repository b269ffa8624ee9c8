"""The training runtime: a Python environment of its own for ms-swift and llama.cpp's converter.

Tunesmith makes it in the work folder, or the user gives one. Pure but for the marker and :func:`problems`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.config.project import TuneProject
from core.config.settings import Mirrors, Settings
from core.process.command import Command, HostPath, Token
from core.tools import mirrors, uv
from core.tools.pip_settings import PipSettings, read_pip_settings
from core.tools.python import PYTHON_RANGE, interpreter_of, running_python
from core.tools.resource_files import plugin, requirement_file
from core.tools.sources import Address, Source, ordered, source, unverified_error

Profile = Literal["cpu", "cu126", "cu128", "cu130", "docker", "wsl"]
Extra = Literal["awq", "bnb"]
Step = tuple[Command, ...]
"""A step of the installation: commands of which one must succeed, tried in this order."""


@dataclass(frozen=True, slots=True)
class RuntimeSpec:
    """Which runtime: the kind of PyTorch, what beyond ms-swift, and where; ``given``: the user's own interpreter.

    ``inside`` names a container's image, or an environment in WSL, that has all of it. The environment here is empty
    then: uv takes its Python to unpack what other tools need.
    ``mirrors`` and ``allow_unverified`` are the settings': they say where it may be had, and do not change it.
    """

    profile: Profile
    extras: tuple[Extra, ...]
    home: Path
    given: Path | None = None
    mirrors: Mirrors = "none"
    allow_unverified: bool = False
    inside: str = ""

    @property
    def elsewhere(self) -> bool:
        """Whether it is in a container or in WSL."""
        return self.profile in ("docker", "wsl")

    @property
    def folder(self) -> Path:
        """Its environment; another lock, profile or set of extras has another one."""
        return self.home / f"{self.profile}-{fingerprint(self)[:12]}"

    @property
    def python(self) -> Path:
        """The interpreter that trains."""
        return self.given or interpreter_of(self.folder)

    @property
    def torch(self) -> str:
        """The requirement for PyTorch."""
        return f"torch=={source(f'torch-{self.profile}').version}"

    @property
    def requirements(self) -> tuple[Path, ...]:
        """The locked requirement files, the extras' last."""
        return tuple(requirement_file(name) for name in ("runtime.txt", *(f"runtime-{e}.txt" for e in self.extras)))


def runtime_spec(settings: Settings, project: TuneProject, detect: Callable[[], Profile]) -> RuntimeSpec:
    """The runtime that a project needs; ``detect`` says which profile fits this computer's GPUs."""
    given = settings.runtime.given
    hardware = project.hardware
    if hardware.target != "local":
        inside = {"docker": hardware.docker_image, "wsl": f"{hardware.wsl_distribution}:{hardware.wsl_python}"}
        return RuntimeSpec(hardware.target, (), settings.work_folder / "runtime", inside=inside[hardware.target])
    profile: Profile = "cpu"
    if settings.runtime.profile != "auto":
        profile = settings.runtime.profile
    elif hardware.device != "cpu" and given is None:
        profile = detect()
    wanted: dict[Extra, bool] = {"awq": project.export.awq, "bnb": bool(project.lora.quant_bits)}
    extras = tuple(extra for extra, needed in wanted.items() if needed)
    home = settings.work_folder / "runtime"
    return RuntimeSpec(profile, extras, home, given, settings.mirrors, settings.allow_unverified)


def fingerprint(spec: RuntimeSpec) -> str:
    """Changes whenever the environment would: with the locks' text, PyTorch's version, or the extras."""
    if spec.elsewhere:
        return hashlib.sha256(f"{spec.profile} {spec.inside}".encode()).hexdigest()
    digest = hashlib.sha256(spec.torch.encode())
    for path in spec.requirements:
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def commands(spec: RuntimeSpec, settings: PipSettings | None = None) -> tuple[Step, ...]:
    """The whole installation: environment, PyTorch, the locked packages, a check, the extras; here, not ``inside``.

    The extras come after the check, and without what they ask for: autoawq names packages that it does without.
    """
    if spec.elsewhere:
        return (environment_step(spec.folder, spec.mirrors),)
    told = read_pip_settings() if settings is None else settings
    lock, *extras = spec.requirements
    python = spec.python
    steps: list[Step] = [
        environment_step(spec.folder, spec.mirrors),
        torch_step(spec, told),
        (uv.pip_install(python, requirements=[lock], settings=told),),
        (uv.pip_check(python),),
    ]
    if extras:
        steps.append((uv.pip_install(python, requirements=extras, no_deps=True, settings=told),))
    return tuple(steps)


def environment_step(folder: Path, choice: Mirrors) -> Step:
    """An environment by the running Python if it fits, else by another one here, else by one that uv downloads."""
    if own := running_python():
        return (uv.venv(folder, own),)
    pinned = source("python")
    addresses = ordered(pinned.addresses, china=mirrors.in_china(choice))
    return (
        uv.venv(folder, PYTHON_RANGE),
        *(uv.venv(folder, pinned.version, downloads=True, mirror=a.url if a.region else "") for a in addresses),
    )


def torch_step(spec: RuntimeSpec, settings: PipSettings) -> Step:
    """PyTorch of the profile: from the user's own sources where there are any, else from PyTorch's or a mirror of it.

    Without CUDA any build will do, so the user's sources are not gone past; a CUDA build (its version ends in +cuNNN)
    may well be missing there. PyTorch's own index and its mirrors are asked only if the user allows what cannot be
    checked. Raises StageError where nothing else is left.
    """
    own = settings.names_a_source or settings.no_index
    addresses: tuple[Address | None, ...] = ()
    if spec.allow_unverified and not (own and spec.profile == "cpu"):
        addresses = ordered(source(f"torch-{spec.profile}").addresses, china=mirrors.in_china(spec.mirrors))
    if own:
        addresses = (None, *addresses)
    elif spec.profile == "cpu":
        addresses = (*addresses, None)
    if not addresses:
        raise unverified_error(source(f"torch-{spec.profile}"))
    return tuple(_torch(spec, address, settings) for address in addresses)


def unverified(spec: RuntimeSpec, settings: PipSettings) -> Source | None:
    """What the installation would take from an address whose files cannot be checked, if that were allowed."""
    own = settings.names_a_source or settings.no_index
    return None if spec.given or (own and spec.profile == "cpu") else source(f"torch-{spec.profile}")


def _torch(spec: RuntimeSpec, address: Address | None, settings: PipSettings) -> Command:
    arguments = (f"--{address.kind}", address.url) if address else ()
    return uv.pip_install(spec.python, packages=[spec.torch], arguments=arguments, settings=settings)


def self_test_command(python: Token, device: Literal["cpu", "cuda"]) -> Command:
    """Multiply two small matrices on the device that the training will use; prints one line of JSON."""
    return Command((python, HostPath(plugin("runtime_selftest.py")), "--device", device))
