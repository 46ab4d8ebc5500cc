"""What a freshly forked child does to itself before its program starts. POSIX only; loaded in the zygote.

Runs between fork and exec (or the node's code): takes no lock, writes nothing, and raises only OSError.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from orchestrator.engines import prctl

CONFIGURATION_FAILED = 127
"""Exit code of a child that could not even be prepared; the shell's code for a program it cannot start."""

_KEPT = {signal.SIGKILL, signal.SIGSTOP}
_HANDLED = (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ)
"""Signals whose disposition the zygote or its interpreter changed; `normalise` has reset all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """All that the child changes about itself."""

    name: str
    """Shown by ps and top."""
    parent: int
    """The zygote's process id."""
    cwd_fd: int
    stdin_fd: int
    stdin_is_pipe: bool
    stdout_fd: int
    stderr_fd: int
    nofile_soft: int | None


def normalise() -> None:
    """In the zygote, once: every signal gets its default action and is blocked, SIGCHLD excepted.

    Blocked rather than ignored: what arrives between a child's fork and `apply` then waits for the child's
    own disposition instead of being lost, and nothing but SIGKILL ends the zygote before its children.
    """
    for signum in signal.valid_signals() - _KEPT - {signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ}:
        signal.signal(signum, signal.SIG_DFL)
    faults = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGTRAP}
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals() - _KEPT - faults - {signal.SIGCHLD})


def apply(preparation: Preparation, keep: tuple[int, ...] = ()) -> None:
    """Become a session leader that dies with the zygote and owns nothing but its three streams and `keep`.

    Signals stay blocked: `release_signals` is the caller's last step. Raises OSError.
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
    if preparation.nofile_soft is not None:
        _limit_descriptors(preparation.nofile_soft)


def release_signals(*, python: bool) -> None:
    """Default dispositions and an empty mask; for Python the ones that a fresh interpreter has."""
    for signum in _HANDLED:
        signal.signal(signum, signal.SIG_DFL)
    if python:
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def close_all_but(keep: tuple[int, ...]) -> None:
    """Close every descriptor from 3 on that is not in `keep`."""
    listing = Path("/proc/self/fd") if sys.platform == "linux" else Path("/dev/fd")
    try:
        last = max(int(name) for name in os.listdir(listing))  # noqa: PTH208  hot
    except OSError:
        last = os.sysconf("SC_OPEN_MAX")
    start = 3
    for fd in sorted(keep):
        os.closerange(start, fd)
        start = fd + 1
    os.closerange(start, last + 1)


def _limit_descriptors(soft: int) -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
