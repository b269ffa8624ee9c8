"""The system's proxies, handed to tools that know only variables."""

import urllib.request

import pytest

from core.platform import proxies
from core.platform.proxies import system_proxies
from core.process.environment import child_environment


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What Windows was told."""
    told = {"http": "http://proxy:8080", "https": "http://proxy:8080", "ftp": "http://proxy:8080"}
    monkeypatch.setattr(urllib.request, "getproxies", lambda: told)
    monkeypatch.setattr(proxies, "_override", lambda: "*.corp.example; intranet;10.*;<local>")
    return told


def test_they_become_variables_and_loopback_goes_past_them(registry: dict[str, str]) -> None:
    assert system_proxies({}) == {
        "HTTP_PROXY": "http://proxy:8080",
        "HTTPS_PROXY": "http://proxy:8080",
        "NO_PROXY": "localhost,127.0.0.1,::1,.corp.example,intranet",
    }
    registry.clear()
    assert system_proxies({}) == {}


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_what_the_user_set_himself_stays(registry: dict[str, str], name: str) -> None:
    assert system_proxies({name: "http://own:1"}) == {}


def test_tools_get_them(registry: dict[str, str]) -> None:
    assert child_environment({}, {"PATH": "/bin"})["HTTPS_PROXY"] == "http://proxy:8080"
    assert "HTTPS_PROXY" not in child_environment({}, {"PATH": "/bin", "http_proxy": "http://own:1"})
    assert child_environment({"HTTP_PROXY": None}, {})["HTTPS_PROXY"] == "http://proxy:8080"
    assert "HTTP_PROXY" not in child_environment({"HTTP_PROXY": None}, {})
