"""From fork to exec with hardly any Python in between. Linux; loaded in the zygote.

After os.fork() the interpreter sets itself up anew, and each step of `child.apply` writes to objects; every
page written to is copied first. Measured for one start of `sleep`: 500 pages and 3.9 ms of processor time by
way of os.fork(), 150 pages and 1.8 ms here (subprocess, which shares its memory with the child until exec,
but cannot let the child die with its parent: 76 pages, 1.0 ms). So the steps are made ready as calls of the C
library with their arguments, the fork is the C library's own, and the child goes through them.

No other thread may run in the process that forks: the interpreter's locks are not made anew in the child.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, NoReturn

from orchestrator.engines.zygote.child import (
    CONFIGURATION_FAILED,
    IGNORED_BY_PYTHON,
    Preparation,
    closes_ranges,
)

_FUNCTIONS: Final = (
    *("fork", "setsid", "prctl", "getppid", "fchdir", "dup2", "close_range"),
    *("setrlimit", "signal", "sigprocmask", "execve"),
)
_SET_PDEATHSIG: Final = 1
_SIG_SETMASK: Final = 2
_LAST_FD: Final = 0xFFFFFFFF
_NO_SIGNALS: Final = bytes(128)
"""An empty sigset_t, which is 128 bytes in glibc and musl."""

Step = tuple[Callable[..., int], tuple[Any, ...]]


class _Limit(ctypes.Structure):
    """struct rlimit of 64 bit systems (getrlimit(2))."""

    _fields_ = (("soft", ctypes.c_ulong), ("hard", ctypes.c_ulong))


@cache
def _library() -> Any:
    """The C library, called with the interpreter's lock held; None where this way is not open."""
    if sys.platform != "linux" or ctypes.sizeof(ctypes.c_ulong) != 8:
        return None
    try:
        library = ctypes.PyDLL(None, use_errno=True)
        for name in _FUNCTIONS:
            getattr(library, name)
    except (OSError, AttributeError):
        return None
    return library


class Plan:
    """All that a child is going to call, made ready before the fork."""

    def __init__(self, library: Any, steps: tuple[Step, ...], execution: Step, parent: int) -> None:
        self._library = library
        self._steps = steps
        self._execution = execution
        self._parent = parent

    def fork(self, otherwise: Callable[[OSError | None], NoReturn]) -> int:
        """The child's process id. In the child, `otherwise` is called with the error of a step that failed,
        with None when exec did.

        Raises OSError when no process can be made.
        """
        library = self._library
        pid = int(library.fork())
        if pid == 0:
            self._become(otherwise)
        if pid < 0:
            raise _error()
        return pid

    def _become(self, otherwise: Callable[[OSError | None], NoReturn]) -> NoReturn:
        for call, arguments in self._steps:
            if call(*arguments) == -1:
                otherwise(_error())
        if self._library.getppid() != self._parent:
            os._exit(CONFIGURATION_FAILED)  # the zygote died before the child was bound to it
        call, arguments = self._execution
        call(*arguments)
        otherwise(None)


def plan(
    argv: Sequence[str], env: Mapping[str, str], cwd: str, preparation: Preparation, status_fd: int
) -> Plan | None:
    """What becomes of a child that is to run `argv`; None for what takes the long way: a program that is not
    found at once, a text that cannot be passed on, limits.
    """
    library = _library()
    if library is None or preparation.limits is not None or not closes_ranges():
        return None
    try:
        path = _find(argv[0], env, cwd)
        words = _array([os.fsencode(word) for word in argv])
        variables = _array([_variable(name, value) for name, value in env.items()])
    except ValueError:
        return None
    if path is None:
        return None
    execution = (library.execve, (ctypes.c_char_p(os.fsencode(path)), words, variables))
    return Plan(library, _steps(library, preparation, status_fd), execution, preparation.parent)


def _steps(library: Any, preparation: Preparation, status_fd: int) -> tuple[Step, ...]:
    """`child.apply` and `child.release_signals`, call by call."""
    number = ctypes.c_int
    first, last = _same_steps(library, preparation.nofile_soft)
    streams = (preparation.stdin_fd, preparation.stdout_fd, preparation.stderr_fd)
    around = [(3, status_fd - 1), (status_fd + 1, _LAST_FD)][status_fd == 3 :]
    return (
        *first,
        (library.fchdir, (number(preparation.cwd_fd),)),
        *((library.dup2, (number(fd), number(target))) for target, fd in enumerate(streams)),
        *((library.close_range, (number(a), ctypes.c_uint(b), number(0))) for a, b in around),
        *last,
    )


@cache
def _same_steps(library: Any, nofile_soft: int) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """What is the same for all children: at the beginning, at the end."""
    number, nothing = ctypes.c_int, ctypes.c_ulong(0)
    death = (number(_SET_PDEATHSIG), ctypes.c_ulong(signal.SIGKILL), nothing, nothing, nothing)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = ctypes.byref(_Limit(nofile_soft, _unlimited(hard)))
    return ((library.setsid, ()), (library.prctl, death)), (
        (library.setrlimit, (number(resource.RLIMIT_NOFILE), limit)),
        *((library.signal, (number(signum), None)) for signum in IGNORED_BY_PYTHON),
        (library.sigprocmask, (number(_SIG_SETMASK), ctypes.c_char_p(_NO_SIGNALS), None)),
    )


def _unlimited(limit: int) -> int:
    """A limit as the kernel has it: Python's -1 is the largest number there."""
    return limit if limit >= 0 else 2**64 - 1


def _array(words: list[bytes]) -> ctypes.Array[ctypes.c_char_p]:
    """A C array of texts, ended by NULL. Raises ValueError for a text that has a NUL within."""
    if any(b"\0" in word for word in words):
        raise ValueError
    return (ctypes.c_char_p * (len(words) + 1))(*words, None)


@lru_cache(maxsize=4096)
def _variable(name: str, value: str) -> bytes:
    """As it stands in an environment. Raises ValueError for a name that none can hold."""
    if not name or "=" in name:
        raise ValueError
    return os.fsencode(name) + b"=" + os.fsencode(value)


def _find(program: str, env: Mapping[str, str], cwd: str) -> str | None:
    """The file that execvp(3) would run first, as far as that can be told without trying."""
    places = [program] if "/" in program else _candidates(program, env)
    for place in places:
        path = place if place.startswith("/") else f"{cwd}/{place}"
        if os.access(path, os.X_OK) and os.path.isfile(path):  # noqa: PTH113  hot
            return place
    return None


def _candidates(program: str, env: Mapping[str, str]) -> list[str]:
    """As os.get_exec_path has them. An empty entry of PATH is the working directory."""
    places = env.get("PATH", os.defpath).split(os.pathsep)
    return [f"{place}/{program}" if place else program for place in places]


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number)) if number else OSError(errno.EIO, os.strerror(errno.EIO))
