"""Mirrors in China: by choice, or because they answer and the originals do not."""

from collections.abc import Iterator

import pytest

from core.tools import mirrors
from core.tools.pip_settings import PipSettings
from core.tools.sources import Address, Source, ordered
from tests.core.tools.file_server import Faults, serving

DEAD = "http://127.0.0.1:9/"
TUNA = "https://pypi.tuna.tsinghua.edu.cn/simple"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", *mirrors._UV_TOLD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(mirrors, "PROBE_TIMEOUT", 0.5)
    mirrors._mirror_is_nearer.cache_clear()
    yield
    mirrors._mirror_is_nearer.cache_clear()


def _sources(monkeypatch: pytest.MonkeyPatch, original: str, mirror: str) -> None:
    pair = (Address(original, "index"), Address(mirror, "index", "cn"))
    entry = Source(what="x", version="1", how="torch", licence="", addresses=pair)
    monkeypatch.setattr(mirrors, "source", lambda _: entry)


def test_by_choice_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors, "source", lambda _: pytest.fail("asked"))
    assert mirrors.in_china("china")
    assert not mirrors.in_china("none")


def test_a_mirror_is_taken_where_the_original_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"") as mirror:
        _sources(monkeypatch, DEAD, mirror.url)
        assert mirrors.in_china("auto")
        _sources(monkeypatch, mirror.url, DEAD)
        assert mirrors.in_china("auto")  # remembered
        mirrors._mirror_is_nearer.cache_clear()
        assert not mirrors.in_china("auto")


def test_or_answers_much_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"") as near, serving(b"", Faults(head_delay=0.4)) as far, serving(b"", Faults(head_delay=1)) as dead:
        for original, mirror, chosen in ((far, near, True), (near, far, False), (dead, far, True), (near, near, False)):
            _sources(monkeypatch, original.url, mirror.url)
            mirrors._mirror_is_nearer.cache_clear()
            assert mirrors.in_china("auto") is chosen, (original.faults, mirror.faults)


def test_the_order_of_addresses() -> None:
    first, second, third = (Address("a", "index"), Address("b", "index", "cn"), Address("c", "find-links", "cn"))
    assert ordered((first, second, third), china=False) == (first, second, third)
    assert ordered((first, second, third), china=True) == (second, third, first)


def test_the_package_index_too_unless_the_user_named_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors, "_UV_FILE", mirrors._UV_FILE / "nowhere")
    none = PipSettings()
    assert mirrors.index_environment("china", none, {}) == {"UV_DEFAULT_INDEX": TUNA}
    assert mirrors.index_environment("none", none, {}) == {}
    assert mirrors.index_environment("china", PipSettings(index_url="http://own"), {}) == {}
    assert mirrors.index_environment("china", PipSettings(no_index=True), {}) == {}
    assert mirrors.index_environment("china", none, {"UV_INDEX_URL": "http://own"}) == {}
