"""Which training runtime fits this computer's GPUs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.events import StageError
from core.hardware.gpu import Gpu

ProfileName = Literal["cpu", "cu126", "cu128", "cu130"]


@dataclass(frozen=True, slots=True)
class _CudaBuild:
    """A CUDA build of PyTorch: the CUDA version that the driver must have, and the cards that it has code for."""

    name: ProfileName
    cuda: tuple[int, int]
    oldest_card: tuple[int, int]
    newest_card: tuple[int, int]


_BUILDS = (
    _CudaBuild("cu130", (13, 0), oldest_card=(7, 5), newest_card=(99, 0)),
    _CudaBuild("cu128", (12, 8), oldest_card=(7, 0), newest_card=(12, 1)),
    _CudaBuild("cu126", (12, 6), oldest_card=(5, 0), newest_card=(9, 0)),
)
"""The newest first."""


def runtime_profile(gpus: Sequence[Gpu]) -> ProfileName:
    """The profile of the training runtime for the GPUs that shall train; "cpu" for none.

    The rule: the newest CUDA build that the driver runs (its CUDA version, as nvidia-smi shows it: 13.0 or more for
    cu130, 12.8 for cu128, 12.6 for cu126) and that has code for each card. Cards before Volta (GTX 900 and 10: sm_50
    to sm_61) need cu126, Volta (sm_70) at most cu128, and RTX 50 (sm_120) at least cu128.
    """
    if not gpus:
        return "cpu"
    fitting = [build for build in _BUILDS if all(_has_code(build, gpu) for gpu in gpus)]
    if not fitting:
        raise _no_build(gpus)
    first = gpus[0]
    for build in fitting:
        if first.cuda_version >= build.cuda:
            return build.name
    raise StageError(
        "driver_too_old",
        driver=first.driver_version,
        cuda=_dotted(first.cuda_version),
        needed=_dotted(fitting[-1].cuda),
        gpu=first.name,
    )


def _has_code(build: _CudaBuild, gpu: Gpu) -> bool:
    return build.oldest_card <= gpu.compute_capability <= build.newest_card


def _no_build(gpus: Sequence[Gpu]) -> StageError:
    """A card is too old for all builds, or the cards need different ones."""
    oldest = min(gpus, key=lambda gpu: gpu.compute_capability)
    if oldest.compute_capability < _BUILDS[-1].oldest_card:
        return StageError("gpu_too_old", gpu=oldest.name, capability=_dotted(oldest.compute_capability))
    newest = max(gpus, key=lambda gpu: gpu.compute_capability)
    return StageError("gpus_too_different", old=oldest.name, new=newest.name)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
