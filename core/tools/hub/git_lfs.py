"""Any git server by the user's own ``git`` and ``git-lfs``: ``git init`` and ``git fetch`` rather than ``git clone``.

A clone that was cut begins anew; these steps can be done again and again, and git-lfs keeps what it has of a file.
The commit is taken without history, at first only with LFS's pointers, which name size and SHA-256 of each large file.
"""

import base64
import contextlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.events import StageError, Value
from core.parsers.failures import diagnose
from core.process.tail import FileTail
from core.tools.hub.meter import Meter
from core.tools.hub.repo import RemoteFile, Repo

POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n"
)
MOVED = re.compile(r"download \d+/\d+ (\d+)/(\d+) (.+)")
"""A line of git-lfs's own progress file: bytes of one file."""
_FAULTS = (
    (
        "hub_revision_unknown",
        re.compile(r"couldn't find remote ref|unadvertised object|not our ref|not a valid object"),
    ),
    (
        "git_refused",
        re.compile(r"could not read (?:Username|Password)|Authentication failed|\b(?:401|403)\b|Authorization"),
    ),
    ("hub_repo_missing", re.compile(r"[Rr]epository .*not found|does not appear to be a git repository|\b404\b")),
    ("download_corrupt", re.compile(r"Expected OID|size mismatch|oid mismatch")),
)
MODELSCOPE = "https://www.modelscope.cn"


class GitLfs:
    """One repository on a git server; an id without an address lies on ModelScope."""

    copies = 2

    def __init__(self, repo: Repo, endpoint: str, token: str) -> None:
        self._repo = repo
        self._url = address(repo, endpoint)
        own = "://" not in repo.id
        self._env = {
            **os.environ,
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_LFS_SKIP_SMUDGE": "1",
            **(_login(self._url, token) if token and own else {}),
        }

    def files(self, part: Path) -> tuple[str, Sequence[RemoteFile]]:
        """The commit and its files, once the small ones are there and the large ones are pointers."""
        if shutil.which("git") is None:
            raise StageError("git_missing")
        if shutil.which("git-lfs") is None:
            raise StageError("git_lfs_missing")
        self._git(part, "init", "--quiet")
        self._git(part, "lfs", "install", "--local", "--skip-repo")
        self._git(part, "config", "remote.origin.url", self._url)
        self._git(part, "fetch", "--depth", "1", "--quiet", "origin", self._repo.revision or "HEAD")
        self._git(part, "checkout", "--force", "--quiet", "--detach", "FETCH_HEAD")
        names = self._git(part, "ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")
        found = [_remote(part, name) for name in names if (part / name).is_file() and not (part / name).is_symlink()]
        return self._git(part, "rev-parse", "HEAD").strip(), found

    def download(self, files: Sequence[RemoteFile], part: Path, meter: Meter) -> None:
        """What are still pointers; git-lfs compares each SHA-256 itself."""
        large = [file for file in files if file.sha256]
        if large:
            progress = part / ".git" / "lfs-progress"
            progress.unlink(missing_ok=True)
            include = ",".join(file.path for file in large)
            with _followed(progress, meter):
                self._git(part, "lfs", "pull", "--include", include, "--exclude", "", GIT_LFS_PROGRESS=str(progress))
        for file in files:
            meter.whole(file.path)

    def _git(self, part: Path, *words: str, **env: str) -> str:
        """Run git in the folder; its output. Raises StageError with what its last words mean."""
        done = subprocess.run(
            ["git", *words],
            cwd=part,
            env={**self._env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise self._explained(done.stderr.decode("utf-8", "replace").splitlines())
        return done.stdout.decode("utf-8", "surrogateescape")

    def _explained(self, lines: Sequence[str]) -> StageError:
        repo = self._repo
        values: dict[str, Value] = {"id": repo.id, "hub": repo.hub, "revision": repo.revision}
        text = "\n".join(lines)
        for code, pattern in _FAULTS:
            if pattern.search(text):
                return StageError(code, **values)
        known = diagnose(lines, "fetch")
        if known:
            return StageError(known[0], **known[1])
        return StageError("git_failed", reason=next((line for line in reversed(lines) if line.strip()), ""))


def address(repo: Repo, endpoint: str) -> str:
    """Where git finds a repository."""
    if "://" in repo.id:
        return repo.id
    folder = "datasets/" if repo.kind == "dataset" else ""
    return f"{endpoint or os.environ.get('MODELSCOPE_ENDPOINT') or MODELSCOPE}/{folder}{repo.id}.git"


def _login(url: str, token: str) -> dict[str, str]:
    """The token for git and git-lfs, by environment: an address or an option with it could be read by everyone."""
    word = base64.b64encode(f"oauth2:{token}".encode()).decode("ascii")
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{url}.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {word}",
    }


def _remote(part: Path, name: str) -> RemoteFile:
    """A file as its pointer tells, or as it lies there."""
    path = part / name
    size = path.stat().st_size
    pointer = POINTER.match(path.read_bytes()) if size < 1024 else None
    return RemoteFile(name, int(pointer[2]), pointer[1].decode("ascii")) if pointer else RemoteFile(name, size)


@contextlib.contextmanager
def _followed(progress: Path, meter: Meter) -> Iterator[None]:
    """While git-lfs works, its progress file is read."""
    over = threading.Event()

    def follow() -> None:
        tail = FileTail(progress)
        while not over.wait(0.2):
            for line in tail.read():
                if moved := MOVED.match(line):
                    meter.at(moved[3], int(moved[1]))

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
