"""The supervisor's ends of a process's streams: opening them, reading output, writing input.

Output of a foreign program goes through a pseudo-terminal in raw mode, because the C library buffers a pipe
by the block and a terminal by the line. Loads no POSIX-only module before it is used.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

CHUNK = 1 << 16
"""Bytes read per wake-up of one stream, so that one node's flood leaves every other its turn."""

_TERMINAL_READ = 4000
"""Bytes: a terminal that gives out less is empty. It never gives more than 4 KiB at a time, however much one
asks for (n_tty, N_TTY_BUF_SIZE)."""

DRAIN_LIMIT = 1 << 20
"""Bytes read at a process's end: as much as a pipe can hold (pipe-max-size, pipe(7))."""

_WINDOW = (24, 120)
"""Lines and columns of a program's terminal: wide enough that tables and log lines are not folded."""

_log = logging.getLogger("orchestrator.engines")


@dataclass(slots=True)
class Ends:
    """Descriptors of one process's streams: `ours` stay here, `theirs` go to the child."""

    stdout: int
    stderr: int
    stdin: int | None
    theirs: list[int]
    """stdout, stderr and, when there is a `stdin`, its reading end."""

    def close(self) -> None:
        """Give all of them back."""
        self.close_theirs()
        for fd in (self.stdout, self.stderr, self.stdin):
            if fd is not None:
                os.close(fd)

    def close_theirs(self) -> None:
        """Give back the child's ends, once it has its own."""
        while self.theirs:
            os.close(self.theirs.pop())


def open_ends(*, terminal: bool, stdin: bool) -> Ends:
    """Make the streams of one process. Raises OSError (too many open files)."""
    opened: list[int] = []
    try:
        out, their_out = (terminal and _open_terminal(opened)) or _open_pipe(opened)
        err, their_err = _open_pipe(opened)
        ends = Ends(out, err, None, [their_out, their_err])
        if stdin:
            their_in, ours = _open_pipe(opened)
            os.set_blocking(ours, False)
            os.set_blocking(their_in, True)
            ends.stdin = ours
            ends.theirs.append(their_in)
    except OSError:
        for fd in opened:
            os.close(fd)
        raise
    return ends


def _open_pipe(opened: list[int]) -> tuple[int, int]:
    reading, writing = os.pipe()
    opened += (reading, writing)
    os.set_blocking(reading, False)
    return reading, writing


def _open_terminal(opened: list[int]) -> tuple[int, int] | None:
    """A pseudo-terminal that passes bytes on unchanged; None where the system has none left."""
    import fcntl
    import struct
    import termios
    import tty

    try:
        ours, theirs = os.openpty()
    except OSError:
        return None
    opened += (ours, theirs)
    tty.setraw(theirs, termios.TCSANOW)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *_WINDOW, 0, 0))
    os.set_blocking(ours, False)
    return ours, theirs


class Readers:
    """All that is read of one engine's processes: can be held back, and then waits in its pipes."""

    def __init__(self) -> None:
        self.held = False
        self.all: set[OutputReader] = set()

    def hold(self, held: bool) -> None:
        """Read nothing, or read on."""
        self.held = held
        for reader in self.all:
            reader.watch(not held)


class OutputReader:
    """Delivers what comes out of one descriptor until its end, then closes it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        fd: int,
        deliver: Callable[[bytes], None],
        readers: Readers | None = None,
    ) -> None:
        self._loop = loop
        self._fd = fd
        self._deliver = deliver
        self._readers = readers or Readers()
        self._watching = False
        self.open = True
        self._readers.all.add(self)
        self.watch(not self._readers.held)

    def watch(self, wanted: bool) -> None:
        """Whether to read as soon as there is something."""
        if wanted and not self._watching:
            self._loop.add_reader(self._fd, self._read)
        elif self._watching and not wanted:
            self._loop.remove_reader(self._fd)
        self._watching = wanted

    def drain(self) -> None:
        """Deliver what has been written so far. Returns at once; a grandchild may keep the stream open.

        Whatever a process wrote is in its pipe or terminal by the time its exit is known, and reading a
        terminal flushes its queue first (n_tty_read), so nothing needs to be waited for.
        """
        left = DRAIN_LIMIT
        while self.open and left > 0:
            count = self._read()
            if count == 0:
                return
            left -= count

    def close(self) -> None:
        """Stop reading."""
        if self.open:
            self.open = False
            self.watch(False)
            self._readers.all.discard(self)
            os.close(self._fd)

    def _read(self) -> int:
        """Read a chunk, or what there is; how many bytes."""
        parts: list[bytes] = []
        left, ended = CHUNK, False
        while left > 0:
            try:
                data = os.read(self._fd, left)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:  # EIO: the last holder of a terminal's other end has closed it
                data = b""
            if not data:
                ended = True
                break
            parts.append(data)
            left -= len(data)
            if len(data) < _TERMINAL_READ:
                break
        if ended:
            self.close()
        if parts:
            self._deliver(b"".join(parts))
        return CHUNK - left


class InputWriter:
    """Feeds a process's standard input without ever waiting for it. The pipe stays open until `close`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int, unit: str) -> None:
        self._loop = loop
        self._fd = fd
        self._unit = unit
        self._waiting = bytearray()
        self._open = True
        self._last = False
        self._watching = False

    def write(self, data: bytes, *, last: bool = False) -> None:
        """Queue data; it goes out as the process reads. `last`: then the pipe is closed."""
        if self._open:
            self._waiting += data
            self._last = self._last or last
            self._flush()

    def close(self) -> None:
        """Close the pipe; what is still queued is lost."""
        if self._open:
            self._open = False
            self._watch(False)
            os.close(self._fd)

    def _flush(self) -> None:
        try:
            while self._waiting:
                with memoryview(self._waiting) as view:
                    sent = os.write(self._fd, view[:CHUNK])
                del self._waiting[:sent]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            _log.info(
                "%s: standard input: %d bytes not read: %s", self._unit, len(self._waiting), error.strerror
            )
            self.close()
            return
        if self._last and not self._waiting:
            self.close()
            return
        self._watch(bool(self._waiting))

    def _watch(self, wanted: bool) -> None:
        if wanted == self._watching:
            return
        self._watching = wanted
        if wanted:
            self._loop.add_writer(self._fd, self._flush)
        else:
            with suppress(OSError):
                self._loop.remove_writer(self._fd)
