"""Faults at processes and file systems: each begins, lasts, and is taken back, whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.chaos.types import Fill, Freeze, Kill, Slow
from orchestrator.errors import RunError
from orchestrator.model.quantities import format_duration, format_size

_BLOCK: Final = 4096

Pause = Callable[[float], bool]
"""Waits so many seconds; True when the topology has ended meanwhile."""


@dataclass(frozen=True, slots=True)
class Victim:
    """A process that a fault is aimed at."""

    unit: str
    pid: int


def kill(what: Kill, victims: tuple[Victim, ...], send: Callable[[str, int], None]) -> None:
    """Send the signal to each; `send` takes unit and signal."""
    for victim in victims:
        send(victim.unit, what.signum)


def freeze(what: Freeze, victims: tuple[Victim, ...], pause: Pause) -> None:
    """Have them stand still for a time."""
    with _going_on_after(victims):
        for victim in victims:
            _signal(victim, signal.SIGSTOP)
        pause(what.for_s)


def slow(what: Slow, victims: tuple[Victim, ...], pause: Pause, now: Callable[[], float]) -> None:
    """Have them run for a part of each period."""
    end = now() + what.for_s
    with _going_on_after(victims):
        while now() < end:
            for victim in victims:
                _signal(victim, signal.SIGSTOP)
            if pause(what.period_s * (1 - what.share)):
                return
            for victim in victims:
                _signal(victim, signal.SIGCONT)
            if pause(what.period_s * what.share):
                return


@contextlib.contextmanager
def _going_on_after(victims: tuple[Victim, ...]) -> Iterator[None]:
    try:
        yield
    finally:
        for victim in victims:
            _signal(victim, signal.SIGCONT)


def _signal(victim: Victim, signum: int) -> None:
    """To the whole group, which every unit has of its own; to nobody when its process has gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(victim.pid) == victim.pid:
            os.killpg(victim.pid, signum)


def room(what: Fill) -> int:
    """Bytes that are to be written. Raises RunError when that is more than may be."""
    try:
        found = os.statvfs(what.directory)
    except OSError as error:
        raise RunError(f"{what.directory}: {error.strerror}") from error
    free = (found.f_bfree if os.geteuid() == 0 else found.f_bavail) * found.f_frsize
    size = max(0, free - what.leave)
    if size > what.at_most:
        raise RunError(
            f"to fill {what.directory} would take {format_size(size)}, more than `at_most` allows",
            f"use a small file system of its own (mount -t tmpfs -o size=16m …), or raise `at_most` above "
            f"{format_size(what.at_most)}",
        )
    return size


def fill(what: Fill, pause: Pause) -> None:
    """Fill a file system for a time. The file has no name: when this process ends, it is gone."""
    size = room(what)
    with tempfile.TemporaryFile(dir=what.directory, buffering=0) as file:
        with contextlib.suppress(OSError):  # full before its time
            os.posix_fallocate(file.fileno(), 0, max(1, size))
        _top_up(file.fileno(), size, what)
        pause(what.for_s)


def _top_up(descriptor: int, size: int, what: Fill) -> None:
    """Blocks that became free meanwhile, or that the file system keeps for itself."""
    os.lseek(descriptor, 0, os.SEEK_END)
    with contextlib.suppress(OSError, RunError):
        while size < what.at_most and room(what) > 0:
            size += os.write(descriptor, b"\0" * _BLOCK)


def told(what: Kill | Freeze | Slow, units: tuple[str, ...]) -> str:
    """What is done, in words."""
    who = ", ".join(units)
    match what:
        case Kill():
            return f"{signal.Signals(what.signum).name} to {who}"
        case Freeze():
            return f"stands still for {format_duration(what.for_s)}: {who}"
        case Slow():
            return f"runs {what.share:.0%} of the time for {format_duration(what.for_s)}: {who}"
