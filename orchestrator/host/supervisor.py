"""How a node finds out that its supervisor is gone. No sockets here: it is told when a PING was heard."""

from __future__ import annotations

import os
import sys
import time


class SupervisorWatch:
    """Silence is not death: only when no PING came for `silence_s` is the process looked at.

    `outlives`: that it is gone is no reason to end, for another one will come.
    """

    def __init__(self, pid: int, silence_s: float, *, outlives: bool = False) -> None:
        self._pid = pid
        self._silence_s = silence_s
        self._last = time.monotonic()
        self._warned = False
        self._outlives = outlives
        self._born = _birth(pid)
        self.absent = False
        """Whether there is none at the moment, and the process waits for the next."""

    def heard(self, now: float) -> None:
        self._last = now
        self._warned = self.absent = False

    def follow(self, pid: int) -> None:
        """There is another supervisor."""
        self._pid, self._born = pid, _birth(pid)

    def supervisor_is_gone(self, now: float) -> bool:
        """True when no PING came for too long, the process is no more, and that is the end.

        A silent one that lives gets a warning; so does one that is outlived.
        """
        silent_s = now - self._last
        if silent_s < self._silence_s or self.absent:
            return False
        if not self._lives():
            if self._outlives:
                self.absent = True
                sys.stderr.write("the supervisor is gone: going on until another one comes\n")
            return not self._outlives
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
