"""The one downloader, against a server that misbehaves."""

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import psutil
import pytest

from core.events import StageError, Stopped
from core.tools import download as module
from core.tools.download import Watch, download
from tests.core.tools.file_server import Faults, serving

CONTENT = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(6251))[:200_003]
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback without a proxy, and no long waits between tries."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "FIRST_WAIT", 0.01)


def _watch(check: Callable[[], None] = lambda: None) -> tuple[Watch, list[tuple[int, int | None]], list[str]]:
    seen: list[tuple[int, int | None]] = []
    left: list[str] = []
    return (
        Watch(lambda done, total: seen.append((done, total)), check, lambda _, error: left.append(error.code)),
        seen,
        left,
    )


def _get(address: str, target: Path, sha256: str = SHA256) -> None:
    download([address], target, _watch()[0], sha256=sha256)


def _code(address: str, target: Path, sha256: str = SHA256) -> str:
    with pytest.raises(StageError) as caught:
        _get(address, target, sha256)
    assert not target.exists()
    return caught.value.code


def test_a_whole_file_with_its_progress(tmp_path: Path) -> None:
    watch, seen, _ = _watch()
    with serving(CONTENT) as server:
        download([server.url], tmp_path / "new folder" / "file", watch, sha256=SHA256)
    assert (tmp_path / "new folder" / "file").read_bytes() == CONTENT
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["file"]


