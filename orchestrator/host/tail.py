"""Seeing that the last messages of an ipc connection arrive.

libzmq loses them: when a writer closes a unix socket while the reader is at its high-water mark, the reader
is told of a hang-up and throws away what is still in the kernel (libzmq issue 4660; measured: 39 of 40 runs
with a small mark). Over TCP the same close is an orderly end of the stream, which waits its turn.

So the end of the stream is made orderly here. Before libzmq closes its descriptors they are duplicated; the
connection stays. Once everything has been written, the sending direction alone is shut down: the reader
takes what is left, finds the end behind it, and hangs up itself.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
from collections.abc import Iterable, Iterator

_PREFIX = "ipc://"


class Tails:
    """The connections of a process that are to end orderly. Does nothing where there are no unix sockets."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def hold(self, addresses: Iterable[str]) -> None:
        """Duplicate the connections that were made at or to these addresses.

        Call before the sockets are closed.
        """
        paths = {a.removeprefix(_PREFIX) for a in addresses if a.startswith(_PREFIX)}
        if paths and hasattr(socket, "AF_UNIX"):
            for connection in _connections():
                if _is_one_of(connection, paths):
                    self._held.append(connection)
                else:
                    connection.close()

    def end(self) -> None:
        """Nothing more will be written: tell the readers. Call after the context was terminated."""
        for connection in self._held:
            connection.setblocking(False)
            with contextlib.suppress(OSError):  # the reader has hung up already
                connection.shutdown(socket.SHUT_WR)

    def wait(self, timeout_s: float) -> bool:
        """Wait for readers to hang up. True when all have."""
        if self._held:
            ready, _, _ = select.select(self._held, [], [], timeout_s)
            for connection in ready:
                if _hung_up(connection):
                    self._held.remove(connection)
                    connection.close()
        return not self._held

    def close(self) -> None:
        """Let go of what is left."""
        for connection in self._held:
            connection.close()
        self._held.clear()


def _connections() -> Iterator[socket.socket]:
    """Duplicates of all unix stream sockets of this process. Whoever does not keep one closes it."""
    listing = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"  # noqa: PTH112 - see transport
    for name in os.listdir(listing):  # noqa: PTH208
        try:
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            duplicate = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue  # closed meanwhile: the listing's own descriptor is
        if duplicate.family == socket.AF_UNIX and duplicate.type == socket.SOCK_STREAM:
            yield duplicate
        else:
            duplicate.close()


def _is_one_of(connection: socket.socket, paths: set[str]) -> bool:
    """Whether a connection, and no listening socket, was made at or to one of the paths."""
    try:
        names = {_text(connection.getpeername()), _text(connection.getsockname())}
    except OSError:
        return False  # it listens, or is not connected any more
    return not paths.isdisjoint(names)


def _text(name: str | bytes) -> str:
    """A unix socket's name as in an ipc address; abstract names begin with a zero byte there and with @
    here."""
    return name if isinstance(name, str) else "@" + os.fsdecode(name.lstrip(b"\0"))


def _hung_up(connection: socket.socket) -> bool:
    """Take what the peer still sends, which nobody will read any more; true at the end of its stream."""
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
