"""Process 1, as in a container: it reaps orphans, hands signals on, and ends with what its child ended with.

The kernel makes process 1 the parent of every orphan, and does to it no signal's default. Both would be in
the way of a supervisor, which waits for its own children alone. So where this is process 1 it forks at once:
the child goes on as the program, and the parent does what is said above, and nothing else. When it ends, the
kernel kills whatever is left (pid_namespaces(7)).
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Final

_NOT_HANDED_ON: Final = frozenset({"SIGCHLD", "SIGTTIN", "SIGTTOU"})
"""About process 1's own children, and its own use of the terminal."""
_SIGNALLED: Final = 128
"""Added to the number of a signal: how a shell, and a container's engine, tells an end by one."""


def is_first() -> bool:
    """Whether this is process 1 of its (container's) process ids."""
    return os.getpid() == 1


def split() -> None:
    """Go on in a child, where this is process 1. To be called before there are threads or other children."""
    if not is_first():
        return
    inherited = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    child = os.fork()
    if child:
        os._exit(_serve(child))
    _lead_terminal()
    signal.pthread_sigmask(signal.SIG_SETMASK, inherited)


def _lead_terminal() -> None:
    """A group of its own, to which the terminal's Ctrl-C goes: handed on as well, it would come twice."""
    os.setpgid(0, 0)
    for fd in (0, 1, 2):
        with suppress(OSError):  # no terminal, or not ours; SIGTTOU is blocked still
            os.tcsetpgrp(fd, os.getpid())
            return


def _serve(child: int) -> int:
    """Until the child has ended: its exit code, as a shell tells it."""
    kept = {signum for signum in signal.valid_signals() if _name(signum) not in _NOT_HANDED_ON}
    while True:
        signum = signal.sigwait(signal.valid_signals())
        if signum in kept:
            with suppress(ProcessLookupError):
                os.kill(child, signum)
        code = _reap(child)
        if code is not None:
            return code


def _reap(child: int) -> int | None:
    """Every process that has ended; the child's exit code, when it is among them."""
    found = None
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                code = os.waitstatus_to_exitcode(ended[1])
                found = code if code >= 0 else _SIGNALLED - code
    return found


def _name(signum: int) -> str:
    try:
        return signal.Signals(signum).name
    except ValueError:  # a real-time signal
        return str(signum)
