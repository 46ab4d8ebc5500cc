"""The zygote: a warm process that becomes every other one. `python -m orchestrator.engines.zygote --fd N`.

It has the node SDK imported, never creates a ZeroMQ context (none survives a fork) and never starts a
thread, so that a fork of it is a node ready to run. N is its end of a stream socket pair to the supervisor.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.engines.zygote.loop import Zygote


def main(arguments: list[str]) -> int:
    """Serve the supervisor at the other end of `--fd` until it is gone."""
    parser = argparse.ArgumentParser(prog="orchestrator.engines.zygote")
    parser.add_argument("--fd", type=int, required=True)
    fd = parser.parse_args(arguments).fd
    if os.name != "posix":
        parser.error("no fork on this platform")
    os.set_inheritable(fd, False)
    serve(socket.socket(fileno=fd))
    return 0


def serve(sock: socket.socket) -> None:
    """Warm up, then run the loop."""
    from orchestrator.engines import prctl
    from orchestrator.engines.protocol import Configure, Ready, receive_first
    from orchestrator.engines.zygote import child

    began = time.perf_counter()
    gc.disable()
    prctl.adopt_orphans()
    # One that somebody has stopped wakes when its supervisor dies, and does what it is there for.
    prctl.die_with_parent(signal.SIGCONT)
    prctl.set_name(b"orc-zygote")
    child.normalise()
    configuration = receive_first(sock)
    if not isinstance(configuration, Configure):
        return
    from orchestrator.engines.zygote.loop import SupervisorGoneError
    from orchestrator.engines.zygote.warmth import Warmth

    warmth = Warmth(configuration)
    if configuration.nodes:
        warmth.reach()
    child.closes_ranges()
    wakeup_fd = _wake_on_child()
    _raise_descriptor_limit()
    gc.collect()
    gc.freeze()
    try:
        zygote = _kind(keep=configuration.keep)(sock, configuration, wakeup_fd, warmth)
        zygote.report(Ready(pid=os.getpid(), warm_s=time.perf_counter() - began))
    except SupervisorGoneError:
        return
    zygote.run()


def _kind(*, keep: bool) -> type[Zygote]:
    """What a zygote that outlives its supervisor needs is loaded by no other one."""
    if keep:
        from orchestrator.engines.zygote.keeper import KeepingZygote

        return KeepingZygote
    from orchestrator.engines.zygote.loop import Zygote

    return Zygote


def _wake_on_child() -> int:
    """A descriptor that becomes readable when a child ends."""
    reading, writing = os.pipe()
    for fd in (reading, writing):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reading


def _raise_descriptor_limit() -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
