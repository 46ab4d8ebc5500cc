"""The machine under random histories: whatever happens in whatever order, these things hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orchestrator.model.types import (
    Backoff,
    DelayProbe,
    Heartbeat,
    HeartbeatProbe,
    ProbeKind,
    Restart,
    Stop,
    Supervision,
    TcpProbe,
)
from orchestrator.planning.types import NodePlan, Plan, UnitDependency, UnitPlan
from orchestrator.supervision.actions import (
    Action,
    Announce,
    AskToStop,
    CancelProbes,
    Connect,
    Finish,
    Kill,
    RolloutEnded,
    Spawn,
    StartProbe,
)
from orchestrator.supervision.events import (
    Adopted,
    Bound,
    Event,
    Exited,
    FailureCause,
    FailureReported,
    ProbeFailed,
    ProbePurpose,
    ProbeSucceeded,
    ReadyReported,
    Recalled,
    Replanned,
    RollingRestartRequested,
    Spawned,
    SpawnFailed,
    StartRequested,
    StopRequested,
    Ticked,
    UnitRestartRequested,
    UnitStartRequested,
    UnitStopRequested,
)
from orchestrator.supervision.machine import initial, is_finished, is_up, next_deadline, step
from orchestrator.supervision.restart import recent
from orchestrator.supervision.state import Due, HeldBy, Phase, State
from orchestrator.supervision.status import snapshot
from orchestrator.supervision.testing import make_health, make_plan, make_probe, make_unit
from orchestrator.supervision.wiring import Resolution
from orchestrator.vocabulary import (
    AutoShutdown,
    Condition,
    NodeKind,
    NodeState,
    RestartPolicy,
    SocketType,
    Strategy,
)
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch

NAMES = ("a", "b", "c", "d", "e")
KINDS: tuple[ProbeKind | None, ...] = (
    None,
    HeartbeatProbe(),
    TcpProbe(targets=("1",)),
    DelayProbe(delay_s=0.5),
)
names = st.sampled_from((*NAMES, "ghost"))
attempts = st.integers(1, 4)
durations = st.floats(0.0, 5.0, allow_nan=False)


@st.composite
def units(draw: st.DrawFn, name: str) -> UnitPlan:
    """A unit that depends on earlier ones, and connects to any."""
    earlier = NAMES[: NAMES.index(name)]
    dependencies = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2)) if earlier else []
    binders = tuple(draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2)))
    python = draw(st.booleans())
    ready, done = draw(st.sampled_from(KINDS)), draw(st.sampled_from((None, None, *KINDS[2:])))
    health = draw(st.booleans())
    targets = tuple(ConnectTarget(address=None, instance=b, socket="out") for b in binders)
    socket = SocketLaunch(name="in", type=SocketType.SUB, connects=targets)
    return make_unit(
        name,
        python=python,
        instances=(InstanceLaunch(instance=name, node=name, replica=0, target="m:N", sockets=(socket,)),),
        kind=draw(st.sampled_from(NodeKind)),
        expendable=draw(st.sampled_from((True, True, False))),
        depends_on=tuple(
            UnitDependency(unit=d, condition=draw(st.sampled_from(Condition))) for d in dependencies
        ),
        binders=binders,
        ready=None if ready is None else make_probe(ready, timeout_s=draw(st.sampled_from((2.0, 60.0)))),
        done=None if done is None else make_probe(done),
        health=make_health(TcpProbe(targets=("1",)), retries=2) if health else None,
        heartbeat=Heartbeat(interval_s=0.5, liveness=3, stall_s=draw(st.sampled_from((None, 2.0)))),
        restart=Restart(
            policy=draw(st.sampled_from((RestartPolicy.ON_FAILURE, *RestartPolicy))),
            backoff=Backoff(initial_s=draw(st.sampled_from((0.0, 0.1))), max_s=1.0),
            max_restarts=draw(st.integers(0, 3)),
            window_s=draw(st.sampled_from((1.0, 10.0))),
        ),
        stop=Stop(grace_s=draw(st.sampled_from((0.0, 1.0)))),
        timeout_s=draw(st.sampled_from((None, 3.0))),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    return draw(arranged(tuple(draw(units(name)) for name in NAMES[: draw(st.integers(1, len(NAMES)))])))


@st.composite
def arranged(draw: st.DrawFn, found: tuple[UnitPlan, ...]) -> Plan:
    """A plan of these units. As planners do, it names no unit in `depends_on` that it has not."""
    there = {unit.unit for unit in found}
    found = tuple(
        unit
        if all(need.unit in there for need in unit.depends_on)
        else replace(unit, depends_on=tuple(need for need in unit.depends_on if need.unit in there))
        for unit in found
    )
    nodes = [
        NodePlan(
            node=u.unit,
            units=(u.unit,),
            min_replicas=1,
            expendable=u.expendable,
            essential=draw(st.booleans()),
        )
        for u in found[2:]
    ]
    pair = tuple(u.unit for u in found[:2])
    nodes.append(
        NodePlan(
            node="pair",
            units=pair,
            min_replicas=draw(st.integers(0, len(pair))),
            expendable=draw(st.booleans()),
        )
    )
    supervision = Supervision(
        strategy=draw(st.sampled_from(Strategy)),
        max_restarts=draw(st.sampled_from((None, None, None, 0, 2, 5))),
        window_s=draw(st.sampled_from((1.0, 10.0))),
        auto_shutdown=draw(st.sampled_from((AutoShutdown.NEVER, AutoShutdown.NEVER, *AutoShutdown))),
    )
    return make_plan(*found, nodes=nodes, supervision=supervision)


@st.composite
def changed(draw: st.DrawFn, plan: Plan) -> Plan:
    """Another plan: some units as they were, some different, some gone, some new."""
    known = {unit.unit: unit for unit in plan.units}
    found = []
    for name in NAMES:
        how = draw(st.sampled_from(("kept", "kept", "kept", "adjusted", "drawn", "absent")))
        if how == "kept" and name in known:
            found.append(known[name])
        elif how == "adjusted" and name in known:
            found.append(replace(known[name], restart=Restart(max_restarts=1), health=None))
        elif how == "drawn":
            found.append(draw(units(name)))
    return draw(arranged(tuple(found))) if found else plan


class AnyHistory(RuleBasedStateMachine):
    """Processes come and go as they like; every other event may come at any time, true or not."""

    state: State

    @initialize(plan=plans(), seed=st.integers(0, 3), running=st.sampled_from((True, True, True, False)))
    def begin(self, plan: Plan, seed: int, running: bool) -> None:
        self.state = initial(plan, seed=seed)
        self.first = self.state
        self.now = 100.0
        self.history: list[tuple[Event, float]] = []
        self.asked: dict[str, int] = {}  # unit -> attempt whose process is being made
        self.live: dict[str, int] = {}  # unit -> pid
        self.dying: set[str] = set()
        self.mourned: set[str] = set()  # units whose group was killed since their last exit
        self.exited: set[str] = set()
        self.known: dict[str, NodeState] = {}
        self.spawned_attempts: set[tuple[str, int]] = set()
        self.finished = False
        self.pid = 1000
        self.asked_rollouts: dict[int, Plan | None] = {}  # number -> the plan it should lead to
        self.ended_rollouts: set[int] = set()
        self.plans = [plan]  # that were in force when no rollout went on
        if running:
            self.send(StartRequested())

    # ------------------------------------------------------------------ steps

    def send(self, event: Event) -> None:
        self.history.append((event, self.now))
        if isinstance(event, Exited) and self.live.get(event.unit) == event.pid:
            del self.live[event.unit]
            self.dying.discard(event.unit)
            self.exited.add(event.unit)
            self.mourned.discard(event.unit)
        before = self.state
        self.state, actions = step(self.state, event, self.now)
        self.who_is_kept_down_stays_down(event, before, actions)
        self.restarts_stay_within_their_limit(before)
        if self.finished:
            assert actions == []
            assert self.state is before
        for action in actions:
            self.carry_out(action)

    def who_is_kept_down_stays_down(self, event: Event, before: State, actions: list[Action]) -> None:
        """Nothing but the user brings back what the user has stopped."""
        asked_for = event.unit if isinstance(event, UnitStartRequested | UnitRestartRequested) else None
        held = {name for name, unit in before.units.items() if unit.hold and unit.hold.by is HeldBy.USER}
        for action in actions:
            if isinstance(action, Spawn):
                assert action.unit not in held or action.unit == asked_for
            elif isinstance(action, RolloutEnded):
                held &= self.names_after(action)  # one that comes again is another one

    def restarts_stay_within_their_limit(self, before: State) -> None:
        """Whenever one more is spent; the limit may be lowered afterwards."""
        if self.state.plan is not before.plan:
            return
        for name, unit in self.state.units.items():
            if name in before.units and len(unit.restarts) > len(before.units[name].restarts):
                within = recent(unit.restarts, now=self.now, window_s=unit.plan.restart.window_s)
                assert len(within) <= unit.plan.restart.max_restarts
        if len(self.state.restarts) > len(before.restarts):
            whole = self.state.plan.supervision
            within = recent(self.state.restarts, now=self.now, window_s=whole.window_s)
            assert len(within) <= (whole.max_restarts or 0)

    def carry_out(self, action: Action) -> None:
        match action:
            case Spawn():
                assert action.unit not in self.live, "a second process while the first one lives"
                assert action.unit not in self.asked, "a second process while the first one is being made"
                assert action.unit not in self.exited or action.unit in self.mourned
                assert (action.unit, action.attempt) not in self.spawned_attempts
                assert self.state.phase is Phase.UP
                self.spawned_attempts.add((action.unit, action.attempt))
                self.asked[action.unit] = action.attempt
            case Kill():
                if action.unit in self.live:
                    self.dying.add(action.unit)
                self.mourned.add(action.unit)
            case AskToStop():
                assert action.unit in self.live
                assert action.attempt == self.state.units[action.unit].run.attempt
            case Connect():
                assert action.unit in self.live or action.unit in self.asked
            case Announce():
                assert action.old is self.known.get(action.unit, NodeState.STOPPED)
                assert action.new is not action.old
                assert action.reason
                self.known[action.unit] = action.new
            case RolloutEnded():
                self.a_rollout_ends(action)
            case Finish():
                assert not self.finished
                self.finished = True
            case StartProbe():
                assert action.unit in self.state.units
            case CancelProbes():
                assert action.unit in self.known

    def a_rollout_ends(self, end: RolloutEnded) -> None:
        assert end.rollout in self.asked_rollouts
        assert end.rollout not in self.ended_rollouts
        assert end.reason
        self.ended_rollouts.add(end.rollout)
        plan = self.asked_rollouts[end.rollout]
        if end.rolled_back:
            assert not end.ok
            assert not end.done
        if plan is not None and (end.ok or end.rolled_back):
            self.plans.append(plan if end.ok else self.plans[-1])
        for name in self.known.keys() - self.names_after(end):
            assert name not in self.live or "does not go" in end.reason
            for table in (self.known, self.live, self.asked):
                table.pop(name, None)

    def names_after(self, end: RolloutEnded) -> set[str]:
        """The units that there are once this rollout has ended."""
        plan = self.asked_rollouts[end.rollout]
        if plan is None or not (end.ok or end.rolled_back):
            return set(self.known)
        return {unit.unit for unit in (plan if end.ok else self.plans[-1]).units}

    @precondition(lambda self: self.state.phase is Phase.IDLE or len(self.history) % 7 == 0)
    @rule(unit=names, attempt=attempts, ready=st.booleans(), bound=st.booleans())
    def a_process_was_there_before(self, unit: str, attempt: int, ready: bool, bound: bool) -> None:
        """Only at the beginning, and only where there is none yet."""
        self.pid += 1
        before = self.state
        instances = frozenset({unit}) if bound else frozenset[str]()
        addresses = {(unit, "out"): ("tcp://0.0.0.0:1",)} if bound else {}
        event = Adopted(
            unit=unit, pid=self.pid, attempt=attempt, ready=ready, bound=instances, addresses=addresses
        )
        found = before.units.get(unit)
        if found is not None and before.phase is Phase.IDLE and found.waiting and not found.started:
            self.live[unit] = self.pid
        self.send(event)
        if unit not in self.live or self.live[unit] != self.pid:
            assert self.state is before or self.state == before

    @precondition(lambda self: self.state.phase is Phase.IDLE or len(self.history) % 7 == 0)
    @rule(unit=names, attempt=attempts, state=st.sampled_from(NodeState))
    def a_unit_had_ended_before(self, unit: str, attempt: int, state: NodeState) -> None:
        before = self.state
        self.send(Recalled(unit=unit, state=state, attempt=attempt, reason="as it was"))
        assert before.phase is Phase.IDLE or self.state == before

    @precondition(lambda self: self.state.phase is Phase.IDLE or len(self.history) % 7 == 0)
    @rule()
    def start(self) -> None:
        self.send(StartRequested())

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), how=st.sampled_from(("spawned", "spawned", "spawned", "failed", "lost")))
    def a_process_is_made_or_not(self, data: Any, how: str) -> None:
        unit = data.draw(st.sampled_from(sorted(self.asked)))
        attempt = self.asked.pop(unit)
        if how == "spawned":
            self.asked[unit] = attempt
            self.make(unit)
        else:
            permanent = how == "lost"
            self.send(SpawnFailed(unit=unit, attempt=attempt, reason="no", permanent=permanent))

    def attempt(self, unit: str, given: int) -> int:
        """The present attempt of the unit for 1 and 2, else any."""
        found = self.state.units.get(unit)
        return given if found is None or given > 2 else found.run.attempt

    @precondition(lambda self: self.live)
    @rule(data=st.data(), code=st.sampled_from((0, 1, 1, 143, None)), memory=st.booleans())
    def a_process_ends(self, data: Any, code: int | None, memory: bool) -> None:
        unit = data.draw(st.sampled_from(sorted(self.dying or self.live)))
        signal = 9 if code is None else None
        self.send(
            Exited(
                unit=unit,
                pid=self.live[unit],
                code=code,
                signal=signal,
                out_of_memory=memory and code is None,
            )
        )

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def a_process_gets_ready(self, data: Any) -> None:
        unit = data.draw(st.sampled_from(sorted(self.live)))
        self.get_ready(unit, data.draw(st.integers(1, 2)))

    def make(self, unit: str) -> None:
        attempt = self.asked.pop(unit)
        self.pid += 1
        self.live[unit] = self.pid
        self.send(Spawned(unit=unit, pid=self.pid, attempt=attempt))

    def get_ready(self, unit: str, port: int) -> None:
        attempt = self.state.units[unit].run.attempt
        self.send(
            Bound(unit=unit, instance=unit, attempt=attempt, addresses={"out": (f"tcp://0.0.0.0:{port}",)})
        )
        self.send(ReadyReported(unit=unit, instance=unit, attempt=attempt))
        self.send(ProbeSucceeded(unit=unit, attempt=attempt, purpose=ProbePurpose.READY))

    @rule()
    def all_goes_well(self) -> None:
        """Whatever is being made is there, and all that live are ready."""
        for unit in sorted(self.asked):
            self.make(unit)
        for unit in sorted(self.live):
            self.get_ready(unit, 1)

    @rule(unit=names, given=attempts, purpose=st.sampled_from(ProbePurpose), good=st.booleans())
    def a_probe_answers(self, unit: str, given: int, purpose: ProbePurpose, good: bool) -> None:
        attempt = self.attempt(unit, given)
        if good:
            self.send(ProbeSucceeded(unit=unit, attempt=attempt, purpose=purpose))
        else:
            self.send(ProbeFailed(unit=unit, attempt=attempt, purpose=purpose, reason="no"))

    @rule(
        unit=names, given=attempts, instance=names, cause=st.sampled_from(FailureCause), final=st.booleans()
    )
    def a_node_gives_up(self, unit: str, given: int, instance: str, cause: FailureCause, final: bool) -> None:
        attempt = self.attempt(unit, given)
        self.send(
            FailureReported(
                unit=unit, attempt=attempt, instance=instance, cause=cause, reason="no", permanent=final
            )
        )

    @rule(unit=names, attempt=attempts, instance=names, pid=st.integers(1, 5))
    def words_of_strangers(self, unit: str, attempt: int, instance: str, pid: int) -> None:
        self.send(Exited(unit=unit, pid=pid, code=0, signal=None))
        self.send(ReadyReported(unit=unit, instance=instance, attempt=attempt))
        if attempt != self.asked.get(unit):
            self.send(SpawnFailed(unit=unit, attempt=attempt, reason="no", permanent=True))

    @rule(seconds=durations, silent=st.booleans(), stuck=st.sampled_from((0.0, 3.0)))
    def time_passes(self, seconds: float, silent: bool, stuck: float) -> None:
        self.now += seconds
        pongs = dict.fromkeys(self.live, self.now - (2.0 if silent else 0.0))
        self.send(Ticked(pongs=pongs, stalled=dict.fromkeys(self.live, stuck)))

    @rule(unit=names)
    def a_restart_is_asked_for(self, unit: str) -> None:
        if unit in self.asked or unit in self.live:
            pass
        self.send(UnitRestartRequested(unit=unit, reason="asked for"))

    @rule(unit=names)
    def a_unit_is_stopped(self, unit: str) -> None:
        phase, ended = self.state.phase, len(self.ended_rollouts)
        self.send(UnitStopRequested(unit=unit, reason="stopped by ann"))
        if phase is Phase.UP:
            assert self.state.phase is Phase.UP, "a stop on request ends the topology"
            found = self.state.units.get(unit)
            if ended == len(self.ended_rollouts):  # else it may be one that has just come with another plan
                assert found is None or found.settled or found.hold is not None

    @rule(unit=names)
    def a_unit_is_started(self, unit: str) -> None:
        self.send(UnitStartRequested(unit=unit, reason="started by ann"))
        if self.state.phase is Phase.UP and (found := self.state.units.get(unit)) is not None:
            assert found.hold is None or found.hold.by is not HeldBy.USER or found.run.has_process

    @rule(chosen=st.lists(names, min_size=1, max_size=3))
    def a_rolling_restart_is_asked_for(self, chosen: list[str]) -> None:
        if self.finished:
            return
        number = len(self.asked_rollouts)
        self.asked_rollouts[number] = None
        self.send(RollingRestartRequested(rollout=number, units=tuple(chosen), reason=f"rolled {number}"))

    @rule(data=st.data(), named=st.lists(names, max_size=2))
    def a_change_is_asked_for(self, data: Any, named: list[str]) -> None:
        if self.finished:
            return
        plan = data.draw(changed(self.state.plan))
        number = len(self.asked_rollouts)
        self.asked_rollouts[number] = plan
        self.send(
            Replanned(rollout=number, plan=plan, replace=frozenset(named), reason=f"replanned {number}")
        )

    @precondition(lambda self: len(self.history) > 50)
    @rule(at_once=st.booleans())
    def everything_stops(self, at_once: bool) -> None:
        self.send(StopRequested(reason="interrupted", at_once=at_once))

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def the_counters_are_in_step(self) -> None:
        state = self.state
        units = state.units
        assert state.open_units == sum(u.open for u in units.values())
        assert state.unready_units == sum(not u.up for u in units.values())
        assert state.deadlines == {n: u.deadline for n, u in units.items() if u.due}
        for number, gate in enumerate(state.wiring.gates):
            met = [
                units[unit].resolved if isinstance(need, Resolution) else units[unit].meets(need)
                for unit, need in gate.needs
            ]
            assert state.unmet[number] == met.count(False)
            if not isinstance(gate.needs[0][1], Resolution):
                assert state.busy[number] == sum(units[m].busy for m in gate.members)

    @invariant()
    def what_was_dragged_down_comes_back(self) -> None:
        """Whoever is down with another one belongs to a group that waits for something."""
        group, units = self.state.regroup, self.state.units
        dragged = {n for n, u in units.items() if u.hold is not None and u.hold.by is HeldBy.GROUP}
        if group is None:
            assert not dragged
            return
        assert self.state.phase is Phase.UP
        assert self.state.plan.supervision.strategy is not Strategy.ONE_FOR_ONE
        assert dragged == group.members
        assert group.left == {n for n in group.members if not units[n].settled}
        assert group.left or Due.BACKOFF in units[group.leader].due

    @invariant()
    def nobody_waits_who_could_start(self) -> None:
        state = self.state
        if state.phase is not Phase.UP:
            return
        for unit in state.units.values():
            if unit.waiting:
                gates = [state.wiring.start_gate.get(unit.name)]
                if not unit.coming.is_python:
                    gates.append(state.wiring.binder_gate.get(unit.name))
                assert any(g is not None and state.unmet[g] for g in gates)

    @invariant()
    def what_runs_is_where_it_should_be(self) -> None:
        for name, unit in self.state.units.items():
            if name in self.live and not self.finished:
                assert unit.run.pid == self.live[name]
            if unit.state in (NodeState.RUNNING, NodeState.READY):
                assert unit.run.pid is not None
            if unit.state is NodeState.BACKOFF:
                assert not unit.run.has_process
                group = self.state.regroup
                assert unit.due or (group is not None and group.leader == name)
            assert unit.state is not NodeState.STARTING or unit.run.spawning

    @invariant()
    def between_rollouts_every_unit_is_as_planned(self) -> None:
        state = self.state
        assert list(state.wiring.plans) == [unit.unit for unit in state.plan.units] == list(state.units)
        if state.rollout is not None and state.rollout.change is not None:
            return
        if state.phase is Phase.UP:
            assert state.plan is self.plans[-1]
            for name, unit in state.units.items():
                assert unit.plan is state.wiring.plans[name]
                assert unit.next_plan is None

    @invariant()
    def only_what_is_changed_is_touched(self) -> None:
        rollout = self.state.rollout
        if rollout is None or rollout.change is None:
            return
        for name, unit in self.state.units.items():
            if name not in rollout.change.names:
                assert unit.next_plan is None
                ending = unit.run.ending
                assert ending is None or ending.reason != rollout.reason

    @invariant()
    def it_can_be_seen(self) -> None:
        seen = snapshot(self.state)
        assert seen.finished is is_finished(self.state) is self.finished
        assert seen.up is is_up(self.state)
        assert set(seen.units) == set(self.state.units)

    # ------------------------------------------------------------------ the end

    def teardown(self) -> None:
        if not hasattr(self, "state"):
            return
        self.rollouts_end()
        self.stop_ends()
        self.replay()

    def rollouts_end(self) -> None:
        """Every rollout ends by time alone, as long as killed processes exit and requests are answered."""
        for _ in range(1500):
            if self.state.rollout is None and not self.state.requests:
                break
            self.let_time_pass(20.0)
        assert self.ended_rollouts == self.asked_rollouts.keys(), "a rollout does not end"

    def stop_ends(self) -> None:
        """A stop comes to its end as long as killed processes exit and requests are answered."""
        self.send(StopRequested(reason="the end"))
        for _ in range(200):
            if self.finished:
                break
            self.let_time_pass()
        assert self.finished, "the stop did not end"
        assert all(u.settled for u in self.state.units.values())

    def let_time_pass(self, at_least: float = 0.0) -> None:
        for unit in list(self.asked):
            self.make(unit)
        for unit in list(self.dying):
            if unit in self.live:
                self.send(Exited(unit=unit, pid=self.live[unit], code=None, signal=9))
        deadline = next_deadline(self.state)
        if deadline is not None:
            self.now = max(self.now + at_least, deadline)
        self.send(Ticked(pongs=dict.fromkeys(self.live, self.now)))

    def replay(self) -> None:
        """The same history gives the same state."""
        state = self.first
        for event, now in self.history:
            state, _ = step(state, event, now)
        assert state == self.state


AnyHistory.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestAnyHistory = AnyHistory.TestCase
