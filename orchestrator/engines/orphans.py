"""Finding the zygote of a supervisor that is gone, asking what it keeps, and taking it over. POSIX."""

from __future__ import annotations

import io
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from orchestrator.engines.link import ZygoteLink
from orchestrator.engines.protocol import Ask, FrameReader, Held, Message, Refused, Table, encode, receive
from orchestrator.errors import RunError
from orchestrator.kernel.births import birth

_PATIENCE_S: Final = 10.0
"""The longest a zygote may take to notice that its supervisor is gone, and to answer."""
_END_S: Final = 30.0
"""The longest it may take to end everything."""
_PAUSE_S: Final = 0.005
_UNKNOWN: Final = 255
"""In place of the exit code of a process that is not ours to wait for."""


class NobodyThereError(RunError):
    """No zygote waits where one was looked for."""

    def __init__(self) -> None:
        super().__init__("the process that held its nodes is gone")


def package_version() -> str:
    """Whose messages and parcels are understood: those of this package in this interpreter."""
    from importlib.metadata import version

    return f"{version('zmq-orchestrator')} {sys.implementation.cache_tag}"


class StrangerError(RunError):
    """A zygote waits that is of another version. `pid`: its process."""

    def __init__(self, version: str, pid: int) -> None:
        super().__init__(f"its nodes were started by version {version.split()[0]}", _END_IT)
        self.pid = pid


class Orphan:
    """A zygote without a supervisor. Adopted, it is ours until `close`; else this is what it told."""

    def __init__(
        self,
        sock: socket.socket,
        table: Table,
        held: list[tuple[Held, list[int]]],
        reader: FrameReader | None = None,
    ) -> None:
        """`reader` has what came behind the table: a process may have ended by then."""
        self._reader = reader
        self.pid = table.pid
        self.mark = table.mark
        self.env = table.env
        self.notes = table.notes
        self.held = held
        """Each attempt with the supervisor's ends of its streams."""
        self._sock: socket.socket | None = sock

    def link(self) -> ZygoteLink:
        """The line to it; to be called once, and by an adopter."""
        assert self._sock is not None
        sock, self._sock = self._sock, None
        return ZygoteLink(sock, Stranger(self.pid), io.BytesIO(), self._reader)

    def close(self) -> None:
        """Leave it alone again: it goes on as before. Idempotent; no effect on a `link` that was made."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None
        for _, fds in self.held:
            while fds:
                os.close(fds.pop())


def ask(path: Path, *, adopt: bool) -> Orphan:
    """What the zygote that waits at `path` keeps; with `adopt` it is ours then.

    Raises NobodyThereError, and RunError when it does not answer or is of another version.
    """
    sock = _connect(path)
    held: list[tuple[Held, list[int]]] = []
    reader = FrameReader()
    try:
        sock.sendall(encode(Ask(version=package_version(), adopt=adopt)))
        for message, fds in _messages(sock, reader):
            if isinstance(message, Held):
                held.append((message, fds))
            elif isinstance(message, Table):
                return Orphan(sock, message, held, reader) if adopt else _told(sock, message, held)
            elif isinstance(message, Refused):
                raise StrangerError(message.version, message.pid)
        raise NobodyThereError
    except TimeoutError as error:
        sock.close()
        raise RunError(f"the process that holds its nodes did not answer for {_PATIENCE_S:g} s") from error
    except OSError as error:
        sock.close()
        raise NobodyThereError from error
    except RunError:
        sock.close()
        raise


_END_IT: Final = "end them with `orchestrator down`"


def _told(sock: socket.socket, table: Table, held: list[tuple[Held, list[int]]]) -> Orphan:
    sock.close()
    return Orphan(sock, table, held)


def end_zygote(path: Path) -> None:
    """Have the zygote that waits at `path`, of whatever version it is, kill all that it keeps, and end.

    Raises RunError when it does not.
    """
    try:
        pid = ask(path, adopt=False).pid
    except StrangerError as error:
        pid = error.pid
    except NobodyThereError:
        return
    zygote = Stranger(pid)
    zygote.send_signal(signal.SIGTERM)
    try:
        zygote.wait(_END_S)
    except subprocess.TimeoutExpired as error:
        raise RunError(f"process {pid}, which holds its nodes, does not end", f"kill -9 {pid}") from error


def is_waiting(path: Path) -> bool:
    """Whether a zygote listens at `path`: it waits for a supervisor, or will once it has noticed."""
    try:
        _connect(path).close()
    except RunError:
        return False
    return True


def _connect(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(_PATIENCE_S)
    try:
        sock.connect(os.fspath(path))
    except OSError as error:
        sock.close()
        raise NobodyThereError from error
    return sock


def _messages(sock: socket.socket, reader: FrameReader) -> Iterator[tuple[Message, list[int]]]:
    """Until the line is closed; what was read and not taken stays in `reader`. Raises TimeoutError and
    OSError."""
    waiting = select.poll()
    waiting.register(sock, select.POLLIN)
    while True:
        if not waiting.poll(_PATIENCE_S * 1000):
            raise TimeoutError
        data, fds = receive(sock)
        if not data:
            return
        reader.feed(data, fds)
        yield from reader.messages()


class Stranger:
    """A zygote that another process started: it can be signalled and seen to end, but not waited for."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._fd = -1
        self._ended = False
        if hasattr(os, "pidfd_open"):
            try:
                self._fd = os.pidfd_open(pid)
            except ProcessLookupError:
                self._ended = True

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, sig: int) -> None:
        with suppress(ProcessLookupError):
            if self._fd >= 0:
                signal.pidfd_send_signal(self._fd, sig)
            elif not self._ended:
                os.kill(self.pid, sig)

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code cannot be known. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._ended and not self._has_ended(deadline):
            if deadline is not None and time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired("zygote", timeout or 0)
        self._ended = True
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        return _UNKNOWN

    def _has_ended(self, deadline: float | None) -> bool:
        """Having waited for it, to the deadline at most."""
        if self._fd < 0:
            time.sleep(_PAUSE_S)
            return birth(self.pid) is None and not _exists(self.pid)
        ended = select.poll()
        ended.register(self._fd, select.POLLIN)
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        return bool(ended.poll(left))


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
