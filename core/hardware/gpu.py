"""NVIDIA GPUs by NVML, the driver's own library: what is there, and how busy it is.

Without a GPU or a driver there is nothing, and no error.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics card; memory is None where the driver does not tell (unified memory)."""

    index: int
    name: str
    total_bytes: int | None
    free_bytes: int | None
    driver_version: str
    cuda_version: tuple[int, int]
    compute_capability: tuple[int, int]
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class GpuSample:
    """How busy a GPU is now; None where the card does not tell."""

    index: int
    used_bytes: int | None
    utilization_percent: int | None
    temperature_celsius: int | None
    power_watts: float | None
    total_bytes: int | None = None


def gpus() -> tuple[Gpu, ...]:
    """The NVIDIA GPUs of this computer; () where there is none, or no driver."""
    nvml = _nvml()
    if nvml is None:
        return ()
    driver = _ask(nvml, nvml.nvmlSystemGetDriverVersion) or ""
    cuda: int = _ask(nvml, nvml.nvmlSystemGetCudaDriverVersion_v2) or 0
    found = []
    for index, handle in _handles(nvml):
        memory = _ask(nvml, nvml.nvmlDeviceGetMemoryInfo, handle)
        gpu = Gpu(
            index=index,
            name=_text(_ask(nvml, nvml.nvmlDeviceGetName, handle)),
            total_bytes=int(memory.total) if memory else None,
            free_bytes=int(memory.free) if memory else None,
            driver_version=_text(driver),
            cuda_version=(cuda // 1000, cuda % 1000 // 10),
            compute_capability=_ask(nvml, nvml.nvmlDeviceGetCudaComputeCapability, handle) or (0, 0),
            uuid=_text(_ask(nvml, nvml.nvmlDeviceGetUUID, handle)),
        )
        found.append(gpu)
    return tuple(found)


def chosen(cards: Sequence[Gpu], visible: str | None) -> tuple[Gpu, ...]:
    """The cards that CUDA shows where CUDA_VISIBLE_DEVICES is ``visible`` (None: not set), by CUDA's own rules.

    Numbers count in PCI order, as NVML does and as our children are told to; of UUIDs the beginning is enough. What is
    not there ends the list (-1 by custom), a card named twice makes it empty. Of parts of a card (MIG) NVML does not
    tell whose they are: all cards count then.
    """
    if visible is None or "MIG-" in visible:
        return tuple(cards)
    found: list[Gpu] = []
    for name in visible.split(","):
        card = next((card for card in cards if _is_named(card, name.strip())), None)
        if card is None:
            break
        if card in found:
            return ()
        found.append(card)
    return tuple(found)


def _is_named(card: Gpu, name: str) -> bool:
    return name == str(card.index) or (name.startswith("GPU-") and card.uuid.startswith(name))


def sample() -> tuple[GpuSample, ...]:
    """Memory, load, temperature and power of each GPU now; () where there is none."""
    nvml = _nvml()
    if nvml is None:
        return ()
    found = tuple(_sample(nvml, index, handle) for index, handle in _handles(nvml))
    if not found:
        _forget(nvml)
    return found


def _forget(nvml: Any) -> None:  # noqa: ANN401 - NVML has no types
    """Let go of the library as often as it was started: after a driver's reset only a new start finds the cards."""
    while _ask(nvml, _shut_down, nvml):
        pass


def _shut_down(nvml: Any) -> bool:  # noqa: ANN401 - as above
    nvml.nvmlShutdown()
    return True


def _sample(nvml: Any, index: int, handle: Any) -> GpuSample:  # noqa: ANN401 - as above
    memory = _ask(nvml, nvml.nvmlDeviceGetMemoryInfo, handle)
    load = _ask(nvml, nvml.nvmlDeviceGetUtilizationRates, handle)
    milliwatts = _ask(nvml, nvml.nvmlDeviceGetPowerUsage, handle)
    return GpuSample(
        index=index,
        used_bytes=int(memory.used) if memory else None,
        utilization_percent=int(load.gpu) if load else None,
        temperature_celsius=_ask(nvml, nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
        power_watts=milliwatts / 1000 if milliwatts is not None else None,
        total_bytes=int(memory.total) if memory else None,
    )


def _nvml() -> Any | None:  # noqa: ANN401 - as above
    """The started library; it counts starts, so it stays up for the next sample, and a later driver is found."""
    try:
        nvml = _binding()
        nvml.nvmlInit()
    except Exception:  # noqa: BLE001 - a broken driver fails in many ways; all mean that there is no GPU to use
        return None
    return nvml


@cache
def _binding() -> Any:  # noqa: ANN401 - as above
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the name is also that of a deprecated package, which warns
        return import_module("pynvml")


def _handles(nvml: Any) -> list[tuple[int, Any]]:  # noqa: ANN401 - as above
    count = _ask(nvml, nvml.nvmlDeviceGetCount) or 0
    handles = ((index, _ask(nvml, nvml.nvmlDeviceGetHandleByIndex, index)) for index in range(count))
    return [(index, handle) for index, handle in handles if handle is not None]


def _ask(nvml: Any, question: Callable[..., Any], *about: Any) -> Any | None:  # noqa: ANN401 - as above
    """NVML's answer; None where this card or driver has none."""
    try:
        return question(*about)
    except nvml.NVMLError:
        return None


def _text(value: str | bytes | None) -> str:
    """Older versions of the binding give bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
