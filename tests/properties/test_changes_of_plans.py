"""Any plan becomes any other: what did not change is not touched, and what fails leaves all as it was."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.planning.types import NodePlan, Plan, UnitDependency, UnitPlan
from orchestrator.supervision.actions import Action, RolloutEnded, Spawn
from orchestrator.supervision.events import Event, Replanned, RollingRestartRequested
from orchestrator.supervision.machine import is_up, step
from orchestrator.supervision.state import Phase
from orchestrator.supervision.testing import World, make_plan, make_unit
from orchestrator.vocabulary import Condition, NodeState, SocketType, Strategy
from orchestrator.wire.launch import InstanceLaunch, SocketLaunch

NAMES = ("a", "b", "c", "d", "e", "f")
READY = NodeState.READY
OLD, NEW = "m:Old", "m:New"
HOW = ("kept", "kept", "changed", "moved", "gone", "new", "absent")


def unit(name: str, target: str, port: int | None, needs: tuple[str, ...]) -> UnitPlan:
    binds = () if port is None else (f"tcp://127.0.0.1:{port}",)
    socket = SocketLaunch(name="out", type=SocketType.PUB, binds=binds)
    instance = InstanceLaunch(instance=name, node=name, replica=0, target=target, sockets=(socket,))
    return make_unit(
        name,
        instances=(instance,),
        depends_on=tuple(UnitDependency(unit=need, condition=Condition.READY) for need in needs),
    )


def plan_of(units: list[UnitPlan], strategy: Strategy) -> Plan:
    """All are replicas of two nodes, so that a part of them is replaced at a time."""
    nodes = []
    placed = []
    for number, members in enumerate((units[::2], units[1::2])):
        names = tuple(member.unit for member in members)
        if names:
            nodes.append(NodePlan(node=f"n{number}", units=names, min_replicas=len(names), expendable=False))
            placed += [replace(member, node=f"n{number}") for member in members]
    placed.sort(key=lambda member: member.unit)
    made = make_plan(*placed, nodes=nodes)
    return replace(made, supervision=replace(made.supervision, strategy=strategy, max_restarts=0))


@dataclass(frozen=True)
class Case:
    before: Plan
    after: Plan

    def names(self, plan: Plan) -> set[str]:
        return {unit.unit for unit in plan.units}

    @property
    def changed(self) -> set[str]:
        """Those that start from the new plan."""
        old = {unit.unit: unit.instances for unit in self.before.units}
        return {unit.unit for unit in self.after.units if old.get(unit.unit) != unit.instances}

    @property
    def kept(self) -> set[str]:
        return self.names(self.before) & self.names(self.after) - self.changed


@st.composite
def cases(draw: st.DrawFn) -> Case:
    how = {name: draw(st.sampled_from(HOW)) for name in NAMES}
    ports = {name: 5000 + number for number, name in enumerate(NAMES)}
    free = [ports[name] for name in NAMES if how[name] in ("moved", "gone")]
    moved = dict(zip((n for n in NAMES if how[n] == "moved"), draw(st.permutations(free)), strict=False))
    old: list[UnitPlan] = []
    new: list[UnitPlan] = []
    for name in NAMES:
        if how[name] in ("kept", "changed", "moved", "gone"):
            old.append(unit(name, OLD, ports[name], _some(draw, [u.unit for u in old])))
        if how[name] in ("kept", "changed", "moved", "new"):
            target = NEW if how[name] in ("changed", "new") else OLD
            port = moved.get(name, ports[name])
            new.append(unit(name, target, port, _some(draw, [u.unit for u in new])))
    if not old:
        old.append(unit("z", OLD, None, ()))
    if not new:
        new.append(unit("z", OLD, None, ()))
    strategy = draw(st.sampled_from(Strategy))
    return Case(plan_of(old, strategy), plan_of(new, strategy))


def _some(draw: st.DrawFn, names: list[str]) -> tuple[str, ...]:
    return tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=2))) if names else ()


@dataclass(slots=True)
class Lab(World):
    """A world in which some units fail when they are started from the new plan, or are never ready then, and
    nobody gets a port that another one has."""

    new: Plan | None = None
    broken: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()

    todo: deque[Action] = field(default_factory=deque)

    def send(self, event: Event) -> list[Action]:
        """What is ordered comes true in the order of the orders."""
        idle = not self.todo
        self.history.append((self.now, event))
        self.state, actions = step(self.state, event, self.now)
        self.history.extend((self.now, action) for action in actions)
        self.todo.extend(actions)
        while idle and self.todo:
            self._obey(self.todo[0])
            self.todo.popleft()
        return actions

    def _obey(self, action: Action) -> None:
        if not isinstance(action, Spawn):
            World._obey(self, action)
            return
        name = action.unit
        assert name not in self.live, "a second process"
        launched = self.unit(name).plan
        assert not self._taken(launched) & {p for n in self.live for p in self._taken(self.unit(n).plan)}
        fresh = self.new is not None and launched in self.new.units
        if fresh and name in self.broken:
            self.spawned(name)
            self.exits(name, 3)
        elif fresh and name in self.late:
            self.spawned(name)
        else:
            World._obey(self, action)

    @staticmethod
    def _taken(launched: UnitPlan) -> set[str]:
        return {bind for i in launched.instances for s in i.sockets for bind in s.binds}

    def change(self, case: Case) -> RolloutEnded:
        self.new = case.after
        self.send(Replanned(rollout=1, plan=case.after, replace=frozenset(), reason="asked for"))
        until = self.now + 2000
        while not self.actions(RolloutEnded) and self.now < until:
            self.advance(10)
        (end,) = self.actions(RolloutEnded)
        return end


def up(case: Case, **settings: frozenset[str]) -> Lab:
    lab = Lab(case.before, **settings)
    lab.start()
    assert is_up(lab.state)
    return lab


def launches(lab: Lab) -> dict[str, tuple[InstanceLaunch, ...]]:
    return {name: lab.unit(name).plan.instances for name in lab.live}


@given(case=cases())
def test_every_plan_becomes_every_other(case: Case) -> None:
    lab = up(case)
    before = dict(lab.live)
    end = lab.change(case)
    assert end.ok, end
    assert lab.states() == dict.fromkeys((u.unit for u in case.after.units), READY)
    assert launches(lab) == {u.unit: u.instances for u in case.after.units}
    for name in case.kept:
        assert lab.live[name] == before[name]
    for name in case.changed:
        assert lab.live[name] != before.get(name)
    assert set(end.done) == case.changed | (case.names(case.before) - case.names(case.after))


@given(case=cases(), data=st.data())
def test_what_fails_leaves_all_as_it_was(case: Case, data: st.DataObject) -> None:
    if not case.changed:
        return
    bad = data.draw(st.lists(st.sampled_from(sorted(case.changed)), min_size=1, unique=True))
    late = data.draw(st.booleans())
    lab = up(case, **{"late" if late else "broken": frozenset(bad)})
    before = dict(lab.live)
    end = lab.change(case)
    assert end.rolled_back
    assert not end.ok
    assert any(f"{name} is not ready" in end.reason for name in bad)
    assert lab.state.phase is Phase.UP
    assert lab.states() == dict.fromkeys((u.unit for u in case.before.units), READY)
    assert launches(lab) == {u.unit: u.instances for u in case.before.units}
    for name in case.kept:
        assert lab.live[name] == before[name]


@given(case=cases(), chosen=st.lists(st.sampled_from(NAMES), min_size=1))
def test_a_rolling_restart_replaces_each_once_and_nobody_else(case: Case, chosen: list[str]) -> None:
    lab = up(case)
    before = dict(lab.live)
    lab.send(RollingRestartRequested(rollout=1, units=tuple(chosen), reason="asked for"))
    (end,) = lab.actions(RolloutEnded)
    there = set(chosen) & set(before)
    assert end.ok
    assert set(end.done) == there
    for name, pid in before.items():
        assert (lab.live[name] != pid) == (name in there)
        assert len(lab.actions(Spawn, name)) == 1 + (name in there)
