"""Holds a child process together with all of its descendants, so that they end together.

POSIX: a session and process group of its own. Windows: a Job Object that dies with us (KILL_ON_JOB_CLOSE), since
TerminateProcess spares grandchildren. Both: every child carries :data:`MARK` in its environment, by which descendants
are found that left the group, also after a crash of the runner.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator

import psutil

MARK = "TUNESMITH_RUN"
"""The environment variable that every child of a run carries; its value is the run's id."""

KILL_WAIT = 5.0
"""Seconds that killed processes get to disappear."""


class ProcessGuard:
    """The owner of one child's process tree."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._group = 0
        self._job = 0
        self._process: subprocess.Popen[bytes] | None = None

    def popen_arguments(self) -> dict[str, object]:
        """What :class:`subprocess.Popen` needs so that the tree can be held."""
        if sys.platform == "win32":
            from core.platform.windows_job import SUSPENDED  # noqa: PLC0415 - ctypes.WinDLL exists there only

            return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW | SUSPENDED}
        return {"start_new_session": True}

    def attach(self, process: "subprocess.Popen[bytes]") -> int:
        """Take hold of a process that was just started; returns its group (its own pid on Windows).

        Raises OSError where Windows does not let us hold it; the process is ended then.
        """
        self._process = process
        if sys.platform == "win32":
            from core.platform import windows_job  # noqa: PLC0415

            try:
                self._job = windows_job.hold(process)
            except OSError:
                with process:  # closes its pipe and waits for its end
                    process.kill()
                raise
            return process.pid
        self._group = process.pid  # start_new_session makes the child the leader of its own group
        return self._group

    def kill(self) -> None:
        """End the whole tree; returns when it is gone (or after :data:`KILL_WAIT`)."""
        if sys.platform == "win32":
            from core.platform import windows_job  # noqa: PLC0415

            windows_job.terminate(self._job, KILL_WAIT)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGKILL)
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(KILL_WAIT)  # before psutil waits for it too: that would take away its exit code
        kill_all(marked(self._mark))

    def close(self) -> None:
        """Let go; what still lives of the tree ends (Windows: with the job's handle)."""
        if sys.platform == "win32":
            from core.platform import windows_job  # noqa: PLC0415

            windows_job.close(self._job)


def marked(mark: str) -> Iterator[psutil.Process]:
    """The living processes that carry the mark, ourselves excepted."""
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with contextlib.suppress(psutil.Error, OSError):  # gone, a zombie, or another user's
            if process.environ().get(MARK) == mark:
                yield process


def same_process(pid: int, create_time: float) -> psutil.Process | None:
    """The process with this pid, if it is the one that was started then and not a later one with its number."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if abs(process.create_time() - create_time) < 1.0 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill these processes and their descendants, and wait until they are gone."""
    doomed: set[psutil.Process] = set()
    for process in processes:
        with contextlib.suppress(psutil.Error):
            doomed |= {process, *process.children(recursive=True)}
    for process in doomed:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(doomed, timeout=KILL_WAIT)
