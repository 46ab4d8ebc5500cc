"""When a process was born, and in what state it is.

The time of birth is, with its id, a name that no other process ever has.
"""

from __future__ import annotations

import os
import time


def birth(pid: int) -> str | None:
    """The start time of a living process (proc(5), field 22 of stat); None where there is none."""
    fields = _after_name(pid)
    return None if fields is None or fields[0] in b"ZX" else fields[19].decode()


def state(pid: int) -> str | None:
    """Its state as one letter (proc(5), field 3 of stat): `T` is halted by a signal, `t` by a debugger."""
    fields = _after_name(pid)
    return None if fields is None else fields[0].decode()


def _after_name(pid: int) -> list[bytes] | None:
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.read(descriptor, 4096).rpartition(b")")[2].split()
    except OSError:  # it ended between the two calls
        return None
    finally:
        os.close(descriptor)


def began(pid: int) -> float | None:
    """When a living process began, in seconds since 1970 by the clock as it is set now; None where nobody
    tells."""
    ticks = birth(pid)
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    if ticks is None or clock is None:
        return None
    age_s = time.clock_gettime(clock) - int(ticks) / os.sysconf("SC_CLK_TCK")
    return time.time() - age_s