@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("sha256", [SHA256, ""])
def test_a_cut_at_every_tenth_goes_on_from_there(tmp_path: Path, tenth: int, sha256: str) -> None:
    cut = len(CONTENT) * tenth // 10
    with serving(CONTENT, Faults(cut_after=cut, cuts=1)) as server:
        _get(server.url, tmp_path / "file", sha256)
        assert server.faults.sent == len(CONTENT)  # no byte twice
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("sha256", [SHA256, ""])
def test_a_second_run_goes_on_where_the_first_was(tmp_path: Path, sha256: str) -> None:
    with serving(CONTENT, Faults(cut_after=50_000, cuts=1, then=[404])) as server:
        assert _code(server.url, tmp_path / "file", sha256) == "download_refused"
        assert (tmp_path / "file.part").stat().st_size == 50_000
        _get(server.url, tmp_path / "file", sha256)
        assert server.faults.requests[-1]["Range"] == "bytes=50000-"
        assert server.faults.sent == len(CONTENT)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_begun_again(tmp_path: Path) -> None:
    with serving(b"x" * 300_000, Faults(cut_after=1000, cuts=1, then=[404])) as server:
        _code(server.url, tmp_path / "file", "")
        assert (tmp_path / "file.part").stat().st_size == 1000
        server.content, server.faults.etag = CONTENT, '"2"'
        _get(server.url, tmp_path / "file", "")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_without_a_hash_another_address_does_not_go_on(tmp_path: Path) -> None:
    with serving(b"x" * 300_000, Faults(cut_after=1000, cuts=1, then=[404])) as first, serving(CONTENT) as second:
        download([first.url, second.url], tmp_path / "file", _watch()[0])
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_with_a_hash_another_address_goes_on(tmp_path: Path) -> None:
    watch, _, left = _watch()
    with serving(CONTENT, Faults(cut_after=150_000, then=[404])) as first, serving(CONTENT) as second:
        download([first.url, second.url], tmp_path / "file", watch, sha256=SHA256)
        assert second.faults.sent == len(CONTENT) - 150_000
    assert left == ["download_refused"]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_old_bytes_that_are_wrong_are_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"y" * 1000)
    with serving(CONTENT) as server:
        _get(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("left_over", [len(CONTENT), len(CONTENT) + 7])
def test_a_part_as_long_as_the_file_or_longer(tmp_path: Path, left_over: int) -> None:
    (tmp_path / "file.part").write_bytes((CONTENT + b"1234567")[:left_over])
    with serving(CONTENT) as server:
        _get(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("faults", [Faults(ranges=False, cut_after=90_000, cuts=1), Faults(wrong_start=True)])
def test_a_server_that_knows_no_ranges_or_gives_another_one(tmp_path: Path, faults: Faults) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT[:5000])
    with serving(CONTENT, faults) as server:
        _get(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_no_length_is_told(tmp_path: Path) -> None:
    watch, seen, _ = _watch()
    with serving(CONTENT, Faults(chunked=True)) as server:
        download([server.url], tmp_path / "file", watch, sha256=SHA256)
    assert seen[-1] == (len(CONTENT), None)


def test_a_length_that_is_a_lie(tmp_path: Path) -> None:
    with serving(CONTENT, Faults(length_off=10)) as server:
        assert _code(server.url, tmp_path / "file", "") == "connection_reset"
    with serving(CONTENT, Faults(length_off=-10)) as server:
        assert _code(server.url, tmp_path / "file") == "download_differs"


def test_another_content_is_not_kept(tmp_path: Path) -> None:
    watch, _, left = _watch()
    with serving(CONTENT[:-1] + b"!") as wrong, serving(CONTENT) as right:
        assert _code(wrong.url, tmp_path / "file") == "download_differs"
        assert list(tmp_path.iterdir()) == []
        download([wrong.url, right.url], tmp_path / "file", watch, sha256=SHA256)
    assert left == ["download_differs"]


@pytest.mark.parametrize(
    ("status", "code", "asked"),
    [
        (403, "download_refused", 1),
        (404, "download_refused", 1),
        (410, "download_refused", 1),
        (429, "http_busy", 4),
        (500, "http_server_error", 4),
        (503, "http_server_error", 4),
        (407, "proxy_login", 1),
    ],
)
def test_refusals(tmp_path: Path, status: int, code: str, asked: int) -> None:
    with serving(CONTENT, Faults(statuses=[status] * 10)) as server:
        assert _code(server.url, tmp_path / "file") == code
        assert len(server.faults.requests) == asked


def test_a_server_in_trouble_for_a_moment(tmp_path: Path) -> None:
    with serving(CONTENT, Faults(statuses=[500, 502, 429])) as server:
        _get(server.url, tmp_path / "file")


@pytest.mark.parametrize("wait", ["1", "date"])
def test_a_server_that_wants_us_to_wait(tmp_path: Path, wait: str) -> None:
    told = formatdate(time.time() + 2, usegmt=True) if wait == "date" else wait
    begun = time.monotonic()
    with serving(CONTENT, Faults(statuses=[429], retry_after=told)) as server:
        _get(server.url, tmp_path / "file")
    assert 0.9 < time.monotonic() - begun < 5


def test_a_server_that_wants_us_to_wait_for_an_hour(tmp_path: Path) -> None:
    begun = time.monotonic()
    with serving(CONTENT, Faults(statuses=[503], retry_after="3600")) as server:
        assert _code(server.url, tmp_path / "file") == "http_server_error"
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("faults", [Faults(delay=0.01), Faults(delay=60), Faults(statuses=[429], retry_after="60")])
def test_stop_is_obeyed_whatever_the_server_does(tmp_path: Path, faults: Faults) -> None:
    until = time.monotonic() + 0.5

    def check() -> None:
        if time.monotonic() > until:
            raise Stopped

    with serving(CONTENT, faults) as server:
        with pytest.raises(Stopped):
            download([server.url], tmp_path / "file", _watch(check)[0], sha256=SHA256)
        assert time.monotonic() < until + 0.5
    assert not (tmp_path / "file").exists()


def test_a_redirect(tmp_path: Path) -> None:
    with serving(CONTENT) as real, serving(b"", Faults(redirect=real.url)) as server:
        _get(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_redirects_in_a_circle(tmp_path: Path) -> None:
    with serving(b"") as server:
        server.faults.redirect = server.url
        assert _code(server.url, tmp_path / "file") == "connection_reset"


def test_too_little_disk_is_seen_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "free_bytes", lambda _: module.RESERVE + 1000)
    with serving(CONTENT) as server, serving(CONTENT) as second:
        with pytest.raises(StageError) as caught:
            download([server.url, second.url], tmp_path / "file", _watch()[0], sha256=SHA256)
        assert server.faults.sent <= len(CONTENT)
        assert not second.faults.requests
    assert caught.value.code == "disk_space"
    assert caught.value.values["needed"] == module.RESERVE + len(CONTENT)


@pytest.mark.skipif(os.name == "nt", reason="needs a small disk to mount")
def test_a_disk_that_fills_up_meanwhile(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount a small disk here")
    try:
        with serving(CONTENT, Faults(chunked=True)) as server:  # without a length nothing is known before
            assert _code(server.url, tmp_path / "file") == "disk_full"
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=False)


def test_nobody_answers(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/file"
        assert _code(address, tmp_path / "file") == "connection_refused"
    assert _code("http://no-such-host.invalid/file", tmp_path / "file") == "no_network"
    assert _code("no address", tmp_path / "file") in ("connection_reset", "no_network")


def test_a_proxy_is_used_and_one_that_wants_a_password_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(CONTENT) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        _get("http://files.invalid/file", tmp_path / "file")
        proxy.faults.statuses = [407] * 20
        (tmp_path / "file").unlink()
        assert _code("http://files.invalid/file", tmp_path / "file") == "proxy_login"


def test_memory_stays_flat(tmp_path: Path) -> None:
    ours, peak = psutil.Process(), 0

    def look() -> None:
        nonlocal peak
        peak = max(peak, ours.memory_info().rss)

    big = bytes(64_000_000)
    before = ours.memory_info().rss
    with serving(big) as server:
        download([server.url], tmp_path / "file", _watch(look)[0], sha256=hashlib.sha256(big).hexdigest())
    assert 0 < peak - before < 100_000_000  # the server's copy is ours too, and slack
