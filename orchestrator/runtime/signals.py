"""Ctrl-C and its kin."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from orchestrator.runtime.supervisor import Supervisor


def install(supervisor: Supervisor, asked: Callable[[int], None]) -> None:
    """Let SIGINT, SIGTERM and SIGHUP stop the topology; a second one of them stops it at once.

    `asked` hears the number of each. A SIGHUP that is ignored already stays so: that is what nohup(1) is for.
    To be called on the main thread, inside the loop, which undoes it when it is closed.
    """
    loop = asyncio.get_running_loop()
    count = 0

    def on_signal(signum: int) -> None:
        nonlocal count
        count += 1
        asked(signum)
        reason = "Ctrl-C" if signum == signal.SIGINT else signal.Signals(signum).name
        supervisor.stop(reason, at_once=count > 1)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signum = getattr(signal, name, None)
        if signum is not None and not (name == "SIGHUP" and signal.getsignal(signum) is signal.SIG_IGN):
            loop.add_signal_handler(signum, on_signal, signum)
