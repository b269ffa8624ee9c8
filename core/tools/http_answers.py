"""What a server's answer to a download says: how much there is, whether to come again, and why not."""

import math
import time
from email.utils import parsedate_to_datetime

import httpx

from core.events import StageError


class RetryError(Exception):
    """This try failed, another one may not; ``wait``: what the server asks for, in seconds."""

    def __init__(self, error: StageError, wait: float | None = None) -> None:
        super().__init__(error)
        self.error, self.wait = error, wait


def validator(response: httpx.Response) -> str:
    """What tells whether a file has changed: a strong ETag, else its date."""
    etag: str = response.headers.get("ETag", "")
    date: str = response.headers.get("Last-Modified", "")
    return etag if etag and not etag.startswith("W/") else date


def first_byte(response: httpx.Response) -> int:
    """Where the answer's bytes begin; -1 where that is not told."""
    text = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(text) if text.isdigit() else -1


def whole_length(response: httpx.Response) -> int | None:
    """The whole file's length; None where that is not told."""
    text = response.headers.get("Content-Range", "").partition("/")[2]
    if response.status_code == 200:
        text = response.headers.get("Content-Length", "")
    return int(text) if text.isdigit() else None


def refusal(response: httpx.Response) -> Exception:
    """What an answer without the file means."""
    status = response.status_code
    if status == 407:
        return StageError("proxy_login")
    if status == 429:
        return RetryError(StageError("http_busy"), _retry_after(response))
    if status >= 500 or status in (408, 425):
        return RetryError(StageError("http_server_error", status=status), _retry_after(response))
    return StageError("download_refused", status=status, host=response.url.host)


def _retry_after(response: httpx.Response) -> float | None:
    """What the server asks for: seconds, or a date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, math.ceil(parsedate_to_datetime(text).timestamp() - time.time()))
    except (ValueError, TypeError):
        return None


def network_code(error: Exception) -> str:
    """The code of core.messages for an error of httpx."""
    if isinstance(error, httpx.TimeoutException):
        return "connection_timed_out"
    text = str(error).lower()
    if "certificate" in text:
        return "certificate_refused"
    if isinstance(error, httpx.ConnectError):
        return "connection_refused" if "refused" in text else "no_network"
    return "connection_reset"
