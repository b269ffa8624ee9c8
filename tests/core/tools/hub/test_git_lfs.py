"""git and git-lfs, really: a repository with a large file, on this computer's disk."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from core.tools.hub.git_lfs import GitLfs, address
from core.tools.hub.record import RECORD
from core.tools.hub.repo import Repo
from tests.core.tools.hub.conftest import WEIGHTS, Fetch

needs_lfs = pytest.mark.skipif(not shutil.which("git-lfs"), reason="needs git-lfs (apt-get install git-lfs)")


def git(folder: Path, *words: str) -> None:
    who = {f"GIT_{role}_{what}": "x@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with its weights in LFS, and a pickle beside them."""
    folder = tmp_path / "origin 源"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "master")
    git(folder, "lfs", "install", "--local")
    git(folder, "lfs", "track", "*.safetensors", "*.bin")
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "pytorch_model.bin").write_bytes(b"pickle" * 1000)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    git(folder, "tag", "v1")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    return folder


@needs_lfs
@pytest.mark.parametrize("revision", ["", "v1", "master"])
def test_whole_and_without_what_is_not_wanted(fetch: Fetch, origin: Path, revision: str) -> None:
    done = fetch("model", origin.as_uri(), "git", *(("--revision", revision) if revision else ()))
    assert (done.code, done.failure) == (0, "")
    assert done.names == {"config.json", "model.safetensors", RECORD}
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert len(done.events[-1]["fingerprint"]) == 40
    assert done.progress[-1]["completed"] == done.progress[-1]["total"] == len(WEIGHTS) + 2


@needs_lfs
def test_what_an_earlier_try_left_is_gone_on_with(fetch: Fetch, origin: Path) -> None:
    objects = [path for path in (origin / ".git" / "lfs" / "objects").rglob("*") if path.is_file()]
    weights = next(path for path in objects if path.stat().st_size == len(WEIGHTS))
    hidden = weights.rename(weights.with_suffix(".hidden"))
    failed = fetch("model", origin.as_uri(), "git")
    assert failed.code == 1
    assert failed.failure
    assert not failed.folder.exists()
    assert (failed.part / ".git").is_dir()
    hidden.rename(weights)
    assert fetch("model", origin.as_uri(), "git").names == {"config.json", "model.safetensors", RECORD}


@needs_lfs
def test_what_git_says(fetch: Fetch, origin: Path, tmp_path: Path) -> None:
    assert fetch("model", origin.as_uri(), "git", "--revision", "v9").failure == "hub_revision_unknown"
    assert fetch("model", (tmp_path / "none").as_uri(), "git").failure == "hub_repo_missing"


@pytest.mark.parametrize(("program", "code"), [("git", "git_missing"), ("git-lfs", "git_lfs_missing")])
def test_a_program_that_is_missing(fetch: Fetch, monkeypatch: pytest.MonkeyPatch, program: str, code: str) -> None:
    monkeypatch.setattr(
        "core.tools.hub.git_lfs.shutil.which", lambda name: None if name == program else f"/usr/bin/{name}"
    )
    assert fetch("model", "owner/model", "git").failure == code


def test_an_address_with_a_password(fetch: Fetch) -> None:
    assert fetch("model", "https://me:secret@example.com/a/b", "git").failure == "hub_address_password"
    assert fetch("model", "ext::sh -c id", "git").failure == "hub_id_invalid"


def test_an_id_lies_on_modelscope_and_gets_its_token_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODELSCOPE_ENDPOINT", raising=False)
    assert address(Repo("dataset", "git", "a/b"), "") == "https://www.modelscope.cn/datasets/a/b.git"
    hub = GitLfs(Repo("model", "git", "a/b"), "https://hub.example", "secret")
    assert hub._env["GIT_CONFIG_KEY_0"] == "http.https://hub.example/a/b.git.extraHeader"
    assert "GIT_CONFIG_VALUE_0" not in GitLfs(Repo("model", "git", "https://other.example/a"), "", "secret")._env
