"""TEST CODE: a local HTTP server that speaks ModelScope's and Hugging Face's APIs, and misbehaves on demand.

Only what the SDKs use to list a repository and to download its files; no real hub's content. It counts what it sends.
"""

import hashlib
import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "c0ffee" * 6 + "c0de"
TOKEN = "secret-token-0123456789"
LFS_FROM = 1024
"""Bytes from which a file counts as LFS's: only those have a SHA-256 on Hugging Face."""
CHUNK = 1 << 16

_MODELSCOPE = re.compile(r"/api/v1/(?P<kind>models|datasets)/(?P<id>[^/]+/[^/]+)/repo(?P<list>/files|/tree)?")
_LIST = re.compile(r"/api/(?P<kind>models|datasets)/(?P<id>[^/]+/[^/]+)(?:/revision/(?P<revision>.+))?")
_RESOLVE = re.compile(r"/(?P<kind>datasets/)?(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass
class Fault:
    """What goes wrong, ``times`` times, when a file of this name (or "list") is asked for."""

    name: str
    times: int = 10_000
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = -1
    """Bytes of the file after which the connection ends."""
    length: int = 0
    """Bytes more (or fewer) than the hub's list says, announced as if that were right."""
    flip: bool = False
    """One byte is another one."""
    ignore_range: bool = False
    pause: float = 0.0
    """Seconds between two chunks."""


@dataclass
class Repository:
    """The files of a model or dataset: bytes, or a file on the disk."""

    files: dict[str, "bytes | Path"]
    private: bool = False
    gated: bool = False
    revisions: tuple[str, ...] = ("master", "main", COMMIT)


class HubServer:
    """The server, its repositories by ("models", id), its faults, and its memory."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.faults: list[Fault] = []
        self.sent: Counter[str] = Counter()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self._hashes: dict[Path, str] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fault(self, name: str) -> Fault | None:
        """The fault that this request meets; each of its times is used up by one."""
        with self._lock:
            for fault in self.faults:
                if fault.name == name and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def sha256(self, content: "bytes | Path") -> str:
        """The hash that the hub tells."""
        if isinstance(content, bytes):
            return hashlib.sha256(content).hexdigest()
        if content not in self._hashes:
            with content.open("rb") as file:
                self._hashes[content] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._hashes[content]


def size(content: "bytes | Path") -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: HubServer, *args: Any) -> None:  # noqa: ANN401 - the base class's own
        self.hub = hub
        super().__init__(*args)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        self.hub.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if self.path.startswith("http://"):  # we are somebody's proxy
            self._answer(407, {}, {"Proxy-Authenticate": "Basic"})
            return
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), {name: values[0] for name, values in parse_qs(parts.query).items()}
        if path.startswith("/cdn/"):
            kind, owner, name, file = path.removeprefix("/cdn/").split("/", 3)
            self._file(self.hub.repositories[kind, f"{owner}/{name}"], file)
        elif found := _MODELSCOPE.fullmatch(path):
            self._modelscope(found, query)
        elif found := _LIST.fullmatch(path):
            self._huggingface_list(found)
        elif found := _RESOLVE.fullmatch(path):
            self._huggingface_file(found)
        else:
            self._answer(404, {})

    def _modelscope(self, found: re.Match[str], query: Mapping[str, str]) -> None:
        repository = self.hub.repositories.get((found["kind"], found["id"]))
        if repository is None or query.get("Revision", "master") not in repository.revisions:
            self._answer(404, {"Code": 10010205001, "Message": "record not found", "Success": False})
        elif (repository.private or repository.gated) and f"Bearer {TOKEN}" != self.headers.get("Authorization"):
            self._answer(403 if repository.gated else 404, {"Code": 10010101001, "Message": "no access"})
        elif not found["list"]:
            self._file(repository, query["FilePath"])
        elif not self._spoiled("list"):
            files = [
                {"Path": path, "Name": path, "Type": "blob", "Size": size(data), "Sha256": self.hub.sha256(data)}
                for path, data in repository.files.items()
            ]
            first, count = int(query.get("PageNumber", "1")) - 1, int(query.get("PageSize", "100000"))
            self._answer(200, {"Code": 200, "Success": True, "Data": {"Files": files[first * count :][:count]}})

    def _huggingface_list(self, found: re.Match[str]) -> None:
        repository = self.hub.repositories.get((found["kind"], found["id"]))
        allowed = f"Bearer {TOKEN}" == self.headers.get("Authorization")
        if repository is None or (repository.private and not allowed):
            self._answer(401 if not allowed else 404, {"error": "Repository not found"}, _code("RepoNotFound"))
        elif repository.gated and not allowed:
            self._answer(403, {"error": "gated"}, _code("GatedRepo"))
        elif (found["revision"] or "main") not in repository.revisions:
            self._answer(404, {"error": "Invalid rev id"}, _code("RevisionNotFound"))
        elif not self._spoiled("list"):
            siblings = [self._sibling(path, data) for path, data in repository.files.items()]
            self._answer(200, {"id": found["id"], "sha": COMMIT, "siblings": siblings})

    def _sibling(self, path: str, data: "bytes | Path") -> dict[str, object]:
        entry: dict[str, object] = {"rfilename": path, "size": size(data)}
        if size(data) >= LFS_FROM:
            entry["blobId"] = "0" * 40  # the pointer's
            entry["lfs"] = {"sha256": self.hub.sha256(data), "size": size(data), "pointerSize": 134}
        else:
            content = data if isinstance(data, bytes) else data.read_bytes()
            entry["blobId"] = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return entry

    def _huggingface_file(self, found: re.Match[str]) -> None:
        kind = "datasets" if found["kind"] else "models"
        repository = self.hub.repositories.get((kind, found["id"]))
        allowed = f"Bearer {TOKEN}" == self.headers.get("Authorization")
        if repository is None or (repository.private and not allowed):
            self._answer(401, {}, _code("RepoNotFound"))
        elif repository.gated and not allowed:
            self._answer(403, {}, _code("GatedRepo"))
        elif size(repository.files[found["path"]]) >= LFS_FROM:  # as the real hub sends to its CDN
            self._answer(302, {}, {"Location": f"{self.hub.url}/cdn/{kind}/{found['id']}/{found['path']}"})
        else:
            self._file(repository, found["path"])

    def _file(self, repository: Repository, path: str) -> None:
        """Send a file, from where the Range begins."""
        data = repository.files.get(path)
        if data is None:
            self._answer(404, {})
            return
        fault = self.hub.fault(path) or Fault(path)
        if fault.status:
            self._answer(fault.status, {}, fault.headers)
            return
        if fault.flip and isinstance(data, bytes):
            data = data[:-1] + bytes([data[-1] ^ 1])
        if fault.length and isinstance(data, bytes):
            data = (data + b"x" * max(0, fault.length))[: len(data) + fault.length]
        total, start = size(data), 0
        if (asked := _RANGE.fullmatch(self.headers.get("Range", ""))) and not fault.ignore_range:
            start = int(asked[1])
            if start >= total:
                self._answer(416, {}, {"Content-Range": f"bytes */{total}"})
                return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(total - start))
        self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.end_headers()
        self._send(path, data, start, fault)

    def _send(self, path: str, data: "bytes | Path", start: int, fault: Fault) -> None:
        end = size(data) if fault.cut < 0 else min(size(data), fault.cut)
        try:
            if isinstance(data, Path) and hasattr(os, "sendfile"):
                self._send_from_disk(path, data, start, end)
            else:
                data = data.read_bytes() if isinstance(data, Path) else data
                for begin in range(start, end, CHUNK):
                    piece = data[begin : min(end, begin + CHUNK)]
                    self.wfile.write(piece)
                    self.hub.sent[path] += len(piece)
                    time.sleep(fault.pause)
        except OSError:  # the other side went away
            self.close_connection = True
        if fault.cut >= 0:
            self.close_connection = True

    def _send_from_disk(self, path: str, data: Path, start: int, end: int) -> None:
        self.wfile.flush()
        with data.open("rb") as file:
            while start < end and (count := os.sendfile(self.connection.fileno(), file.fileno(), start, end - start)):
                start += count
                self.hub.sent[path] += count

    def _spoiled(self, name: str) -> bool:
        fault = self.hub.fault(name)
        if fault is not None:
            time.sleep(fault.pause)
            self._answer(fault.status, {}, fault.headers)
        return fault is not None

    def _answer(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _code(code: str) -> dict[str, str]:
    return {"X-Error-Code": code}
