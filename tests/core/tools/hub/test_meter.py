"""What a download tells of itself."""

import pytest

from core.events import Progress
from core.tools.hub.meter import AbandonedError, Meter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def told() -> list[Progress]:
    return []


def test_totals_speed_and_time_left(told: list[Progress]) -> None:
    clock = Clock()
    meter = Meter(told.append, clock)
    meter.expect({"a": 1000, "b": 3000})
    for _ in range(20):  # 100 bytes each tenth of a second, from two files in turn
        clock.now += 0.1
        meter.moved("a", 50)
        meter.moved("b", 50)
    last = told[-1]
    assert len(told) <= 8, "more than four a second"
    assert (last.total, last.unit) == (4000, "byte")
    assert last.speed == pytest.approx(1000, rel=0.1)
    assert last.eta_seconds == pytest.approx((4000 - last.completed) / 1000, rel=0.1)
    assert last.detail.startswith("a ")
    assert "b " in last.detail


def test_what_was_there_before_is_no_speed(told: list[Progress]) -> None:
    clock = Clock()
    meter = Meter(told.append, clock)
    meter.expect({"a": 2000})
    meter.at("a", 1000)
    for _ in range(10):
        clock.now += 1
        meter.moved("a", 10)
    assert told[-1].completed == 1100
    assert told[-1].speed == pytest.approx(10)
    assert told[-1].eta_seconds == pytest.approx(90)


def test_begun_anew_it_counts_back(told: list[Progress]) -> None:
    meter = Meter(told.append)
    meter.expect({"a": 100})
    meter.moved("a", 60)
    meter.moved("a", -60)
    meter.close()
    assert (told[-1].completed, told[-1].speed or 0.0) == (0, 0.0)
    meter.whole("a")
    meter.close()
    assert told[-1].completed == 100


def test_abandoned_it_ends_whoever_moves(told: list[Progress]) -> None:
    meter = Meter(told.append)
    meter.abandon()
    with pytest.raises(AbandonedError):
        meter.moved("a", 1)
    assert not issubclass(AbandonedError, Exception)
