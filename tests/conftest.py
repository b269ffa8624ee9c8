"""The real tools, got once for the session by the demo itself: runtime, sample model, llama.cpp, Ollama."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from core.config.settings import Settings, save_settings
from core.platform.detached import start_detached
from core.tools.ollama_demo import get_server
from core.tools.ollama_server import running
from tests.e2e.workshop import Demo, Workshop, tunesmith

# hundreds of small programs are started: with this set, each would compile all of its modules anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# a busy computer is no failure
settings.register_profile("tunesmith", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tunesmith")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, run once from nothing, and settings that name its folder as the work folder.

    TUNESMITH_TEST_DEMO names a folder to keep it in between sessions.
    """
    kept = os.environ.get("TUNESMITH_TEST_DEMO")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNESMITH_CONFIG", str(folder / "config"))
        save_settings(Settings(work_dir=str(folder)))
        yield Demo(folder, tunesmith("demo", "--dir", folder))


@pytest.fixture(scope="session")
def ollama_server(demo: Demo) -> Iterator[str]:
    """A real Ollama with models of its own, at the address that OLLAMA_HOST names meanwhile."""

    def no_uv(_: object) -> None:
        pytest.fail("the demo should have installed Ollama")

    server = get_server(demo.folder / "demo" / "ollama", no_uv, lambda *_: None)
    with running(server, demo.folder / "test-ollama", start_detached) as private, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLLAMA_HOST", private.address)
        yield private.address


@pytest.fixture(scope="module")
def workshop(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A small project that the tests of a module share."""
    assert demo.first.code == 0, demo.first.output
    return Workshop(demo, tmp_path_factory.mktemp("work shop 作坊"), "small")
