"""Whether somebody else sits where a foreign program is going to bind.

A Python node finds out by binding. A foreign program may say so in its own words, or not at all, and a probe
of that port would take the stranger for the program.
"""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress

from orchestrator.planning.types import UnitPlan
from orchestrator.transport.holders import holder


def taken(unit: UnitPlan) -> str | None:
    """The first address of the unit that is taken, and by whom; None when it can bind all of them."""
    for instance in unit.instances:
        for launched in instance.sockets:
            for address in launched.binds:
                if is_taken(address):
                    who = holder(address)
                    return f"{address} is taken by {who or 'another process'}"
    return None


def is_taken(address: str) -> bool:
    """Whether a bind to `address` would find it in use; False where that cannot be tried."""
    scheme, _, rest = address.partition("://")
    if scheme == "tcp":
        host, _, port = rest.rpartition(":")
        return port.isdigit() and int(port) > 0 and _tcp_taken(host.strip("[]"), int(port))
    if scheme == "ipc" and os.name == "posix":
        return _listens("\0" + rest[1:] if rest.startswith("@") else rest)
    return False


def _tcp_taken(host: str, port: int) -> bool:
    """Try it as libzmq does, which sets SO_REUSEADDR so that connections in TIME_WAIT do not count."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if host != "*" and not _is_numeric(family, host):
        return False  # an interface or a name: looking it up may take seconds
    with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as trial:
        if os.name == "posix":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("" if host == "*" else host, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _is_numeric(family: int, host: str) -> bool:
    try:
        socket.inet_pton(family, host)
    except (OSError, ValueError):
        return False
    return True


def _listens(path: str) -> bool:
    """Whether somebody accepts connections there. A file that a dead process left is in nobody's way."""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.setblocking(False)
        try:
            trial.connect(path)
        except BlockingIOError:
            return True  # it is there, and its queue is full
        return True
    return False
