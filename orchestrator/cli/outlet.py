"""Standard output that never holds the supervisor up.

A paused terminal or a slow reader delays text, and nothing else.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TextIO

_CHUNK: Final = 4096
"""Bytes that a pipe takes without blocking once poll(2) says that it is writable (PIPE_BUF, pipe(7))."""
_ROOM: Final = 4 << 20
"""Bytes that may wait to be written; what can be done without is left out beyond that."""
_NOBODY_READS: Final = frozenset({errno.EPIPE, errno.EIO, errno.EBADF, errno.ECONNRESET})
"""Errors of write(2) that last. Others, as of a full disk, may pass."""


class Outlet:
    """Writes to `stream` on the running loop's thread, a piece whenever there is room for it.

    `gone` is called once when nobody can read any more: a closed pipe, a closed terminal. `lost` is called
    when something else keeps the text from being written, as a full disk does: that text is lost, the next is
    tried again, and `lost` is not called again before some has been written.
    """

    def __init__(
        self, stream: TextIO, gone: Callable[[], None], lost: Callable[[OSError], None] = lambda _: None
    ) -> None:
        stream.flush()
        self._fd = stream.fileno()
        self._encoding = stream.encoding or "utf-8"
        self._gone = gone
        self._lost = lost
        self._losing = False
        self._torn = False
        self._waiting = bytearray()
        self._scheduled = False
        self._broken = False
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLOUT)

    @property
    def full(self) -> bool:
        """Whether more than enough waits already."""
        return len(self._waiting) > _ROOM

    def write(self, text: str) -> None:
        """Have `text` written soon. Nothing happens once nobody reads."""
        if self._broken:
            return
        if self._losing and self._torn and not self._waiting:
            self._waiting += b"\n"  # ends the line of which only a part could be written
        self._waiting += text.encode(self._encoding, "backslashreplace")
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._drain)

    def close(self) -> None:
        """Write the rest, however long it takes. The loop may have ended."""
        with suppress(OSError):
            while self._waiting and not self._broken:
                del self._waiting[: os.write(self._fd, self._waiting[:_CHUNK])]

    def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            if not self._poll.poll(0):
                loop.add_writer(self._fd, self._resume)
                return
            try:
                written = os.write(self._fd, self._waiting[:_CHUNK])
                self._torn = self._waiting[written - 1] != ord("\n")
                del self._waiting[:written]
                self._losing = False
            except OSError as error:
                self._fail(error)
        self._scheduled = False

    def _resume(self) -> None:
        asyncio.get_running_loop().remove_writer(self._fd)
        self._drain()

    def _fail(self, error: OSError) -> None:
        self._waiting.clear()
        if error.errno in _NOBODY_READS:
            self._broken = True
            self._gone()
        elif not self._losing:
            self._losing = True
            self._lost(error)
