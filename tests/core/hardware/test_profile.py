import pytest

from core.events import StageError
from core.hardware.gpu import Gpu
from core.hardware.profile import runtime_profile


def card(capability: tuple[int, int], cuda: tuple[int, int]) -> Gpu:
    return Gpu(0, f"sm_{capability[0]}{capability[1]}", 24 * 2**30, 24 * 2**30, "550.1", cuda, capability)


@pytest.mark.parametrize(
    ("capability", "cuda", "profile"),
    [
        ((8, 6), (13, 0), "cu130"),  # RTX 3090
        ((8, 6), (13, 4), "cu130"),
        ((8, 6), (14, 0), "cu130"),
        ((8, 6), (12, 9), "cu128"),
        ((8, 6), (12, 8), "cu128"),
        ((8, 6), (12, 7), "cu126"),
        ((7, 0), (13, 0), "cu128"),  # V100
        ((6, 1), (13, 0), "cu126"),  # GTX 1080
        ((5, 0), (12, 6), "cu126"),
        ((12, 0), (13, 0), "cu130"),  # RTX 5090
        ((12, 0), (12, 8), "cu128"),
    ],
)
def test_one_card(capability: tuple[int, int], cuda: tuple[int, int], profile: str) -> None:
    assert runtime_profile([card(capability, cuda)]) == profile


def test_no_card() -> None:
    assert runtime_profile([]) == "cpu"


def test_two_cards_share_a_build() -> None:
    assert runtime_profile([card((8, 6), (13, 0)), card((6, 1), (13, 0))]) == "cu126"
    assert runtime_profile([card((7, 0), (13, 0)), card((12, 0), (13, 0))]) == "cu128"


@pytest.mark.parametrize(("capability", "cuda", "needed"), [((8, 6), (12, 4), "12.6"), ((12, 0), (12, 6), "12.8")])
def test_driver_too_old(capability: tuple[int, int], cuda: tuple[int, int], needed: str) -> None:
    with pytest.raises(StageError) as caught:
        runtime_profile([card(capability, cuda)])
    assert caught.value.code == "driver_too_old"
    assert caught.value.values["needed"] == needed
    assert caught.value.values["cuda"] == f"{cuda[0]}.{cuda[1]}"


def test_cards_that_no_build_serves() -> None:
    with pytest.raises(StageError) as caught:
        runtime_profile([card((3, 5), (12, 8))])
    assert caught.value.code == "gpu_too_old"
    with pytest.raises(StageError) as caught:
        runtime_profile([card((6, 1), (13, 0)), card((12, 0), (13, 0))])
    assert caught.value.code == "gpus_too_different"
    assert caught.value.values == {"old": "sm_61", "new": "sm_120"}
