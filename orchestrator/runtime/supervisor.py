"""The supervisor: events go into the machine, its actions to engine, control channel and probes."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.engines import Engine
from orchestrator.planning.types import Plan
from orchestrator.runtime import launching, told
from orchestrator.runtime.aiming import Aims
from orchestrator.runtime.asked import Asked
from orchestrator.runtime.control import ControlServer
from orchestrator.runtime.draining import Drains
from orchestrator.runtime.lines import Chunk
from orchestrator.runtime.membership import members
from orchestrator.runtime.parting import Parting
from orchestrator.runtime.probes import Prober
from orchestrator.runtime.reports import (
    OutputLine,
    Remark,
    Report,
    TopologyEnded,
    TopologyReady,
)
from orchestrator.runtime.seen import Seen
from orchestrator.runtime.spawning import Spawner
from orchestrator.runtime.transcripts import SHOWN_LINES, Transcripts
from orchestrator.supervision import actions, machine
from orchestrator.supervision.actions import (
    Action,
    Announce,
    AskToStop,
    CancelProbes,
    Connect,
    Finish,
    Kill,
    Spawn,
    StartProbe,
)
from orchestrator.supervision.events import (
    Adopted,
    Bound,
    Event,
    Exited,
    Spawned,
    SpawnFailed,
    StartRequested,
    StopRequested,
    Ticked,
)
from orchestrator.vocabulary import NodeState, Stream

if TYPE_CHECKING:
    from orchestrator.runtime.heir import Heir
    from orchestrator.runtime.keeping import Keeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended."""

    failed: bool
    reason: str


