"""Which files of a dataset's repository are its rows: by the configs in its README, else by the names of the files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import yaml

from core.data.encoding import SUFFIXES
from core.events import StageError
from core.tools.hub import record
from core.tools.hub.repo import RemoteFile, Repo

README = "README.md"
PARQUET = ".parquet"
_SUFFIXES = (*SUFFIXES, PARQUET)
_HEAD = re.compile(r"\A\s*---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test"}
_SPLITS |= dict.fromkeys(("validation", "valid", "val", "dev", "eval"), "validation")
_NO_ROWS = re.compile(
    r"(?:dataset_infos?|config|meta(?:data)?|package|tokenizer.*|README|LICENSE|requirements)\.", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Config:
    """A subset as a README declares it: patterns of files by split."""

    name: str
    files: Mapping[str, tuple[str, ...]]
    default: bool = False


def choose_rows(repo: Repo, files: Sequence[RemoteFile], readme: str) -> list[RemoteFile]:
    """The files of rows of the wanted subsets and splits: the training split where none is named. Raises StageError."""
    known = configs(readme)
    chosen = _by_configs(repo, files, known) if known else _by_names(repo, files)
    usable = [file for file in chosen if _is_rows(file.path)]
    if not usable:
        kinds = sorted({PurePosixPath(file.path).suffix or file.path for file in chosen})
        raise StageError("hub_dataset_no_rows", id=repo.id, found=", ".join(kinds[:8]), expected=" ".join(_SUFFIXES))
    return usable


def configs(readme: str) -> list[Config]:
    """The subsets that a README's head declares; none where it has no such head, or one that cannot be read."""
    head = _HEAD.match(readme)
    try:
        meta = yaml.safe_load(head[1]) if head else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return []
    listed = meta.get("configs") if isinstance(meta, dict) else None
    return [config for entry in listed or () if (config := _config(entry))] if isinstance(listed, list) else []


def _config(entry: object) -> Config | None:
    if not isinstance(entry, dict) or not entry.get("data_files"):
        return None
    files: dict[str, tuple[str, ...]] = {}
    for split, patterns in _data_files(entry["data_files"]):
        files[split] = (*files.get(split, ()), *patterns)
    folder = str(entry.get("data_dir") or "").strip("/")
    if folder:
        files = {split: tuple(f"{folder}/{path}" for path in paths) for split, paths in files.items()}
    return Config(str(entry.get("config_name") or "default"), files, entry.get("default") is True)


def _data_files(found: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    """``data_files`` in its forms: one pattern, several, or some for each split."""
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, dict):
            paths = item.get("path")
            yield str(item.get("split") or "train"), tuple(map(str, paths if isinstance(paths, list) else [paths]))
        elif isinstance(item, str):
            yield "train", (item,)


def _by_configs(repo: Repo, files: Sequence[RemoteFile], known: Sequence[Config]) -> list[RemoteFile]:
    subsets = {config.name: config for config in known}
    splits = {split for config in known for split in config.files}
    wanted = [subsets[name] for name in repo.names if name in subsets]
    wanted_splits = [name for name in repo.names if name not in subsets]
    for name in wanted_splits:
        if name not in splits:
            raise StageError("hub_subset_unknown", id=repo.id, name=name, known=", ".join((*subsets, *sorted(splits))))
    if not wanted:
        wanted = [config for config in known if config.default or config.name == "default"] or list(known)
        if len(wanted) > 1:
            raise StageError("hub_subset_needed", id=repo.id, known=", ".join(subsets))
    found: dict[str, RemoteFile] = {}
    for config in wanted:
        for split in wanted_splits or _usual(config):
            for pattern in config.files.get(split, ()):
                found |= {file.path: file for file in files if _fits(file.path, pattern)}
    return list(found.values())


def _usual(config: Config) -> Sequence[str]:
    return ("train",) if "train" in config.files else tuple(config.files)


def _fits(path: str, pattern: str) -> bool:
    pattern = pattern.removeprefix("./")
    return fnmatchcase(path, pattern) or fnmatchcase(path, pattern.replace("**/", ""))


def _by_names(repo: Repo, files: Sequence[RemoteFile]) -> list[RemoteFile]:
    """Without declared subsets: a name is a split, or stands in the path as a folder or a file's name."""
    found = [file for file in files if not file.path.startswith(".") and not _NO_ROWS.match(_name(file.path))]
    for name in repo.names:
        if name.lower() in _SPLITS or name == "default":
            continue
        found = [file for file in found if name.lower() in _words(file.path)]
        if not found:
            known = sorted({word for file in files if _is_rows(file.path) for word in (_stem(file.path),)})
            raise StageError("hub_subset_unknown", id=repo.id, name=name, known=", ".join(known[:20]))
    splits = [_SPLITS[name.lower()] for name in repo.names if name.lower() in _SPLITS] or ["train"]
    of_split = [file for file in found if _split(file.path) in splits]
    undivided = [file for file in found if not _split(file.path)]
    return of_split or undivided


def _is_rows(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in _SUFFIXES and not _NO_ROWS.match(_name(path))


def _name(path: str) -> str:
    return PurePosixPath(path).name


def _stem(path: str) -> str:
    return _name(path).partition(".")[0]


def _words(path: str) -> set[str]:
    """What a path's folders and its file's name can be called by."""
    parts = PurePosixPath(path.lower()).parts
    return {*parts[:-1], _stem(path).lower(), *re.split(r"[_-](?=train|test|val|dev)", _stem(path).lower())}


def _split(path: str) -> str:
    """The split that a path names, "" where it names none."""
    parts = [part for word in PurePosixPath(path.lower()).parts for part in re.split(r"[^a-z]+", word)]
    return next((_SPLITS[part] for part in reversed(parts) if part in _SPLITS), "")


def row_files(folder: Path) -> list[Path]:
    """The files of rows in a fetched folder, in order, parquet as its JSON lines; none where it is no such folder."""
    return [_readable(path) for path in _fetched(folder)]


def unread_parquet(folder: Path) -> list[Path]:
    """The parquet files of a fetched folder that have not been written as JSON lines yet."""
    return [path for path in _fetched(folder) if not _readable(path).exists()]


def _fetched(folder: Path) -> list[Path]:
    known = record.read(folder)
    return [folder / file.path for file in known.files if _is_rows(file.path)] if known else []


def _readable(path: Path) -> Path:
    return path.with_name(path.name + ".jsonl") if path.suffix.lower() == PARQUET else path
