"""What a freshly forked child does to itself before its program starts. POSIX only; loaded in the zygote.

Runs between fork and exec (or the node's code): takes no lock, writes nothing, and raises only OSError and
RefusedError.
Every page that it touches is copied (some 4 µs each here), two hundred times at the start of a large
topology, so what can be done in the zygote beforehand is done there.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from functools import cache

from orchestrator.engines import prctl, restrict

CONFIGURATION_FAILED = 127
"""Exit code of a child that could not even be prepared; the shell's code for a program it cannot start."""

_KEPT = {signal.SIGKILL, signal.SIGSTOP}
IGNORED_BY_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}
_BLOCKED = {
    *(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGALRM, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU),
}
"""What people and programs send to processes, or to all of a service's."""

_ANY_FD = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """All that the child changes about itself."""

    name: bytes
    """Shown by ps and top."""
    parent: int
    """The zygote's process id."""
    cwd_fd: int
    stdin_fd: int
    stdout_fd: int
    stderr_fd: int
    nofile_soft: int
    limits: restrict.Limits | None = None


def normalise() -> None:
    """In the zygote, once: dispositions as in a fresh interpreter, and the usual signals blocked.

    Blocked rather than ignored: what arrives between a child's fork and `release_signals` then waits for
    the child's own disposition instead of being lost, and nothing but SIGKILL ends the zygote before its
    children.
    """
    for signum in signal.valid_signals() - _KEPT - IGNORED_BY_PYTHON - {signal.SIGINT}:
        signal.signal(signum, signal.SIG_DFL)
    for signum in IGNORED_BY_PYTHON:
        signal.signal(signum, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, _BLOCKED)


def apply(preparation: Preparation, keep: tuple[int, ...] = ()) -> None:
    """Become a session leader that dies with the zygote and owns nothing but its three streams and `keep`.

    Signals stay blocked: `release_signals` is the caller's last step. Raises OSError, or RefusedError for a
    limit that cannot be had.
    """
    os.setsid()
    prctl.die_with_parent(signal.SIGKILL)
    if os.getppid() != preparation.parent:
        os._exit(CONFIGURATION_FAILED)  # the zygote died before the line above: nobody would end this process
    signal.set_wakeup_fd(-1)
    prctl.set_name(preparation.name)
    os.fchdir(preparation.cwd_fd)
    for target, fd in enumerate((preparation.stdin_fd, preparation.stdout_fd, preparation.stderr_fd)):
        os.dup2(fd, target)
    close_all_but(keep)
    _limit_descriptors(preparation.nofile_soft)
    if preparation.limits is not None:
        restrict.apply(preparation.limits)


def release_signals(*, python: bool) -> None:
    """An empty mask, and default dispositions; for Python those that a fresh interpreter has."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if not python:
        for signum in (*IGNORED_BY_PYTHON, signal.SIGINT):
            signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def close_all_but(keep: tuple[int, ...]) -> None:
    """Close every descriptor from 3 on that is not in `keep`."""
    end = _ANY_FD if closes_ranges() else _highest_fd() + 1
    start = 3
    for fd in sorted(keep):
        os.closerange(start, fd)
        start = fd + 1
    os.closerange(start, end)


@cache
def closes_ranges() -> bool:
    """Whether os.closerange is one system call (close_range(2)), not one per number. Asked in the zygote."""
    began = time.perf_counter()
    os.closerange(_ANY_FD, 2 * _ANY_FD)  # no descriptor is that high (fs.nr_open, proc_sys_fs(5))
    return time.perf_counter() - began < 0.001


def _highest_fd() -> int:
    listing = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    try:
        return max(map(int, os.listdir(listing)))  # noqa: PTH208  hot
    except OSError:
        return int(os.sysconf("SC_OPEN_MAX"))


def _limit_descriptors(soft: int) -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
