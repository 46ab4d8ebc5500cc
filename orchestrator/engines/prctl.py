"""The few prctl(2) calls that process supervision needs. Linux; elsewhere every function does nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

_SET_PDEATHSIG = 1
_SET_NAME = 15
_SET_CHILD_SUBREAPER = 36


@cache
def _prctl() -> Callable[..., int] | None:
    return _load("c_ulong")


@cache
def _prctl_text() -> Callable[..., int] | None:
    return _load("c_char_p")


def _load(second_argument: str) -> Callable[..., int] | None:
    if sys.platform != "linux":
        return None
    import ctypes  # 10 ms: only where processes are made

    function = ctypes.CDLL(None, use_errno=True).prctl
    rest = [ctypes.c_ulong] * 3
    function.argtypes = [ctypes.c_int, getattr(ctypes, second_argument), *rest]
    function.restype = ctypes.c_int
    return function


def die_with_parent(signum: int) -> None:
    """Let the kernel send this process `signum` when the thread that forked it ends."""
    prctl = _prctl()
    if prctl is not None:
        prctl(_SET_PDEATHSIG, signum, 0, 0, 0)


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent ends (a child subreaper)."""
    prctl = _prctl()
    if prctl is not None:
        prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def set_name(name: bytes) -> None:
    """What `ps -o comm` and `top` show of this thread; cut to 15 bytes by the kernel."""
    prctl = _prctl_text()
    if prctl is not None:
        prctl(_SET_NAME, name, 0, 0, 0)
