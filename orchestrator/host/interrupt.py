"""Ending the wait of user code that was asked to stop and does not look.

A node that waits in the SDK ends at once. One that sleeps in `time.sleep` has nothing to lose: it is
interrupted. One that works on a step may finish it, until most of its grace is used up. Interrupting means
that `Stopped` is raised in the main thread, as Ctrl-C raises KeyboardInterrupt. Needs POSIX signals;
elsewhere the kill after the grace has to do.
"""

from __future__ import annotations

import platform
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from orchestrator.sdk.errors import Stopped

PATIENCE = 0.7
"""The share of the stop grace that a step may use before it is interrupted."""

AGAIN_S = 0.2
"""The pause between two looks, and between two interruptions."""

_SLEEPING = {"x86_64": ("35", "230"), "aarch64": ("101", "115")}.get(platform.machine(), ())
"""The system calls nanosleep and clock_nanosleep."""


class Interrupter:
    """Installs the SIGTERM handler of a node process, and interrupts its main thread when it has to.

    To be made on the main thread.
    """

    def __init__(
        self, *, grace_s: float, on_stop: Callable[[], None], interruptible: Callable[[], bool]
    ) -> None:
        self._patience_s = PATIENCE * grace_s
        self._on_stop = on_stop
        self._interruptible = interruptible
        self._main = threading.get_ident()
        self._main_native = threading.get_native_id()  # main_thread().native_id is the parent's, after a fork
        self._raise_next = False
        self._asked_at: float | None = None

    def install(self) -> None:
        """Main thread only.

        SIGINT is for the supervisor to decide about: the terminal sends it to everybody.
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._handle)

    def _handle(self, _signum: int, _frame: FrameType | None) -> None:
        if self._raise_next:
            self._raise_next = False
            if self._interruptible():
                raise Stopped
        self._on_stop()

    def tick(self, now: float, stopping: bool, began: float | None = None) -> float | None:
        """Called on the control thread. `began` is when the grace began, if not with the request to stop.

        Returns how soon to look again, or None when there is nothing to look after.
        """
        if not stopping:
            return None
        if self._asked_at is None:
            self._asked_at = now
            if began is not None:  # of what is left of the grace
                self._patience_s -= PATIENCE * (now - began)
        if not self._interruptible():
            return AGAIN_S
        if _is_asleep(self._main_native) or now - self._asked_at >= self._patience_s:
            self._interrupt()
        return AGAIN_S

    def _interrupt(self) -> None:
        if sys.platform == "win32":
            return
        self._raise_next = True
        signal.pthread_kill(self._main, signal.SIGTERM)


def _is_asleep(native_id: int) -> bool:
    """Whether a thread of this process sleeps in nanosleep, as Linux tells it (proc(5),
    /proc/pid/task/tid/syscall)."""
    try:
        text = Path(f"/proc/self/task/{native_id}/syscall").read_text(encoding="utf-8")
    except OSError:
        return False
    return text.split(" ", 1)[0] in _SLEEPING
