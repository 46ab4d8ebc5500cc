"""Who holds an address that could not be bound: a pid and a command line.

Linux only, best effort, never raises.
"""

from __future__ import annotations

import os


def holder(address: str) -> str | None:
    """`pid 4711 (python server.py)`, or None when it cannot be told: another user's process, another
    system."""
    from orchestrator.kernel.holding import command

    pid = holder_pid(address)
    return None if pid is None else f"pid {pid} ({command(pid)})"


def holder_pid(address: str) -> int | None:
    """The process that listens at `tcp://host:port` or `ipc://path`, where that can be told. Of several that
    share the socket the oldest by its id, and not this one, which may have inherited it."""
    from orchestrator.kernel.holding import holders

    inodes = listening_inodes(address)
    held = holders(inodes) if inodes else {}
    pids = {pid for pids in held.values() for pid in pids}
    return min(pids - {os.getpid()} or pids, default=None)


def listening_inodes(address: str) -> set[int]:
    """The sockets that listen at an address: for tcp at its port, whatever the host."""
    from orchestrator.kernel import tcp, unix

    scheme, _, rest = address.partition("://")
    if scheme == "ipc":
        wanted = {rest, os.path.abspath(rest)}  # noqa: PTH100 - no pathlib in node processes
        return {s.inode for s in unix.sockets() if s.path in wanted and s.listens}
    port = rest.rpartition(":")[2]
    if scheme != "tcp" or not port.isdigit():
        return set()
    return {s.inode for s in tcp.sockets() if s.listens and s.port == int(port)}