class Supervisor(Asked, Seen):
    """Runs one plan to its end. All methods belong to the loop's thread.

    `tell` gets every Report, in the order of what happened; it must not block for long and must not raise.
    Lines of output are made into reports only while `wants_lines`. `store` gets all that nodes write: unit,
    attempt, stream, seconds since the epoch, lines. `heir` takes over what an earlier supervisor has left,
    `keeping` leaves something for a later one.
    """

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        *,
        tell: Callable[[Report], None],
        environ: Mapping[str, str],
        wants_lines: Callable[[], bool] = lambda: True,
        store: Callable[[str, int, Stream, float, Chunk], None] | None = None,
        seed: int | None = None,
        heir: Heir | None = None,
        keeping: Keeping | None = None,
    ) -> None:
        super().__init__()
        self._units = {unit.unit: unit for unit in plan.units}
        self._engine = engine
        self._tell = tell
        self._wants_lines = wants_lines
        self._store = store
        self._environ = dict(environ)
        self._heir = heir
        self._keeping = keeping
        self._token = secrets.token_hex(16) if heir is None else heir.token
        self._parting = Parting(self.feed)
        self._control = ControlServer(
            control_address(plan.run_dir),
            self._token,
            members(plan.units),
            tell=self._parting.heard,
            lasting=heir is not None or keeping is not None,
        )
        self._prober = Prober(self.feed)
        self._state = machine.initial(plan, seed=secrets.randbits(32) if seed is None else seed)
        self._aims = Aims(self._control, lambda: self._state)
        self._drains = Drains(self._control, lambda: self._state, engine.signal)
        self._spawner = Spawner(engine, refuse=self.spawn_failed)
        self._transcripts = Transcripts()
        self._pids: dict[str, int] = {}
        self.exit_codes: dict[str, int] = {}
        """unit -> exit code of its last process that has ended; 128 + n for signal n, as shells have it."""
        self._queue: list[Event] = []
        self._feeding = False
        self._timer: asyncio.TimerHandle | None = None
        self._rearming = False
        self._outcome: Outcome | None = None
        self._lost: str | None = None
        self._was_up = False

    # ------------------------------------------------------------------ the run

    async def run(self) -> Outcome:
        """Bring the topology up and supervise it until nothing is left.

        Raises OrchestratorError when the engine cannot be started.
        """
        self._loop = asyncio.get_running_loop()
        self._finished = asyncio.Event()
        self._began = time.monotonic()
        self._control.open(self._loop)
        self._run = launching.Run(
            plan=self.plan,
            control=self._control.address,
            token=self._token,
            environ=self._environ,
            lasting=self._keeping is not None,
        )
        try:
            await self._engine.start(self)
            self._tell(told.starting(self.plan))
            if self._keeping is not None:
                self._keeping.begin(self._token)
            if self._heir is not None:
                await self._heir.take_over(self)
            else:
                self.feed(StartRequested())
            await self._finished.wait()
        finally:
            await self._close()
        assert self._outcome is not None
        return self._outcome

    async def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._drains.close()
        self._parting.close()
        await self._prober.close()
        await self._spawner.close()
        await self._engine.close()
        self._control.close()

    def instances(self, unit: str) -> tuple[str, ...]:
        """The nodes' replicas in a unit's process."""
        return tuple(instance.instance for instance in self._units[unit].instances)

    @property
    def finished(self) -> bool:
        """Whether nothing is left."""
        return self._outcome is not None

    def adopt(self, found: Adopted) -> None:
        """A process that an earlier supervisor has left takes its unit's place instead of a new one. Only
        between the start of the engine and that of the topology; later it changes nothing."""
        if found.unit in self._units and not self._state.units[found.unit].started:
            self._control.adopt(found.unit, found.attempt, found.since_s, ready=found.ready)
            self._transcripts.begin(found.unit, found.attempt)
            self._pids[found.unit] = found.pid
        self.feed(found)

    def connect_again(self, unit: str) -> None:
        """Tell an adopted node where its binders are: one may have moved in the last moment of the supervisor
        that would have told."""
        known = self._state.addresses
        targets = {key: known[key] for key in self._state.wiring.targets.get(unit, ()) if key in known}
        if targets and self._state.units[unit].run.connected:
            self._control.connect(unit, targets)

    def signal(self, unit: str, signum: int) -> None:
        """Send a signal to one unit's process, past the machine: what follows is judged as if it came by
        itself."""
        self._engine.signal(unit, self._state.units[unit].run.attempt, signum)

    # ------------------------------------------------------------------ events and actions

    def feed(self, event: Event) -> None:
        """Put one event through the machine and carry out what it decides, in order.

        An action may lead to the next event at once; that one waits its turn.
        """
        self._queue.append(event)
        if self._feeding:
            return
        self._feeding = True
        try:
            while self._queue:
                before, event = self._state, self._queue.pop(0)
                self._state, todo = machine.step(before, event, time.monotonic())
                if self._state.plan is not before.plan:
                    self._fit()
                if self._keeping is not None:
                    self._keeping.hear(self._state, event, todo)
                for action in todo:
                    self._do(action)
                if isinstance(event, Bound):
                    self._aims.bound(event)
        finally:
            self._feeding = False
        if not self._rearming and self._outcome is None:
            self._rearming = True
            self._loop.call_soon(self._rearm)

    def _fit(self) -> None:
        """Have everybody know the units as the machine does. Those that have gone may still be spoken of."""
        units = {name: unit.plan for name, unit in self._state.units.items()}
        self._units.update(units)
        self._control.expect(members(units.values()))
        self._run = dataclasses.replace(self._run, plan=self.plan)

    def _rearm(self) -> None:
        """Set the clock for the machine's next deadline; once per turn of the loop, however many events."""
        self._rearming = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._note_up()
        at = machine.next_deadline(self._state)
        if at is not None:
            delay_s = max(0.0, at - time.monotonic())
            self._timer = self._loop.call_later(delay_s, self._tick)

    def _tick(self) -> None:
        now = time.monotonic()
        self.feed(Ticked(pongs=self._control.pongs, stalled=self._control.stalled(now)))

    def _note_up(self) -> None:
        up = machine.is_up(self._state)
        if up and not self._was_up:
            self._tell(
                TopologyReady(
                    time=time.time(),
                    topology=self.plan.topology,
                    units=len(self._state.units),
                    seconds=time.monotonic() - self._began,
                )
            )
        elif self._was_up and not up:
            self._began = time.monotonic()
        self._was_up = up

    def _do(self, action: Action) -> None:
        match action:
            case Announce():
                self._announce(action)
            case Spawn():
                self._spawn(action)
            case Connect():
                self._aims.connect(action)
            case AskToStop():
                self._ask_to_stop(action)
            case Kill():
                if not self._spawner.withdraw(action.unit, action.attempt):
                    self._engine.kill(action.unit, action.attempt)
            case StartProbe():
                unit = self._state.units[action.unit].plan
                environ = {**self._environ, **unit.env}
                tail = self._transcripts.tail(unit.unit, action.attempt)
                self._prober.start(unit, action.attempt, action.purpose, environ, tail)
            case CancelProbes():
                self._prober.cancel(action.unit)
            case actions.RolloutEnded():
                self._rollout_ended(action)
            case Finish():
                self._finish(action)

    def _announce(self, action: Announce) -> None:
        self._tell(told.state_changed(action, self._units[action.unit].node))
        if action.new is NodeState.READY:
            self._feed_stdin(action.unit, action.attempt)

    def _feed_stdin(self, name: str, attempt: int) -> None:
        text = self._units[name].stdin
        if text is not None:
            self._engine.write_stdin(name, attempt, text.encode())

    def _spawn(self, action: Spawn) -> None:
        unit = self._state.units[action.unit].plan
        if unit is not self._units[unit.unit]:
            self._fit()
        self._control.began(unit.unit, action.attempt)
        self._aims.began(unit)
        self._transcripts.begin(unit.unit, action.attempt)
        self._spawner.spawn(unit, launching.request(self._run, unit, action.attempt, action.addresses))

    def _ask_to_stop(self, action: AskToStop) -> None:
        if self._spawner.withdraw(action.unit, action.attempt):
            return
        if action.drain:
            self._drains.begin(self._state.units[action.unit].plan, action.attempt)
        else:
            self._control.stop(action.unit, "stop")
            self._engine.signal(action.unit, action.attempt, getattr(signal, action.signal))

    def _rollout_ended(self, action: actions.RolloutEnded) -> None:
        report = told.rollout_ended(action, self.plan.topology)
        self._rollout_is_over(report)
        self._tell(report)

    def _finish(self, action: Finish) -> None:
        from orchestrator.runtime.losing import lost  # not needed to start

        failed = action.failed or self._lost is not None
        self._outcome = Outcome(failed=failed, reason=self._lost or action.reason)
        for loss in lost(self.plan, self._state, self._control, self.exit_codes):
            self._tell(loss)
        reason = self._outcome.reason
        self._tell(TopologyEnded(time=time.time(), topology=self.plan.topology, failed=failed, reason=reason))
        self._finished.set()

    # ---------------------------------------------------- what the engine tells (EngineListener)

    def spawned(self, unit: str, attempt: int, pid: int) -> None:
        if unit not in self._state.units:  # it has gone from the plan, and was given up before
            self._engine.kill(unit, attempt)
            return
        self._pids[unit] = pid
        self.feed(Spawned(unit=unit, attempt=attempt, pid=pid))

    def spawn_failed(self, unit: str, attempt: int, reason: str, permanent: bool) -> None:
        self.feed(SpawnFailed(unit=unit, attempt=attempt, reason=reason, permanent=permanent))

    def output(self, unit: str, attempt: int, stream: Stream, data: bytes) -> None:
        for chunk in self._transcripts.add(unit, attempt, stream, data):
            self._written(unit, attempt, stream, chunk)

    def exited(
        self, unit: str, attempt: int, pid: int, code: int | None, signal: int | None, out_of_memory: bool
    ) -> None:
        for stream, chunk in self._transcripts.end(unit, attempt):
            self._written(unit, attempt, stream, chunk)
        last = self._transcripts.tail(unit, attempt)[-SHOWN_LINES:]
        if self._heir is not None and self._heir.has_left(unit, attempt):
            return
        self._pids.pop(unit, None)
        self._aims.ended(unit)  # before others send again
        self._drains.ended(unit)
        self.exit_codes[unit] = 128 + (signal or 0) if code is None else code
        event = Exited(
            unit=unit, pid=pid, code=code, signal=signal, out_of_memory=out_of_memory, last_lines=last
        )
        self._parting.exited(event, attempt, speaks=self._units[unit].is_python)

    def remarked(self, text: str) -> None:
        self._tell(Remark(time=time.time(), unit=None, text=text))

    def engine_lost(self, reason: str) -> None:
        self._lost = reason
        self._tell(Remark(time=time.time(), unit=None, text=reason))
        self.feed(StopRequested(reason=reason, at_once=True))
        for unit, pid in list(self._pids.items()):
            self.feed(Exited(unit=unit, pid=pid, code=None, signal=9, last_lines=()))

    def _written(self, unit: str, attempt: int, stream: Stream, chunk: Chunk) -> None:
        now = time.time()
        if self._store is not None:
            self._store(unit, attempt, stream, now, chunk)
        if not self._wants_lines() and not self._prober.listens(unit):
            return
        node = self._units[unit].node if unit in self._units else unit
        for text in chunk.texts():
            self._tell(OutputLine(time=now, unit=unit, node=node, attempt=attempt, stream=stream, text=text))
            self._prober.saw(unit, attempt, text)


def control_address(run_dir: str) -> str:
    """Where the control socket is bound: in the run directory, or on a port where there is no ipc."""
    return f"ipc://{run_dir}/control" if os.name == "posix" else "tcp://127.0.0.1:*"
