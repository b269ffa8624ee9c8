"""pip's configuration as pip reads it, and what uv is told of it."""

import os
from pathlib import Path

import pytest

from core.tools import pip_settings
from core.tools.pip_settings import PipSettings, config_files, read_pip_settings, uv_environment


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_later_file_and_the_install_section_win(tmp_path: Path) -> None:
    system = _file(tmp_path, "a.conf", "[global]\nindex-url = https://a.example/simple\ncert = /a.pem\n")
    user = _file(
        tmp_path,
        "b.conf",
        "[install]\nfind_links = /wheels https://b.example/links\n[global]\nindex-url = https://b.example/simple\n"
        "find-links = /old\nextra-index-url =\n    file:///one\n    file:///two\n[download]\nproxy = http://no.example\n",
    )
    found = read_pip_settings({}, [system, tmp_path / "missing.conf", user])
    assert found == PipSettings(
        index_url="https://b.example/simple",
        extra_index_urls=("file:///one", "file:///two"),
        find_links=("/wheels", "https://b.example/links"),
        cert="/a.pem",
    )


def test_variables_win_over_files_and_empty_values_count_for_nothing(tmp_path: Path) -> None:
    path = _file(tmp_path, "pip.conf", "[global]\nfind-links = /wheels\nconstraint = /c.txt\nproxy =\n")
    environ = {
        "PIP_FIND_LINKS": "/other /more",
        "PIP_CONSTRAINT": "",
        "PIP_NO_INDEX": "1",
        "PIP_TRUSTED_HOST": "mirror.example",
        "PIP_PROXY": "http://proxy.example:3128",
        "PIP_DEFAULT_TIMEOUT": "180",
    }
    found = read_pip_settings(environ, [path])
    assert found.find_links == ("/other", "/more")
    assert found.constraints == ("/c.txt",)
    assert found.no_index
    assert (found.trusted_hosts, found.proxy, found.timeout) == (
        ("mirror.example",),
        "http://proxy.example:3128",
        "180",
    )


@pytest.mark.parametrize("text", ["no section\n", "[global]\nindex-url = \ufffd\x00", "[global\n"])
def test_a_broken_file_says_nothing(tmp_path: Path, text: str) -> None:
    assert not read_pip_settings({}, [_file(tmp_path, "pip.conf", text)]).extra_index_urls


def test_a_file_in_another_encoding_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pip.conf"
    path.write_bytes("[global]\nproxy = 代理\n".encode("gb18030"))
    assert read_pip_settings({}, [path]) == PipSettings()


@pytest.mark.skipif(os.name == "nt", reason="POSIX places")
def test_the_files_are_pips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_DIRS", os.pathsep.join(["/site/one", "/site/two"]))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    named = _file(tmp_path, "named.conf", "")
    files = list(config_files({}))
    places = ["/site/one/pip/pip.conf", "/site/two/pip/pip.conf", "/etc/pip.conf"]
    assert files[:3] == [Path(place) for place in places]
    assert files[3:5] == [tmp_path / ".pip" / "pip.conf", tmp_path / "config" / "pip" / "pip.conf"]
    assert tmp_path / ".pip" / "pip.conf" not in list(config_files({"PIP_CONFIG_FILE": str(named)}))
    assert list(config_files({"PIP_CONFIG_FILE": str(named)}))[-1] == named
    assert list(config_files({"PIP_CONFIG_FILE": os.devnull})) == []


def test_on_windows_they_are_called_ini(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_settings, "WINDOWS", True)
    assert {path.name for path in config_files({})} == {"pip.ini"}


def test_uv_is_told_everything() -> None:
    settings = PipSettings(
        index_url="https://mirror.example/simple",
        extra_index_urls=("file:///one", "file:///two"),
        find_links=("/wheels", "/more"),
        constraints=("/a.txt", "/b.txt"),
        cert="/ca.pem",
        trusted_hosts=("mirror.example",),
        proxy="http://proxy.example:3128",
        timeout="180",
    )
    assert uv_environment(settings, {}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "file:///one file:///two",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_CONSTRAINT": "/a.txt /b.txt",
        "UV_INSECURE_HOST": "mirror.example",
        "UV_HTTP_TIMEOUT": "180",
        "SSL_CERT_FILE": "/ca.pem",
        "HTTP_PROXY": "http://proxy.example:3128",
        "HTTPS_PROXY": "http://proxy.example:3128",
    }


def test_what_the_user_told_uv_is_left_alone() -> None:
    settings = PipSettings(
        index_url="https://a.example", extra_index_urls=("https://b.example",), cert="/a", proxy="http://p.example"
    )
    environ = {
        "UV_INDEX_URL": "https://own.example",
        "UV_INDEX": "x",
        "SSL_CERT_FILE": "/own",
        "https_proxy": "http://q",
    }
    told = {"UV_INDEX_STRATEGY": "unsafe-best-match", "HTTP_PROXY": "http://p.example"}
    assert uv_environment(settings, environ) == told


def test_nothing_configured_changes_nothing() -> None:
    assert uv_environment(PipSettings(), {}) == {}
    assert not PipSettings(constraints=("/c.txt",), cert="/a").names_a_source
    assert PipSettings(find_links=("/w",)).names_a_source
