"""What supervisor and zygote say to each other, and how it travels: length-prefixed tuples and descriptors.

Both ends are this package in the same interpreter over a private socket pair, so `marshal` is safe here. It
was chosen because every page that the zygote writes to is copied for every fork, and it writes to far fewer
than pickle. Knows nothing of processes, event loops or who is at which end.
"""

from __future__ import annotations

import array
import marshal
import os
import socket
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TypeAlias

_HEADER = struct.Struct("!IB")
"""Length of the body in bytes, number of descriptors that belong to it."""

CHUNK = 1 << 16
"""Bytes read at once."""

MAX_FDS = 253
"""Descriptors that one `sendmsg` can carry (SCM_MAX_FD, unix(7))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure:
    """The supervisor's first message."""

    target: str
    """`module:function` that a Python node's process calls with its payload."""
    mark: str
    """Names this engine in the environment of every process it makes (`MARK_VARIABLE`)."""
    nofile_soft: int
    """The RLIMIT_NOFILE soft limit that children get."""
    env: dict[str, str]
    """What the environments of children are compared with (`Spawn.changes`)."""
    supervisor_pid: int
    keep: bool = False
    """Whether the zygote may outlive its supervisor, once it has been told where to wait (`Keep`)."""
    version: str = ""
    """With `keep`: whose messages and parcels it understands."""
    nodes: bool = True
    """Whether Python nodes are expected: then all they need is imported at once, else with the first one."""


Limits: TypeAlias = tuple[tuple[int, ...] | None, int | None, int | None, int | None]
"""Processors, nice, open files, bytes of memory; None where nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawn:
    """Make a process. Descriptors that come along: stdout, stderr and, with `stdin`, stdin; then, from a
    supervisor that keeps, its own ends of these in the same order."""

    unit: str
    attempt: int
    argv: tuple[str, ...] | None
    host: bytes | None
    changes: dict[str, str | None]
    """How its environment differs from `Configure.env`; None takes a variable away."""
    cwd: str
    stdin: bool
    limits: Limits | None = None
    group: str | None = None
    """The control group to make for it, which bounds its memory; without it RLIMIT_AS does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    unit: str
    attempt: int
    signum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """SIGKILL to all that is left of a unit's attempt."""

    unit: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Whether to outlive the supervisor from now on. The descriptor that comes along, if one does, is the
    listening socket on which to wait for the next one."""

    on: bool
    spools: str
    """The directory for what is written while nobody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something for the next supervisor to know; the value before it under this key is void."""

    key: str
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The supervisor has dealt with the end of an attempt: nothing of it has to be kept."""

    unit: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was written while nobody read has been read."""

    unit: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The first message on a line to a zygote without a supervisor. Answered by one `Held` for each attempt
    and a `Table`, or by `Refused`; with `adopt` the asker is the supervisor from then on."""

    version: str
    adopt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The zygote is warm and listens. `warm_s`: what the imports took."""

    pid: int
    warm_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawned:
    unit: str
    attempt: int
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpawnFailed:
    unit: str
    attempt: int
    reason: str
    permanent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """The main process of a unit is gone and reaped. `status` as waitpid(2) gives it."""

    unit: str
    attempt: int
    pid: int
    status: int
    out_of_memory: bool = False
    """Whether the kernel ended it because of the limit of its control group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An attempt that the zygote keeps. Descriptors that come along (to an adopter): the supervisor's ends
    of stdout, stderr and, if there is one, stdin."""

    unit: str
    attempt: int
    pid: int
    born: str | None
    """The start time of its process, as proc(5) tells it; None where it has ended."""
    since: float
    """When it was started (monotonic seconds)."""
    ended: tuple[int, bool] | None
    """Its wait status and whether its memory ran out, once it has ended."""
    spools: tuple[tuple[str, ...], tuple[str, ...]]
    """Of stdout and stderr: files with what was written while nobody read, in order."""
    lost: tuple[int, int]
    """Bytes for which there was no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """That was all."""

    pid: int
    mark: str
    env: dict[str, str]
    notes: dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The asker is of another version and would not be understood."""

    version: str
    pid: int


Request: TypeAlias = Configure | Spawn | Signal | Kill | Keep | Note | Settled | Read | Ask
Report: TypeAlias = Ready | Spawned | SpawnFailed | Exited | Held | Table | Refused
Message: TypeAlias = Request | Report

MARK_VARIABLE = "ORCHESTRATOR_MARK"
"""Environment variable by which a process is recognised after it has left its process group.

