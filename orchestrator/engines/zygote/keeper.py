"""A zygote that outlives its supervisor. While nobody supervises it reaps, keeps what is written, and waits.

It judges nothing: who ended stays ended, and what that means is for the next supervisor to say. Loaded by
`up --keep` alone. docs/decisions/keep-and-adopt.md tells why it is so.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from orchestrator.engines import PASSING
from orchestrator.engines.protocol import (
    Ask,
    Configure,
    Exited,
    FrameReader,
    Held,
    Keep,
    Message,
    Note,
    Read,
    Refused,
    Report,
    Settled,
    Spawn,
    SpawnFailed,
    Table,
    encode,
    receive,
    receive_first,
    rights,
)
from orchestrator.engines.zygote.loop import SupervisorGoneError, Zygote
from orchestrator.engines.zygote.spool import CHUNK, Spool
from orchestrator.engines.zygote.warmth import Warmth
from orchestrator.kernel.births import birth

STOPPING: Final = "stopping"
"""The key of the note that is not empty once the topology is being stopped: with its last process it ends."""

_PATIENCE_S: Final = 2.0
"""The longest that one who asks may take for a step of the conversation."""


class _OverError(Exception):
    """Nobody will come, or nobody is to: end everything."""


@dataclass(slots=True, eq=False)
class _Kept:
    """One attempt of a unit, until a supervisor has dealt with its end."""

    unit: str
    attempt: int
    fds: list[int]
    """The supervisor's ends of stdout, stderr and, where there is one, stdin."""
    since: float
    pid: int = 0
    """Once it has ended: whose end that was."""
    ended: tuple[int, bool] | None = None
    failed: bool = False
    """It never became a process."""
    spools: list[Spool] = field(default_factory=list)
    """Of stdout and stderr, once something had to be kept."""


