"""An engine without processes, for tests of what sits above: notes what is asked, is driven by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from orchestrator.engines import EngineListener, SpawnRequest
from orchestrator.errors import OrchestratorError
from orchestrator.vocabulary import Stream

_SIGKILL = 9


@dataclass(frozen=True, slots=True)
class Spawned:
    """`spawn` was called."""

    request: SpawnRequest


@dataclass(frozen=True, slots=True)
class Signalled:
    unit: str
    attempt: int
    signum: int


@dataclass(frozen=True, slots=True)
class Killed:
    unit: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Written:
    unit: str
    attempt: int
    data: bytes


Call: TypeAlias = Spawned | Signalled | Killed | Written


@dataclass(slots=True)
class FakeEngine:
    """Nothing happens until the test says so: `spawn_succeeds`, `spawn_fails`, `emit`, `exits`, `breaks`.

    `calls` has every request in order. With `obedient`, `spawn` succeeds and `kill` ends the process at once.
    """

    obedient: bool = False
    start_error: OrchestratorError | None = None
    """Raised by `start`."""
    calls: list[Call] = field(default_factory=list)
    started: bool = False
    closed: bool = False
    pids: dict[tuple[str, int], int] = field(default_factory=dict)
    """(unit, attempt) -> id of the processes that live."""
    held: bool = False
    """Whether output is held back."""
    _listener: EngineListener | None = None
    _last_pid: int = 1000

    # -- Engine ------------------------------------------------------------------------------------

    def prestart(self, *, nodes: bool = True) -> None:
        """Nothing to warm up."""

    def abandon(self) -> None:
        """Nothing was warmed up."""

    async def start(self, listener: EngineListener) -> None:
        if self.start_error is not None:
            raise self.start_error
        self._listener = listener
        self.started = True

    def spawn(self, request: SpawnRequest) -> None:
        self.calls.append(Spawned(request))
        if self.obedient:
            self.spawn_succeeds(request.unit, request.attempt)

    def signal(self, unit: str, attempt: int, signum: int) -> None:
        self.calls.append(Signalled(unit, attempt, signum))

    def kill(self, unit: str, attempt: int) -> None:
        self.calls.append(Killed(unit, attempt))
        if self.obedient and (unit, attempt) in self.pids:
            self.exits(unit, attempt, signal=_SIGKILL)

    def write_stdin(self, unit: str, attempt: int, data: bytes, *, last: bool = False) -> None:
        self.calls.append(Written(unit, attempt, data))

    def hold_output(self, held: bool) -> None:
        self.held = held

    async def close(self) -> None:
        self.closed = True
        self.pids.clear()

    # -- what the test makes happen ----------------------------------------------------------------

    @property
    def listener(self) -> EngineListener:
        """Whom the engine reports to. Raises AssertionError before `start`."""
        assert self._listener is not None, "the engine has not been started"
        return self._listener

    def requests(self, unit: str) -> list[SpawnRequest]:
        """All that `spawn` was asked for this unit, in order."""
        return [c.request for c in self.calls if isinstance(c, Spawned) and c.request.unit == unit]

    def spawn_succeeds(self, unit: str, attempt: int) -> int:
        """The process is there; returns its id."""
        self._last_pid += 1
        self.pids[unit, attempt] = self._last_pid
        self.listener.spawned(unit, attempt, self._last_pid)
        return self._last_pid

    def spawn_fails(self, unit: str, attempt: int, reason: str, *, permanent: bool = False) -> None:
        """No process could be made."""
        self.listener.spawn_failed(unit, attempt, reason, permanent)

    def emit(self, unit: str, attempt: int, data: bytes, stream: Stream = Stream.STDOUT) -> None:
        """The process writes."""
        self.listener.output(unit, attempt, stream, data)

    def exits(
        self,
        unit: str,
        attempt: int,
        *,
        code: int | None = None,
        signal: int | None = None,
        out_of_memory: bool = False,
    ) -> None:
        """The process ends: by `signal` where given, else with `code` (0). KeyError when none lives."""
        pid = self.pids.pop((unit, attempt))
        if signal is None:
            code = code or 0
        self.listener.exited(unit, attempt, pid, code, signal, out_of_memory)

    def breaks(self, reason: str) -> None:
        """The engine itself is lost, and all processes with it."""
        self.pids.clear()
        self.listener.engine_lost(reason)