Its value is `<mark>:<unit>:<attempt>` in a unit's process, `<mark>:` in the zygote itself.
"""


def mark_value(mark: str, unit: str, attempt: int) -> str:
    """The value of `MARK_VARIABLE` for a process of this attempt of a unit."""
    return f"{mark}:{unit}:{attempt}"


_CLASSES: tuple[type[Message], ...] = (
    *(Configure, Spawn, Signal, Kill, Ready, Spawned, SpawnFailed, Exited),
    *(Keep, Note, Settled, Read, Ask, Held, Table, Refused),
)
_NAMES = tuple(tuple(field.name for field in fields(cls)) for cls in _CLASSES)
_VALUES = {
    cls: (tag, attrgetter(*names)) for tag, (cls, names) in enumerate(zip(_CLASSES, _NAMES, strict=True))
}


def encode(message: Message, fd_count: int = 0) -> bytes:
    """A message as it goes over the stream."""
    tag, values = _VALUES[type(message)]
    body = marshal.dumps((tag, values(message)))
    return _HEADER.pack(len(body), fd_count) + body


_PID_SIZE = 4


def spawned_frame(unit: str, attempt: int) -> bytes:
    """The frame of a `Spawned` but for its end, the process id, which `with_pid` adds."""
    return encode(Spawned(unit=unit, attempt=attempt, pid=0x7FFFFFFF))[:-_PID_SIZE]


def with_pid(frame: bytes, pid: int) -> bytes:
    """A `spawned_frame` made whole. marshal ends the message with the id, in four bytes, little endian."""
    return frame + pid.to_bytes(_PID_SIZE, "little")


def _decode(body: bytes) -> Message:
    tag, values = marshal.loads(body)
    message: Message = _CLASSES[tag](**dict(zip(_NAMES[tag], values, strict=True)))
    return message


class FrameReader:
    """Puts messages together from chunks of the stream. Descriptors come no later than their message."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._start = 0
        self._fds: deque[int] = deque()

    def close(self) -> None:
        """Give back the descriptors whose message never became complete."""
        while self._fds:
            os.close(self._fds.popleft())

    def feed(self, data: bytes, fds: list[int]) -> None:
        """Add what one read brought."""
        del self._buffer[: self._start]  # here and not per message: what follows would be moved each time
        self._start = 0
        self._buffer += data
        self._fds.extend(fds)

    def messages(self) -> Iterator[tuple[Message, list[int]]]:
        """The messages that are complete, each with its descriptors, which the caller now owns."""
        while len(self._buffer) - self._start >= _HEADER.size:
            length, fd_count = _HEADER.unpack_from(self._buffer, self._start)
            begin = self._start + _HEADER.size
            if len(self._buffer) < begin + length:
                return
            self._start = begin + length
            message = _decode(bytes(self._buffer[begin : self._start]))
            yield message, [self._fds.popleft() for _ in range(min(fd_count, len(self._fds)))]


def rights(fds: list[int]) -> list[tuple[int, int, array.array[int]]]:
    """Descriptors as sendmsg(2) takes them along."""
    return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []


def receive(sock: socket.socket) -> tuple[bytes, list[int]]:
    """Read what is there: data and close-on-exec descriptors. Empty data is the end of the stream.

    Raises BlockingIOError when nothing is there and OSError (ECONNRESET) when the peer was killed.
    """
    fds = array.array("i")
    flags = socket.MSG_DONTWAIT | getattr(socket, "MSG_CMSG_CLOEXEC", 0)
    data, ancillary, _, _ = sock.recvmsg(CHUNK, socket.CMSG_SPACE(MAX_FDS * fds.itemsize), flags)
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    return data, list(fds)


def receive_first(sock: socket.socket) -> Message | None:
    """Wait for one message without descriptors and read nothing beyond it. None when the peer is gone."""
    header = _receive_exactly(sock, _HEADER.size)
    if header is None:
        return None
    body = _receive_exactly(sock, _HEADER.unpack(header)[0])
    if body is None:
        return None
    return _decode(body)


def _receive_exactly(sock: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        try:
            data = sock.recv(count - len(parts))
        except OSError:
            return None
        if not data:
            return None
        parts += data
    return bytes(parts)
