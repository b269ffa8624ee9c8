"""A stand-in for the ``docker`` program and its engine; tests.stand_ins.inner says what it is and is not.

Like Docker, it refuses an image that is not there, a mount whose source is missing, and lets a command see no path
but those that were mounted.
"""

import argparse
import csv
import json
import os
import signal
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from tests.stand_ins.inner import run, state

IDENTITY = "STAND_IN_CONTAINER"


def main(words: Sequence[str]) -> int:
    """Do what the words say."""
    match list(words):
        case ["version", *_]:
            print("28.2.2 linux")
        case ["image", "inspect", *_, image]:
            return 0 if _image(image).exists() else 1
        case ["pull", image]:
            for layer in ("0123456789ab", "ba9876543210"):
                print(f"{layer}: Pulling fs layer\n{layer}: Pull complete", flush=True)
            _image(image).touch()
        case ["ps", "--all", "--quiet", "--filter", label]:
            print("\n".join(path.stem for path in _containers(label.removeprefix("label="))))
        case ["rm", "--force", *ids]:
            for name in ids:
                _remove(name)
        case ["run", *options]:
            return _run(options)
        case _:
            print(f"unknown: {words}", file=sys.stderr)
            return 125
    return 0


def _image(name: str) -> Path:
    return state() / f"image {name.replace('/', '_').replace(':', '_')}"


def _containers(label: str) -> Iterator[Path]:
    for path in state().glob("*.container"):
        if json.loads(path.read_text(encoding="utf-8")) == label:
            yield path


def _remove(name: str) -> None:
    for process in psutil.process_iter():
        try:
            if process.environ().get(IDENTITY) == name:
                os.kill(process.pid, signal.SIGKILL)
        except (psutil.Error, OSError):
            continue
    (state() / f"{name}.container").unlink(missing_ok=True)


def _run(options: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in ("--rm", "--init"):
        parser.add_argument(flag, action="store_true", required=True)
    for flag in ("--pull", "--label", "--ipc", "--workdir", "--entrypoint"):
        parser.add_argument(flag, required=True)
    for flag in ("--gpus", "--user", "--network"):
        parser.add_argument(flag)
    for flag in ("--mount", "--env"):
        parser.add_argument(flag, action="append", default=[])
    parser.add_argument("image")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    given = parser.parse_args(options)
    places = dict(map(_place, given.mount))
    if wrong := _wrong(given.image, places, given.words):
        print(f"docker: Error response from daemon: {wrong}", file=sys.stderr)
        return 125
    name = uuid.uuid4().hex[:12]
    container = state() / f"{name}.container"
    container.write_text(json.dumps(given.label), encoding="utf-8")
    env = dict(text.split("=", 1) for text in given.env) | {IDENTITY: name}
    code = run([given.entrypoint, *given.words], env, given.workdir, places)
    container.unlink(missing_ok=True)
    return code


def _place(mount: str) -> tuple[str, str]:
    """What a mount shows, as the path inside and the one here; C: is a folder of the stand-in's."""
    fields = dict(field.split("=", 1) for field in next(csv.reader([mount])))
    source = fields["source"]
    here = str(state() / "c") + source[2:].replace("\\", "/") if source.startswith("C:") else source
    return fields["target"], here


def _wrong(image: str, places: dict[str, str], words: Sequence[str]) -> str:
    if not _image(image).exists():
        return f"No such image: {image}"
    for source in places.values():
        if not Path(source).is_dir():
            return f'invalid mount config for type "bind": bind source path does not exist: {source}'
    for word in words:
        if word.startswith("/") and not any(word == place or word.startswith(f"{place}/") for place in places):
            return f"not mounted: {word}"
    return ""