class KeepingZygote(Zygote):
    """Serves one supervisor after the other."""

    def __init__(self, sock: socket.socket, configuration: Configure, wakeup_fd: int, warmth: Warmth) -> None:
        super().__init__(sock, configuration, wakeup_fd, warmth)
        self._keeps = False
        self._directory = ""
        self._listener: socket.socket | None = None
        self._kept: dict[tuple[str, int], _Kept] = {}
        self._notes: dict[str, bytes] = {}
        self._streams: dict[int, tuple[_Kept, int]] = {}
        """While orphaned: descriptor -> whose output comes there, and which of its streams it is."""
        self._spooled = 0
        self._deaf = False
        """The supervisor does not hear any more, and that it is gone has not been seen yet."""

    def run(self) -> None:
        """Serve until a supervisor has hung up on purpose, or is gone and wanted nothing to be kept."""
        try:
            while True:
                self._serve()
                if self._hung_up() or not self._keeps or self._listener is None:
                    return
                self._end_passing()
                self._wait(self._listener)
        except _OverError:
            pass
        finally:
            self._extinguish()

    def _serve(self) -> None:
        try:
            while True:
                self._turn()
        except SupervisorGoneError:
            self._catch_up()

    def _end_passing(self) -> None:
        """Nobody waits any more for what is no part of the topology."""
        for unit, attempt in list(self._kept):
            if unit.startswith(PASSING):
                self._family.kill(unit, attempt)

    def _hung_up(self) -> bool:
        """Whether the supervisor closed its end for writing alone, which no death of it does (unix(7))."""
        looking = select.poll()
        looking.register(self._sock, select.POLLIN)
        events = dict(looking.poll(0)).get(self._sock.fileno(), 0)
        return bool(events & select.POLLIN) and not events & (select.POLLHUP | select.POLLERR)

    def _catch_up(self) -> None:
        """Carry out what the supervisor still asked for: it may have noted that it did."""
        while True:
            try:
                data, fds = receive(self._sock)
            except OSError:
                break
            if not data:
                break
            self._reader.feed(data, fds)
            for message, owned in self._reader.messages():
                self._carry_out(message, owned)
        self._fork_batch()

    # -- while a supervisor lives ------------------------------------------------------------------

    def _send(self, frame: bytes) -> None:
        """As ever, but for the end: in the middle of its work is no time to learn of that."""
        if not self._deaf:
            try:
                self._sock.sendall(frame)
            except OSError:
                self._deaf = True

    def _carry_out(self, message: Message, fds: list[int]) -> None:
        match message:
            case Spawn():
                streams = 2 + message.stdin
                key = message.unit, message.attempt
                if self._keeps:
                    self._kept[key] = _Kept(*key, fds[streams:], time.monotonic())
                super()._carry_out(message, fds[:streams])
            case Keep():
                self._arrange(message, fds)
            case Note():
                self._notes[message.key] = message.value
            case Settled():
                self._release(message.unit, message.attempt)
            case Read():
                kept = self._kept.get((message.unit, message.attempt))
                for spool in kept.spools if kept is not None else ():
                    spool.clear()
            case _:
                super()._carry_out(message, fds)

    def _arrange(self, message: Keep, fds: list[int]) -> None:
        self._keeps, self._directory = message.on, message.spools
        if self._listener is not None and (fds or not message.on):
            self._listener.close()
            self._listener = None
        if fds:
            self._listener = socket.socket(fileno=fds.pop())
            self._listener.setblocking(False)
        if not message.on:
            for key in list(self._kept):
                self._release(*key)

    def _release(self, unit: str, attempt: int) -> None:
        kept = self._kept.pop((unit, attempt), None)
        if kept is None:
            return
        for spool in kept.spools:
            spool.clear()
        while kept.fds:
            os.close(kept.fds.pop())

    def report(self, message: Report) -> None:
        """Tell the supervisor, and note what became of an attempt in case that it does not hear it."""
        if isinstance(message, Exited | SpawnFailed):
            kept = self._kept.get((message.unit, message.attempt))
            if kept is not None and isinstance(message, Exited):
                kept.pid, kept.ended = message.pid, (message.status, message.out_of_memory)
            elif kept is not None:
                kept.failed = True
        super().report(message)

    # -- while none does ---------------------------------------------------------------------------

    def _wait(self, listener: socket.socket) -> None:
        """Until somebody adopts what is here. Raises _OverError when there is nothing to wait for, and at
        SIGTERM: who cannot be talked with can still be ended in order."""
        self._deaf = True
        self._hang_up()
        self._forget_held()
        if not self._kept:
            raise _OverError
        signal.signal(signal.SIGTERM, _be_over)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        self._poll.register(listener, select.POLLIN)
        for kept in self._kept.values():
            self._watch(kept)
        while not self._wait_a_turn(listener):
            pass
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._poll.unregister(listener)
        for fd in list(self._streams):
            self._unwatch(fd)

    def _hang_up(self) -> None:
        self._poll.unregister(self._sock)
        self._sock.close()
        if self._supervisor_fd >= 0:
            self._poll.unregister(self._supervisor_fd)
            os.close(self._supervisor_fd)
            self._supervisor_fd = -1
        self._reader.close()
        self._reader = FrameReader()

    def _forget_held(self) -> None:
        """Who was not started yet will be started anew."""
        while self._held:
            _, request, fds = self._held.popleft()
            while fds:
                os.close(fds.pop())
            self._release(request.unit, request.attempt)

    def _watch(self, kept: _Kept) -> None:
        if not kept.spools:
            self._spooled += 1
            kept.spools = [Spool(f"{self._directory}/{self._spooled}.{name}") for name in ("out", "err")]
        for index, fd in enumerate(kept.fds[:2]):
            self._streams[fd] = kept, index
            self._poll.register(fd, select.POLLIN)

    def _unwatch(self, fd: int) -> None:
        del self._streams[fd]
        self._poll.unregister(fd)

    def _wait_a_turn(self, listener: socket.socket) -> bool:
        """Whether there is a supervisor again."""
        if self._notes.get(STOPPING) and not self._family.any_alive:
            raise _OverError
        ready = {fd for fd, _ in self._poll.poll()}
        if self._wakeup_fd in ready:
            self._reap()
        for fd in ready & self._pending.keys():
            self._settle_exec(fd)
        for fd in ready & self._streams.keys():
            if not self._keep_output(fd):
                self._unwatch(fd)
        return listener.fileno() in ready and self._answer(listener)

    def _keep_output(self, fd: int) -> bool:
        """Whether more may come."""
        kept, index = self._streams[fd]
        try:
            data = os.read(fd, CHUNK)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:  # EIO: the last holder of a terminal's other end has closed it
            return False
        if data:
            kept.spools[index].write(data)
        return bool(data)

    # -- one who asks ------------------------------------------------------------------------------

    def _answer(self, listener: socket.socket) -> bool:
        """Whether the one who asked is the supervisor now."""
        try:
            line, _ = listener.accept()
        except OSError:
            return False
        line.settimeout(_PATIENCE_S)
        adopted = False
        try:
            adopted = self._converse(line)
        except OSError:  # it went away
            pass
        finally:
            if not adopted:
                line.close()
        return adopted

    def _converse(self, line: socket.socket) -> bool:
        pid, uid = _peer(line)
        ask = _read_ask(line) if uid == os.getuid() else None
        if ask is None:
            return False
        version = self._configuration.version
        if ask.version != version:
            line.sendall(encode(Refused(version=version, pid=self._pid)))
            return False
        for kept in self._kept.values():
            self._show(line, kept, with_descriptors=ask.adopt)
        table = Table(
            pid=self._pid,
            mark=self._configuration.mark,
            env=self._configuration.env,
            notes=self._notes,
        )
        line.sendall(encode(table))
        if ask.adopt:
            self._listen_to(line, pid)
        return ask.adopt

    def _show(self, line: socket.socket, kept: _Kept, *, with_descriptors: bool) -> None:
        main = self._family.find(kept.unit, kept.attempt)
        if kept.failed or (main is None and kept.ended is None):
            return
        pid = kept.pid if main is None else main.pid
        held = Held(
            unit=kept.unit,
            attempt=kept.attempt,
            pid=pid,
            born=None if kept.ended else birth(pid),
            since=kept.since,
            ended=kept.ended,
            spools=(_files(kept, 0), _files(kept, 1)),
            lost=(_lost(kept, 0), _lost(kept, 1)),
        )
        fds = kept.fds if with_descriptors else []
        data = encode(held, len(fds))
        sent = line.sendmsg([data], rights(fds))
        line.sendall(data[sent:])

    def _listen_to(self, line: socket.socket, pid: int) -> None:
        line.settimeout(None)
        self._sock, self._deaf = line, False
        self._poll.register(line, select.POLLIN)
        if hasattr(os, "pidfd_open"):
            with suppress(ProcessLookupError):  # the line tells as well
                self._supervisor_fd = os.pidfd_open(pid)
                self._poll.register(self._supervisor_fd, select.POLLIN)

    def _extinguish(self) -> None:
        if self._listener is not None:
            self._listener.close()
        super()._extinguish()


def _be_over(*_: object) -> None:
    raise _OverError


def _files(kept: _Kept, index: int) -> tuple[str, ...]:
    return kept.spools[index].files if kept.spools else ()


def _lost(kept: _Kept, index: int) -> int:
    return kept.spools[index].lost if kept.spools else 0


def _peer(line: socket.socket) -> tuple[int, int]:
    """Process and user at the other end (SO_PEERCRED, unix(7)). Where that cannot be had, the directory's
    mode must do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return 0, os.getuid()
    pid, uid, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid, uid


def _read_ask(line: socket.socket) -> Ask | None:
    try:
        message = receive_first(line)
    except (ValueError, TypeError, EOFError, IndexError, MemoryError):  # whatever it is, it is no message
        return None
    return message if isinstance(message, Ask) else None
