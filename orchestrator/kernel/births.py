"""When a process was born, as the kernel tells it: with its id a name that no other process ever has."""

from __future__ import annotations

import os


def birth(pid: int) -> str | None:
    """The start time of a living process (proc(5), field 22 of stat); None where there is none."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        fields = os.read(descriptor, 4096).rpartition(b")")[2].split()
    except OSError:  # it ended between the two calls
        return None
    finally:
        os.close(descriptor)
    return None if fields[0] in b"ZX" else fields[19].decode()
