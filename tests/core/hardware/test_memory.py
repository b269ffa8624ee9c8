from core.hardware.memory import memory


def test_memory_of_this_computer() -> None:
    now = memory()
    assert 0 < now.available <= now.total
