import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import pytest

from core.hardware import gpu


class NVMLError(Exception):
    """Stands for the error class of the binding."""


class FakeNvml(ModuleType):
    """Two cards: one that tells everything, one that tells only its name and capability."""

    NVMLError = NVMLError
    NVML_TEMPERATURE_GPU = 0

    def nvmlInit(self) -> None: ...

    def nvmlSystemGetDriverVersion(self) -> str:
        return "580.159.04"

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:
        return 12080

    def nvmlDeviceGetCount(self) -> int:
        return 3

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        if index == 2:
            raise NVMLError("GPU is lost")
        return index

    def nvmlDeviceGetName(self, handle: int) -> str | bytes:
        return "NVIDIA GeForce RTX 3090" if handle == 0 else b"NVIDIA GB10"

    def nvmlDeviceGetCudaComputeCapability(self, handle: int) -> tuple[int, int]:
        return (8, 6) if handle == 0 else (12, 1)

    def nvmlDeviceGetUUID(self, handle: int) -> str | bytes:
        return "GPU-1f2e-a" if handle == 0 else b"GPU-9c8b-a"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:
        return self._only_first(handle, SimpleNamespace(total=24_000, free=20_000, used=4_000))

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:
        return self._only_first(handle, SimpleNamespace(gpu=97, memory=50))

    def nvmlDeviceGetTemperature(self, handle: int, sensor: int) -> int:
        self._only_first(handle, SimpleNamespace())
        assert sensor == self.NVML_TEMPERATURE_GPU
        return 71

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:
        self._only_first(handle, SimpleNamespace())
        return 350_500

    def _only_first(self, handle: int, answer: SimpleNamespace) -> SimpleNamespace:
        if handle != 0:
            raise NVMLError("Not Supported")
        return answer


@pytest.fixture(autouse=True)
def _fresh_binding() -> Iterator[None]:
    gpu._binding.cache_clear()
    yield
    gpu._binding.cache_clear()


def test_cards_and_what_they_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml("pynvml"))
    first, second = gpu.gpus()
    assert first == gpu.Gpu(0, "NVIDIA GeForce RTX 3090", 24_000, 20_000, "580.159.04", (12, 8), (8, 6), "GPU-1f2e-a")
    assert second == gpu.Gpu(1, "NVIDIA GB10", None, None, "580.159.04", (12, 8), (12, 1), "GPU-9c8b-a")
    assert gpu.sample() == (gpu.GpuSample(0, 4_000, 97, 71, 350.5, 24_000), gpu.GpuSample(1, None, None, None, None))


CARDS = tuple(
    gpu.Gpu(index, f"card {index}", None, None, "580.1", (13, 0), (8, 6), f"GPU-{index}abc") for index in range(3)
)


@pytest.mark.parametrize(
    ("visible", "indices"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("-1", []),
        ("1", [1]),
        ("2,0", [2, 0]),
        (" 2 , 1", [2, 1]),
        ("0,7,1", [0]),  # CUDA reads no further
        ("0,-1,1", [0]),
        ("1,1", []),
        ("GPU-2abc,GPU-0a", [2, 0]),
        ("GPU-9", []),
        ("10", []),
        ("MIG-1234", [0, 1, 2]),
    ],
)
def test_chosen_cards_are_those_that_cuda_shows(visible: str | None, indices: list[int]) -> None:
    assert [card.index for card in gpu.chosen(CARDS, visible)] == indices


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeNvml("pynvml")

    def fail() -> None:
        raise NVMLError("NVML Shared Library Not Found")

    monkeypatch.setattr(fake, "nvmlInit", fail)
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    assert gpu.gpus() == ()
    assert gpu.sample() == ()


def test_a_reset_driver_is_let_go_and_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, started = FakeNvml("pynvml"), 0

    def start() -> None:
        nonlocal started
        started += 1

    def shut_down() -> None:
        nonlocal started
        if not started:
            raise NVMLError("Uninitialized")
        started -= 1

    def lost() -> int:
        raise NVMLError("GPU is lost")

    monkeypatch.setattr(fake, "nvmlInit", start)
    monkeypatch.setattr(fake, "nvmlShutdown", shut_down, raising=False)
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    assert len(gpu.sample()) == len(gpu.sample()) == 2
    assert started == 2
    count = fake.nvmlDeviceGetCount
    monkeypatch.setattr(fake, "nvmlDeviceGetCount", lost)
    assert gpu.sample() == ()
    assert started == 0
    monkeypatch.setattr(fake, "nvmlDeviceGetCount", count)
    assert len(gpu.sample()) == 2


def test_no_binding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpu.gpus() == ()


def test_this_computer_answers_without_an_error() -> None:
    assert len(gpu.gpus()) == len(gpu.sample())
