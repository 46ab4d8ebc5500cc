"""A descriptor that becomes readable: how one thread wakes another that waits on ZeroMQ sockets."""

from __future__ import annotations

import os
import select
import socket
import time

_LONG_MS = 1000


class Wake:
    """Set from any thread or signal handler, waited for with poll.

    Uses an eventfd on Linux, else a socket pair.
    """

    __slots__ = ("_pair", "_poll", "fd")

    def __init__(self) -> None:
        self._pair: tuple[socket.socket, socket.socket] | None = None
        if hasattr(os, "eventfd"):
            self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        else:
            self._pair = socket.socketpair()
            for end in self._pair:
                end.setblocking(False)
            self.fd = self._pair[0].fileno()
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(self.fd, select.POLLIN)

    def wait(self, milliseconds: int) -> bool:
        """Wait until `fd` is readable, or the time is over (-1: for ever). Whether it is readable. libzmq's
        poll(3) takes several times as long to begin, which others on the same processor wait for (measured).
        """
        if self.fd < 0:  # closed: nobody wakes any more
            time.sleep((milliseconds if 0 <= milliseconds < _LONG_MS else _LONG_MS) / 1000)
            return False
        if self._poll is not None:
            try:
                return bool(self._poll.poll(milliseconds))
            except RuntimeError:  # another thread waits as well, and a poll object is for one at a time
                own = select.poll()
                own.register(self.fd, select.POLLIN)
                return bool(own.poll(milliseconds))
        timeout = None if milliseconds < 0 else milliseconds / 1000
        return bool(select.select([self.fd], [], [], timeout)[0])

    def set(self) -> None:
        """Make `fd` readable. Never blocks, never raises for being set already or closed."""
        fd = self.fd
        if fd < 0:
            return  # closed: a signal that came late
        try:
            if self._pair is None:
                os.eventfd_write(fd, 1)
            else:
                self._pair[1].send(b"\0")
        except OSError:
            pass  # full (then it is set) or closed (then nobody waits)

    def clear(self) -> None:
        """Make `fd` unreadable until the next `set`."""
        if self.fd < 0:
            return
        try:
            if self._pair is None:
                os.eventfd_read(self.fd)
            else:
                while self._pair[0].recv(4096):
                    pass
        except OSError:
            pass

    def close(self) -> None:
        fd, self.fd = self.fd, -1  # first: a signal handler may call `set` at any moment
        if self._pair is not None:
            for end in self._pair:
                end.close()
        elif fd >= 0:
            os.close(fd)
