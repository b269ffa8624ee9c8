"""What an SDK's exception means to a person: by its HTTP status where it has one, else by its text."""

import errno
from collections.abc import Iterator
from typing import TypeGuard

from core.events import StageError, Value
from core.parsers.failures import diagnose
from core.tools.hub.repo import Repo

_STATUS = {404: "hub_repo_missing", 407: "proxy_login", 429: "http_busy"}
_OURS = (errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG)
"""System errors of this computer's disk."""


def explained(error: BaseException, repo: Repo) -> Exception:
    """The failure as one that has a sentence; a disk's error as it is."""
    chain = list(_chain(error))
    for found in chain:
        if isinstance(found, StageError) or _is_the_disks(found):
            return found
    status = next((status for found in chain if (status := status_of(found))), 0)
    if status:
        return _by_status(status, repo)
    code, values = diagnose([_line(found) for found in reversed(chain)], "fetch") or ("network_failed", {})
    return StageError(code, **values)


def status_of(error: BaseException) -> int:
    """The HTTP status of an error; 0 where it has none."""
    found = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return found if isinstance(found, int) else 0


def _is_the_disks(error: BaseException) -> TypeGuard[OSError]:
    """Network libraries derive their errors from OSError too, and number them in their own way."""
    return isinstance(error, OSError) and type(error).__module__ == "builtins" and error.errno in _OURS


def _by_status(status: int, repo: Repo) -> StageError:
    values: dict[str, Value] = {"id": repo.id, "hub": repo.hub, "status": status}
    if status in (401, 403):
        return StageError("hub_refused", **values)
    return StageError(_STATUS.get(status, "http_server_error" if status >= 500 else "hub_answer"), **values)


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__
