"""The zygote's life: one thread, one poll, requests from the supervisor in, reports out. Decides nothing."""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from orchestrator.engines import cgroups, restrict
from orchestrator.engines.environment import changed
from orchestrator.engines.protocol import (
    MARK_VARIABLE,
    Configure,
    Exited,
    FrameReader,
    Kill,
    Message,
    Report,
    Signal,
    Spawn,
    Spawned,
    SpawnFailed,
    encode,
    mark_value,
    receive,
    spawned_frame,
    with_pid,
)
from orchestrator.engines.zygote import child, explain, program
from orchestrator.engines.zygote.family import Family, Main
from orchestrator.engines.zygote.warmth import Warmth

if TYPE_CHECKING:
    from orchestrator.engines.zygote.pynode import NodeProcess

_STOPPING = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}

HELD_S = 2.0
"""The longest a unit's start waits for killed predecessors to vanish (one stuck in the kernel may not)."""

BATCH = 16
"""Nodes forked in a row before anything else is done."""

_GIVE_UP_S = 30.0
"""The longest the end waits for killed descendants; what is left is another user's or hangs in the kernel."""


class SupervisorGoneError(Exception):
    """Nobody hears the zygote any more."""


class Zygote:
    """Forks, signals, kills and reaps on request. Raises nothing but what is a defect of its own."""

    def __init__(self, sock: socket.socket, configuration: Configure, wakeup_fd: int, warmth: Warmth) -> None:
        self._sock = sock
        self._configuration = configuration
        self._warmth = warmth
        self._wakeup_fd = wakeup_fd
        self._pid = os.getpid()
        self._family = Family(configuration.mark)
        self._reader = FrameReader()
        self._pending: dict[int, Main] = {}
        self._held: deque[tuple[float, Spawn, list[int]]] = deque()
        self._batch: list[tuple[Spawn, NodeProcess, bytes, list[int]]] = []
        self._homes: set[str] = set()
        """Groups below which control groups were made."""
        self._null_fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._poll = select.poll()
        for fd in (sock.fileno(), wakeup_fd):
            self._poll.register(fd, select.POLLIN)
        self._supervisor_fd = self._watch_supervisor()

    def run(self) -> None:
        """Serve until the supervisor is gone or has closed its end; then leave no descendant behind."""
        try:
            while True:
                self._turn()
        except SupervisorGoneError:
            pass
        finally:
            self._extinguish()

    def report(self, message: Report) -> None:
        """Tell the supervisor. Blocks while it does not read. Raises SupervisorGoneError."""
        self._send(encode(message))

    def _send(self, frame: bytes) -> None:
        try:
            self._sock.sendall(frame)
        except OSError as error:
            raise SupervisorGoneError from error

    def _watch_supervisor(self) -> int:
        """Its end is seen even when a process forked from it holds its end of the socket open."""
        if os.getppid() != self._configuration.supervisor_pid:
            raise SupervisorGoneError
        if not hasattr(os, "pidfd_open"):
            return -1
        fd = os.pidfd_open(self._configuration.supervisor_pid)
        self._poll.register(fd, select.POLLIN)
        return fd

    def _turn(self) -> None:
        timeout = 20 if self._held else None
        ready = {fd for fd, _ in self._poll.poll(timeout)}
        if self._wakeup_fd in ready:
            self._reap()
        for fd in ready & self._pending.keys():
            self._settle_exec(fd)
        if self._supervisor_fd in ready:
            raise SupervisorGoneError
        if self._sock.fileno() in ready:
            self._receive()
        if self._held:
            self._release_held()

    # -- requests ----------------------------------------------------------------------------------

    def _receive(self) -> None:
        """Carry out what has been asked by now. One read ends with the first message that has descriptors."""
        for _ in range(BATCH):
            try:
                data, fds = receive(self._sock)
            except BlockingIOError:
                break
            except OSError as error:
                raise SupervisorGoneError from error
            if not data:
                raise SupervisorGoneError
            self._reader.feed(data, fds)
            for message, owned in self._reader.messages():
                self._carry_out(message, owned)
        self._fork_batch()

    def _carry_out(self, message: Message, fds: list[int]) -> None:
        if not isinstance(message, Spawn):
            self._fork_batch()
        match message:
            case Spawn():
                self._spawn_or_hold(message, fds)
            case Signal():
                self._signal(message)
            case Kill():
                self._family.kill(message.unit, message.attempt)
                self._family.sweep()

    def _signal(self, message: Signal) -> None:
        main = self._family.find(message.unit, message.attempt)
        if main is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(main.pid, message.signum)
                if message.signum not in _STOPPING:
                    os.kill(main.pid, signal.SIGCONT)

    # -- starting ----------------------------------------------------------------------------------

    def _spawn_or_hold(self, request: Spawn, fds: list[int]) -> None:
        """A unit starts when nothing killed of it is left: a grandchild may still hold its port."""
        if self._family.is_dying(request.unit):
            self._held.append((time.monotonic() + HELD_S, request, fds))
        else:
            self._spawn(request, fds)

    def _release_held(self) -> None:
        self._family.sweep()
        now = time.monotonic()
        for _ in range(len(self._held)):
            deadline, request, fds = self._held.popleft()
            if now < deadline and self._family.is_dying(request.unit):
                self._held.append((deadline, request, fds))
            else:
                self._spawn(request, fds)
        self._fork_batch()

    def _spawn(self, request: Spawn, fds: list[int]) -> None:
        if len(fds) < 2 + request.stdin:
            self._fail(request, "too many open files in the process that starts programs", permanent=False)
            _close(fds)
            return
        try:
            fds.append(_open_directory(request.cwd))
        except OSError as error:
            _close(fds)
            reason = explain.explain_cwd(error, request.cwd)
            self._fail(request, reason, permanent=program.is_permanent(error))
            return
        try:
            limits = self._limits(request)
        except OSError as error:
            _close(fds)
            reason = f"its control group could not be made: {error.strerror}: {error.filename}"
            self._fail(request, reason, permanent=False)
            return
        preparation = child.Preparation(
            name=request.unit.encode(),
            parent=self._pid,
            cwd_fd=fds[-1],
            stdin_fd=fds[2] if request.stdin else self._null_fd,
            stdout_fd=fds[0],
            stderr_fd=fds[1],
            nofile_soft=self._configuration.nofile_soft,
            limits=limits,
        )
        mark = mark_value(self._configuration.mark, request.unit, request.attempt)
        changes = {**request.changes, MARK_VARIABLE: mark}
        if request.argv is None:
            self._prepare_node(request, changes, preparation, fds)
        else:
            self._fork_program(request, request.argv, changed(self._configuration.env, changes), preparation)
            _close(fds)

    def _limits(self, request: Spawn) -> restrict.Limits | None:
        """What the child sets of its limits; its control group is made. Raises OSError."""
        if request.limits is None:
            return None
        cpus, nice, nofile, memory = request.limits
        joined = None
        if request.group is not None:
            self._homes.add(os.path.dirname(request.group))  # noqa: PTH120  hot
            joined = cgroups.make(request.group, memory)
        return restrict.Limits(
            cpus=cpus,
            nice=nice,
            nofile=nofile,
            address_space=memory if joined is None else None,
            group=joined,
        )

    def _fork_program(
        self, request: Spawn, argv: tuple[str, ...], env: dict[str, str], preparation: child.Preparation
    ) -> None:
        try:
            pid, status_fd = program.fork_program(argv, env, request.cwd, preparation)
        except OSError as error:
            self._no_process(request, error)
            return
        self._await_exec(request, pid, status_fd)

    def _await_exec(self, request: Spawn, pid: int, status_fd: int) -> None:
        main = self._family.add(request.unit, request.attempt, pid, status_fd, request.group)
        self._pending[status_fd] = main
        self._poll.register(status_fd, select.POLLIN)

    def _no_process(self, request: Spawn, error: OSError) -> None:
        if request.group is not None:
            cgroups.remove(request.group)
        self._fail(request, f"no process could be made: {error.strerror}", permanent=False)

    def _prepare_node(
        self,
        request: Spawn,
        changes: dict[str, str | None],
        preparation: child.Preparation,
        fds: list[int],
    ) -> None:
        if self._warmth.reach():
            gc.collect()
            gc.freeze()
        from orchestrator.engines.zygote.pynode import NodeProcess

        process = NodeProcess(
            name=request.unit,
            target=self._configuration.target,
            payload=request.host or b"",
            changes=changes,
            preparation=preparation,
        )
        if preparation.limits is not None:
            self._fork_limited(request, process)
            _close(fds)
            return
        self._batch.append((request, process, spawned_frame(request.unit, request.attempt), fds))
        if len(self._batch) == BATCH:
            self._fork_batch()

    def _fork_limited(self, request: Spawn, process: NodeProcess) -> None:
        """A node whose limits may be refused: only it knows whether it has come into being."""
        from orchestrator.engines.zygote.pynode import fork_node

        reading, process.status_fd = program.status_pipe()
        try:
            pid = fork_node(process)
        except OSError as error:
            os.close(reading)
            self._no_process(request, error)
            return
        finally:
            os.close(process.status_fd)
        self._await_exec(request, pid, reading)

    def _fork_batch(self) -> None:
        """Fork the prepared nodes one right after the other.

        What the zygote writes to between two forks is copied once more and stays with the older child. So all
        is made ready before the first fork and noted after the last.
        """
        if not self._batch:
            return
        from orchestrator.engines.zygote.pynode import fork_node

        batch, self._batch = self._batch, []
        pids = [self._fork_node(fork_node, process, frame) for _, process, frame, _ in batch]
        for (request, _, _, fds), pid in zip(batch, pids, strict=True):
            _close(fds)
            if isinstance(pid, int):
                self._family.add(request.unit, request.attempt, pid)
            else:
                self._no_process(request, pid)

    def _fork_node(
        self, fork: Callable[[NodeProcess], int], process: NodeProcess, frame: bytes
    ) -> int | OSError:
        try:
            pid = fork(process)
        except OSError as error:
            return error
        self._send(with_pid(frame, pid))
        return pid

    def _fail(self, request: Spawn, reason: str, *, permanent: bool) -> None:
        report = SpawnFailed(unit=request.unit, attempt=request.attempt, reason=reason, permanent=permanent)
        self.report(report)

    def _settle_exec(self, status_fd: int) -> None:
        """The child's status pipe speaks: it runs its program, or says why not."""
        try:
            failure = program.read_failure(status_fd)
        except BlockingIOError:
            return
        main = self._pending.pop(status_fd)
        self._poll.unregister(status_fd)
        os.close(status_fd)
        main.status_fd = -1
        if failure is None:
            self.report(Spawned(unit=main.unit, attempt=main.attempt, pid=main.pid))
        else:
            main.failed = True
            reason, permanent = failure.reason, failure.permanent
            self.report(SpawnFailed(unit=main.unit, attempt=main.attempt, reason=reason, permanent=permanent))

    # -- ends --------------------------------------------------------------------------------------

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wakeup_fd, 4096)
        ended = self._family.reap()
        for main, status in ended:
            if main.status_fd >= 0:
                self._settle_exec(main.status_fd)
            if not main.failed:
                self._report_exit(main, status)
        self._family.sweep()

    def _report_exit(self, main: Main, status: int) -> None:
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        out_of_memory = killed and main.group is not None and cgroups.ran_out(main.group)
        report = Exited(
            unit=main.unit, attempt=main.attempt, pid=main.pid, status=status, out_of_memory=out_of_memory
        )
        self.report(report)

    def _extinguish(self) -> None:
        """Kill and reap until no child is left; remove the control groups."""
        self._end_children()
        for home in self._homes:
            cgroups.close_down(home, cgroups.leaf_of(home, self._configuration.mark))

    def _end_children(self) -> None:
        """A subreaper without a child has no descendant either."""
        deadline = time.monotonic() + _GIVE_UP_S
        while time.monotonic() < deadline:
            self._family.kill_everything()
            self._family.reap()
            if self._family.childless:
                return
            waiting = select.poll()
            waiting.register(self._wakeup_fd, select.POLLIN)
            waiting.poll(10)
            with suppress(BlockingIOError):
                os.read(self._wakeup_fd, 4096)


def _open_directory(path: str) -> int:
    """A descriptor to change into. Raises OSError when that would fail."""
    fd = os.open(path, getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC)
    if not os.access(path, os.X_OK):
        os.close(fd)
        raise PermissionError(13, os.strerror(13), path)
    return fd


def _close(fds: list[int]) -> None:
    while fds:
        os.close(fds.pop())
