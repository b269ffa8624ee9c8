"""Windows' Job Objects by ctypes: a set of processes that the system ends together.

A child is started suspended, put into its job, and only then let run: whatever it starts is born in the job.
"""

import ctypes
import subprocess
import sys
import time

if sys.platform == "win32":
    from ctypes import wintypes

    SUSPENDED = 0x4
    """The creation flag of a process that waits for :func:`resume`; the subprocess module has no name for it."""
    POLL = 0.02

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.CreateJobObjectW.restype = wintypes.HANDLE
    _kernel32.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
    _kernel32.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
    _kernel32.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD)
    _kernel32.QueryInformationJobObject.argtypes = (*_kernel32.SetInformationJobObject.argtypes, wintypes.LPDWORD)
    _kernel32.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)
    _kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
    # subprocess closes the handle of the thread that ResumeThread would want
    _ntdll = ctypes.WinDLL("ntdll")
    _ntdll.NtResumeProcess.argtypes = (wintypes.HANDLE,)
    _ntdll.RtlNtStatusToDosError.argtypes = (ctypes.c_long,)

    _BASIC_ACCOUNTING_INFORMATION = 1
    _EXTENDED_LIMIT_INFORMATION = 9
    _KILL_ON_JOB_CLOSE = 0x2000

    class _BasicLimits(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", ctypes.c_int64),
            ("PerJobUserTimeLimit", ctypes.c_int64),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_uint64 * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    class _Accounting(ctypes.Structure):
        _fields_ = (
            ("Times", ctypes.c_int64 * 4),
            ("TotalPageFaultCount", wintypes.DWORD),
            ("TotalProcesses", wintypes.DWORD),
            ("ActiveProcesses", wintypes.DWORD),
            ("TotalTerminatedProcesses", wintypes.DWORD),
        )

    def hold(process: "subprocess.Popen[bytes]") -> int:
        """Put a suspended process into a new job, and let it run; returns the job's handle.

        The members end when that handle is closed, also by our own death. Raises OSError, and then the process is still
        suspended.
        """
        job: int = _checked(_kernel32.CreateJobObjectW(None, None))
        try:
            _limit(job, _KILL_ON_JOB_CLOSE)
            handle = int(process._handle)  # type: ignore[attr-defined]  # noqa: SLF001 - Popen has no public one
            _checked(_kernel32.AssignProcessToJobObject(job, handle))
            if status := _ntdll.NtResumeProcess(handle):
                raise ctypes.WinError(_ntdll.RtlNtStatusToDosError(status))
        except OSError:
            _kernel32.CloseHandle(job)
            raise
        return job

    def terminate(job: int, wait: float) -> None:
        """End every process of the job; returns when they are gone, or after ``wait`` seconds."""
        _kernel32.TerminateJobObject(job, 1)
        deadline = time.monotonic() + wait
        while members(job) and time.monotonic() < deadline:
            time.sleep(POLL)

    def members(job: int) -> int:
        """How many processes of the job live."""
        found = _Accounting()
        size = ctypes.sizeof(found)
        _checked(
            _kernel32.QueryInformationJobObject(job, _BASIC_ACCOUNTING_INFORMATION, ctypes.byref(found), size, None)
        )
        return int(found.ActiveProcesses)

    def close(job: int) -> None:
        """Close the handle; the members end with it."""
        _kernel32.CloseHandle(job)

    def _limit(job: int, flags: int) -> None:
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = flags
        size = ctypes.sizeof(limits)
        _checked(_kernel32.SetInformationJobObject(job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), size))

    def _checked(result: int | None) -> int:
        if not result:
            raise ctypes.WinError(ctypes.get_last_error())
        return result
