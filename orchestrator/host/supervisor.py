"""How a node finds out that its supervisor is gone. No sockets here: it is told when a PING was heard."""

from __future__ import annotations

import os
import sys
import time


class SupervisorWatch:
    """Silence is not death: only when no PING came for `silence_s` is the process looked at."""

    def __init__(self, pid: int, silence_s: float) -> None:
        self._pid = pid
        self._silence_s = silence_s
        self._last = time.monotonic()
        self._warned = False
        self._born = _birth(pid)

    def heard(self, now: float) -> None:
        self._last = now
        self._warned = False

    def supervisor_is_gone(self, now: float) -> bool:
        """True when no PING came for too long and the process is no more.

        A silent one that lives gets a warning.
        """
        silent_s = now - self._last
        if silent_s < self._silence_s:
            return False
        if not self._lives():
            return True
        if not self._warned:
            self._warned = True
            sys.stderr.write(
                f"no heartbeat from the supervisor for {silent_s:.1f} s; it is still there: going on\n"
            )
        return False

    def _lives(self) -> bool:
        if os.name == "nt":
            return True  # os.kill(pid, 0) would end it there, and nothing else in the standard library tells
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        # A killed process that nobody has waited for yet still has its pid; so may a stranger, later.
        born = _birth(self._pid)
        return self._born is None or born == self._born


def _birth(pid: int) -> bytes | None:
    """The start time of a live process as Linux tells it (proc(5), field 22), or None."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        stat = os.read(descriptor, 4096)
    except OSError:  # it ended between the two calls
        return None
    finally:
        os.close(descriptor)
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] in b"ZX" else fields[19]
