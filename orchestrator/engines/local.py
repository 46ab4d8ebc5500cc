"""Runs processes on this machine, by way of a zygote. POSIX; on other systems `start` says that it cannot."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.engines import EngineListener, SpawnRequest
from orchestrator.engines.bounds import Bounds
from orchestrator.engines.children import Child, Children
from orchestrator.engines.losses import Losses
from orchestrator.errors import PlatformError, RunError
from orchestrator.vocabulary import Stream

if TYPE_CHECKING:
    from orchestrator.engines.limits import DescriptorLimit
    from orchestrator.engines.link import ZygoteLink
    from orchestrator.engines.oom import OomWatch
    from orchestrator.engines.protocol import Message
    from orchestrator.engines.stdio import Ends

_READY_S = 30.0
"""The longest a zygote may take to import what it needs; a tenth of a second is usual."""

_CLOSE_S = 10.0
"""The longest `close` waits for the zygote to end everything before it does so itself."""

_SIGKILL = 9
_LOST = "the process that starts programs was lost"


class LocalEngine:
    """The engine for processes of this machine (see `Engine`).

    `target`: `module:function` called with the payload in a Python node's process. The listener is no
    longer called once `close` has begun.
    """

    _version = ""
    """Of an engine whose zygote may outlive this process: who will be able to talk with it."""

    def __init__(self, *, target: str = "orchestrator.host:main") -> None:
        self._target = target
        self._mark = os.urandom(8).hex()
        self._env: dict[str, str] = {}
        self._link: ZygoteLink | None = None
        self._limit: DescriptorLimit | None = None
        self._oom: OomWatch | None = None
        self._children = Children()
        self._inbox: deque[Message] = deque()
        self._queued: deque[SpawnRequest] = deque()
        self._losses = Losses()
        self._ready: asyncio.Future[None] | None = None
        self._ended: asyncio.Event | None = None
        self._mending: asyncio.Task[None] | None = None
        self._closing = False
        self._nodes = True
        """Whether a zygote is to be warm for Python nodes."""
        self._bounds = Bounds(self._mark, lambda text: self._listener.remarked(text))

    # -- life --------------------------------------------------------------------------------------

    @property
    def mark(self) -> str:
        """What all processes of this engine carry in their environment."""
        return self._mark

    def prestart(self, *, nodes: bool = True) -> None:
        """Start the zygote and return while it warms up. Callable long before `start`, without an event loop.

        Without `nodes` it imports nothing of what Python nodes need until the first one is asked for: foreign
        programs alone start from a smaller process. Does nothing where `start` would fail for lack of
        platform; raises RunError when no process can be made.
        """
        if self._link is not None or os.name != "posix":
            return
        self._nodes = self._nodes and nodes
        from orchestrator.engines.limits import DescriptorLimit
        from orchestrator.engines.link import ZygoteLink
        from orchestrator.engines.protocol import Configure

        self._limit = self._limit or DescriptorLimit()
        self._env = dict(os.environ)
        configuration = Configure(
            target=self._target,
            mark=self._mark,
            nofile_soft=self._limit.original,
            supervisor_pid=os.getpid(),
            env=self._env,
            keep=bool(self._version),
            version=self._version,
            nodes=self._nodes,
        )
        try:
            self._link = ZygoteLink.start(configuration)
        except OSError as error:
            raise RunError(f"the process that starts programs could not be made: {error.strerror}") from error

    def abandon(self) -> None:
        """Undo `prestart` where `start` was never reached."""
        if self._link is not None and self._ready is None:
            self._link.kill()
            self._link.discard()
            self._link = None

    async def start(self, listener: EngineListener) -> None:
        """Wait until the zygote is warm; raise the limit of open files. Raises RunError or PlatformError."""
        if os.name != "posix":
            raise PlatformError(
                "processes cannot be run on this platform: it has no fork and no process groups",
                "run this command on Linux, macOS or in WSL; validate and render work here",
            )
        from orchestrator.engines.oom import OomWatch

        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._oom = OomWatch()
        await self._start_zygote()
        assert self._limit is not None
        self._limit.raise_()

    async def close(self) -> None:
        """Kill whatever is left, reap it, give all descriptors back. Idempotent."""
        self._closing, clean = True, True
        self._inbox.clear()
        self._queued.clear()
        if self._mending is not None and self._mending is not asyncio.current_task():
            self._mending.cancel()
            await asyncio.gather(self._mending, return_exceptions=True)
            self._mending = None
            clean = False
        link, self._link = self._link, None
        if link is not None:
            clean = await self._end_zygote(link)
        if not clean:
            await self._end_leftovers()
        self._bounds.close()
        self._children.release()
        if self._limit is not None:
            self._limit.restore()
            self._limit = None

    async def _start_zygote(self) -> None:
        self.prestart()
        assert self._link is not None
        self._ready = self._loop.create_future()
        self._ended = asyncio.Event()
        self._link.attach(self._loop, self._hear, self._lost)
        try:
            await asyncio.wait_for(self._ready, _READY_S)
        except TimeoutError:
            self._link.kill()
            self._discard_link()
            raise RunError(f"the process that starts programs was not ready after {_READY_S:g} s") from None
        except RunError as error:
            raise RunError(f"{error.message} ({self._discard_link()})", error.remedy) from None

    async def _end_zygote(self, link: ZygoteLink) -> bool:
        """Let the zygote end all it has made, then itself. False when it did not end in peace."""
        if self._ready is None or self._ended is None:
            link.kill()
            link.discard()
            return True
        link.hang_up()
        try:
            await asyncio.wait_for(self._ended.wait(), _CLOSE_S)
        except TimeoutError:
            link.kill()
        link.discard()
        return link.returncode == 0

    def _discard_link(self) -> str:
        """Give up a zygote that has ended; how it ended, in words."""
        link, self._link = self._link, None
        if link is None:
            return ""
        text = link.discard()
        code = link.returncode or 0
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        return f"{how}: {text}" if text else how

    async def _end_leftovers(self) -> bool:
        from orchestrator.engines.mend import clean_up

        return await clean_up(self._mark, self._children.pids)

    # -- requests ----------------------------------------------------------------------------------

    def spawn(self, request: SpawnRequest) -> None:
        """Start a process; `spawned` or `spawn_failed` follows. Waits while a lost zygote is replaced."""
        if self._closing:
            return
        if self._mending is not None:
            self._queued.append(request)
            return
        if self._link is None:
            reason = "the process that starts programs is not there"
            self._loop.call_soon(self._tell_failed, request.unit, request.attempt, reason)
            return
        from orchestrator.engines import protocol, stdio
        from orchestrator.engines.environment import changes

        try:
            ends = stdio.open_ends(terminal=request.argv is not None, stdin=request.stdin)
        except OSError as error:
            reason = f"its streams could not be opened: {error.strerror}"
            self._loop.call_soon(self._tell_failed, request.unit, request.attempt, reason)
            return
        self._children.add(Child(request.unit, request.attempt, ends))
        self._nodes = self._nodes or request.argv is None
        if self._oom is not None:
            self._oom.refresh()
        message = protocol.Spawn(
            unit=str(request.unit),
            attempt=request.attempt,
            # marshal takes no subclasses (an enumeration's member, a string that knows its place in a file)
            argv=None if request.argv is None else tuple(map(str, request.argv)),
            host=request.host,
            changes=changes(self._env, request.env),
            cwd=str(request.cwd),
            stdin=request.stdin,
            limits=self._bounds.limits(request),
            group=self._bounds.group(request, self._link.pid),
        )
        self._link.send(message, self._handed_over(ends))

    def _handed_over(self, ends: Ends) -> list[int]:
        """The descriptors that go along with a request, and belong to it."""
        theirs, ends.theirs = ends.theirs, []
        return theirs

    def signal(self, unit: str, attempt: int, signum: int) -> None:
        """Send a signal to the unit's main process, and SIGCONT after it."""
        from orchestrator.engines.protocol import Signal

        child = self._children.get(unit, attempt)
        if child is not None and signum == _SIGKILL:
            child.killed = True
        if self._link is not None:
            self._link.resume()
            self._link.send(Signal(unit=str(unit), attempt=attempt, signum=int(signum)))

    def kill(self, unit: str, attempt: int) -> None:
        """SIGKILL the unit's group and what else of its descendants is found; also after its own end."""
        from orchestrator.engines.protocol import Kill

        child = self._children.get(unit, attempt)
        if child is not None:
            child.killed = True
        if self._link is not None:
            self._link.resume()
            self._link.send(Kill(unit=str(unit), attempt=attempt))

    def write_stdin(self, unit: str, attempt: int, data: bytes, *, last: bool = False) -> None:
        """Queue data for a unit that was started with `stdin`. What it never reads is dropped."""
        child = self._children.get(unit, attempt)
        if child is not None and child.stdin is not None:
            child.stdin.write(data, last=last)

    def hold_output(self, held: bool) -> None:
        """While `held`, what processes write is not read, and waits in their pipes."""
        self._children.readers.hold(held)

    # -- reports -----------------------------------------------------------------------------------

    def _hear(self, message: Message) -> None:
        if self._closing:
            return
        self._inbox.append(message)
        if len(self._inbox) == 1:
            self._dispatch()

    def _dispatch(self) -> None:
        """Hand reports on in order; a listener that raises loses the one report, not those behind it."""
        from orchestrator.engines.protocol import Exited, Ready, Spawned, SpawnFailed

        try:
            while self._inbox:
                match self._inbox[0]:
                    case Ready():
                        assert self._ready is not None
                        if not self._ready.done():
                            self._ready.set_result(None)
                    case Spawned(unit=unit, attempt=attempt, pid=pid):
                        self._on_spawned(unit, attempt, pid)
                    case SpawnFailed(unit=unit, attempt=attempt, reason=reason, permanent=permanent):
                        self._on_failed(unit, attempt, reason, permanent)
                    case Exited(unit=unit, attempt=attempt, pid=pid, status=status, out_of_memory=oom):
                        self._on_exited(unit, attempt, pid, os.waitstatus_to_exitcode(status), oom)
                if self._inbox:
                    self._inbox.popleft()
        except BaseException:
            if self._inbox:
                self._inbox.popleft()
                self._loop.call_soon(self._dispatch)
            raise

    def _on_spawned(self, unit: str, attempt: int, pid: int) -> None:
        child = self._children[unit, attempt]
        ends, child.ends, child.pid = child.ends, None, pid
        assert ends is not None
        self._open_streams(child, ends.stdout, ends.stderr, ends.stdin)
        self._listener.spawned(unit, attempt, pid)

    def _open_streams(self, child: Child, stdout: int, stderr: int, stdin: int | None) -> None:
        """Read what the process writes from now on."""
        from orchestrator.engines.stdio import InputWriter, OutputReader

        if stdin is not None:
            child.stdin = InputWriter(self._loop, stdin, child.unit)
        for fd, stream in ((stdout, Stream.STDOUT), (stderr, Stream.STDERR)):
            deliver = partial(self._deliver, child.unit, child.attempt, stream)
            child.readers.append(OutputReader(self._loop, fd, deliver, self._children.readers))

    def _deliver(self, unit: str, attempt: int, stream: Stream, data: bytes) -> None:
        self._listener.output(unit, attempt, stream, data)

    def _on_failed(self, unit: str, attempt: int, reason: str, permanent: bool) -> None:
        self._children.drop(unit, attempt)
        self._listener.spawn_failed(unit, attempt, reason, permanent)
        self._settled(unit, attempt)

    def _tell_failed(self, unit: str, attempt: int, reason: str) -> None:
        if not self._closing:
            self._listener.spawn_failed(unit, attempt, reason, False)

    def _on_exited(self, unit: str, attempt: int, pid: int, exitcode: int, group_ran_out: bool) -> None:
        child = self._children.ended(unit, attempt)
        code, signum = (exitcode, None) if exitcode >= 0 else (None, -exitcode)
        assert self._oom is not None
        by_kernel = signum == _SIGKILL and not child.killed
        oom = by_kernel and (self._oom.explains(pid) or group_ran_out)
        self._listener.exited(unit, attempt, pid, code, signum, oom)
        self._settled(unit, attempt)

    def _settled(self, unit: str, attempt: int) -> None:
        """The listener knows of the end of an attempt."""

    # -- loss of the zygote ------------------------------------------------------------------------

    def _lost(self) -> None:
        assert self._ended is not None and self._ready is not None
        self._ended.set()
        if self._closing:
            return
        if not self._ready.done():
            self._ready.set_exception(RunError("the process that starts programs ended before it was ready"))
        elif self._mending is None:
            self._mending = self._loop.create_task(self._mend())

    async def _mend(self) -> None:
        """End what the dead zygote had made, report it, and start another zygote."""
        reason = self._discard_link()
        clean = await self._end_leftovers()
        for child in self._children.lost():
            self._report_lost(child, reason)
        self._losses.note(time.monotonic())
        try:
            if not clean:
                raise RunError("processes of its units would not die")
            self._losses.judge()
            await self._start_zygote()
        except RunError as error:
            self._mending = None
            self._refuse_queued()
            self._listener.engine_lost(f"the process that starts programs ended ({reason}); {error.message}")
            return
        self._mending = None
        while self._queued:
            self.spawn(self._queued.popleft())

    def _refuse_queued(self) -> None:
        while self._queued:
            request = self._queued.popleft()
            self._listener.spawn_failed(request.unit, request.attempt, _LOST, False)

    def _report_lost(self, child: Child, how: str) -> None:
        if child.pid is None:
            self._listener.spawn_failed(child.unit, child.attempt, f"{_LOST}: {how}", False)
        else:
            self._listener.exited(child.unit, child.attempt, child.pid, None, _SIGKILL, False)
