"""Ctrl-C and its kin."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from orchestrator.runtime.supervisor import Supervisor


def install(supervisor: Supervisor, asked: Callable[[int], None]) -> None:
    """Let SIGINT, SIGTERM and SIGHUP stop the topology; a second one of them, or SIGQUIT, stops it at once.
    SIGUSR1 and SIGUSR2 have no meaning, and would else end the supervisor where it stands.

    `asked` hears the number of each that stops. A SIGHUP that is ignored already stays so: that is what
    nohup(1) is for. To be called on the main thread, inside the loop, which undoes it when it is closed.
    """
    loop = asyncio.get_running_loop()
    count = 0

    def on_signal(signum: int) -> None:
        nonlocal count
        count += 1
        asked(signum)
        reason = "Ctrl-C" if signum == signal.SIGINT else signal.Signals(signum).name
        supervisor.stop(reason, at_once=count > 1 or is_quit(signum))

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
        signum = getattr(signal, name, None)
        if signum is not None and not (name == "SIGHUP" and signal.getsignal(signum) is signal.SIG_IGN):
            loop.add_signal_handler(signum, on_signal, signum)
    for name in ("SIGUSR1", "SIGUSR2"):
        if (signum := getattr(signal, name, None)) is not None:
            loop.add_signal_handler(signum, lambda: None)


def is_quit(signum: int) -> bool:
    """Whether it is SIGQUIT, which not every platform has."""
    return signum == getattr(signal, "SIGQUIT", None)
