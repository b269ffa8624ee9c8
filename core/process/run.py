"""Runs one command to its end: log, lines, stop, and no process left behind."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.process.command import Command
from core.process.lines import Line, LineSplitter
from core.process.stop import StopFile
from core.process.tail import Followed, poll_all
from core.process.target import Running, Target

TICK = 0.1
"""Seconds between two looks at the stop file and the followed files."""
SILENCE = 0.25
"""Seconds after which a pending progress bar is shown without its end."""
TAIL_LINES = 200
DRAIN = 2.0
"""Seconds that the output may stay open after the process ended (a grandchild may hold the pipe)."""


class NotStartedError(OSError):
    """The program is not there, or may not be run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: exit code, its last lines, and whether it was because the user asked to stop."""

    code: int
    tail: tuple[str, ...]
    stopped: bool
    late: bool = False
    """Whether it was ended because its time was up."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who listens to a running command; after a stop request it has ``grace`` seconds to end by itself.

    ``limit``: seconds after which it is ended whatever it does; None for as long as it takes.
    """

    log: Path
    stop: StopFile
    on_line: Callable[[Line], None]
    on_start: Callable[[Running], None]
    on_end: Callable[[Running, int], None]
    follow: Sequence[Followed] = ()
    grace: float = 0.0
    limit: float | None = None


def run_command(command: Command, target: Target, watch: Watch, *, mark: str, cwd: Path) -> Outcome:
    """Run a command until it ends or the user stops it; its tree is gone when this returns.

    Raises NotStartedError where the program cannot be started.
    """
    try:
        process = target.start(command, mark=mark, cwd=cwd)
    except OSError as error:
        program = error.filename or str(command.argv[0])  # Windows does not say what it did not find
        raise NotStartedError(error.errno, error.strerror or str(error), program) from error
    try:
        watch.on_start(process)
        with watch.log.open("ab") as log:
            log.write(f"$ {command.bash()}\n".encode())
            attendant = _Attendant(process, watch, log)
            attendant.attend()
    finally:
        process.kill()  # also after a normal end: a worker process may linger
        code = process.poll()
        process.close()
        watch.on_end(process, -1 if code is None else code)
    return Outcome(-1 if code is None else code, tuple(attendant.tail), attendant.stopped, attendant.late)


class _Attendant:
    """Passes on the output of one process, and kills it when a stop was asked for and its grace is over."""

    def __init__(self, process: Running, watch: Watch, log: IO[bytes]) -> None:
        self._process, self._watch, self._log = process, watch, log
        self._chunks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._splitter = LineSplitter()
        self._last_output = time.monotonic()
        self._stop_since: float | None = None
        self._ended_at: float | None = None
        self._end = time.monotonic() + watch.limit if watch.limit is not None else None
        self.late = False
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)

    @property
    def stopped(self) -> bool:
        """Whether the user asked to stop while the process ran."""
        return self._stop_since is not None

    def attend(self) -> None:
        """Stay until the process is gone and its output is read."""
        threading.Thread(target=_read, args=(self._process.output, self._chunks), daemon=True).start()
        while (chunk := self._next()) is not None:
            self._take(chunk)
            poll_all(self._watch.follow)
            self._obey_stop()
            self._obey_limit()
            if self._output_held_open():
                break
        self._hand_on(self._splitter.close())
        poll_all(self._watch.follow)

    def _next(self) -> bytes | None:
        """The next bytes; b"" where none came in a tick, None at the end."""
        try:
            return self._chunks.get(timeout=TICK)
        except queue.Empty:
            return b""

    def _take(self, chunk: bytes) -> None:
        if chunk:
            self._log.write(chunk)
            self._log.flush()
            self._last_output = time.monotonic()
            self._hand_on(self._splitter.feed(chunk))
        elif time.monotonic() - self._last_output > SILENCE:
            self._hand_on(self._splitter.flush())

    def _hand_on(self, lines: list[Line]) -> None:
        for line in lines:
            if not line.transient:
                self.tail.append(line.text)
            self._watch.on_line(line)

    def _obey_stop(self) -> None:
        if self._stop_since is None and self._watch.stop.requested():
            self._stop_since = time.monotonic()
        if self._stop_since is not None and (
            self._watch.stop.now() or time.monotonic() - self._stop_since >= self._watch.grace
        ):
            self._process.kill()

    def _obey_limit(self) -> None:
        if self._end is not None and time.monotonic() > self._end and not self.late and self._process.poll() is None:
            self.late = True
            self._process.kill()

    def _output_held_open(self) -> bool:
        """Whether the process ended a while ago, but a descendant of it still holds the pipe."""
        if self._process.poll() is None:
            return False
        self._ended_at = self._ended_at or time.monotonic()
        return time.monotonic() - self._ended_at > DRAIN


def _read(output: IO[bytes], chunks: "queue.SimpleQueue[bytes | None]") -> None:
    """Move bytes from the pipe to the queue; None marks the end."""
    try:
        while data := output.read(65_536):
            chunks.put(data)
    except (OSError, ValueError):  # closed under us after a kill
        pass
    chunks.put(None)
