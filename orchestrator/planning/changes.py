"""What a new plan changes of an old one: who comes, who goes, whose process must be replaced, and why."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final

from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.wire.launch import InstanceLaunch

_OF_THE_PROCESS: Final = {
    "instances": "its sockets or parameters",
    "foreign": "its command",
    "env": "its environment",
    "cwd": "its working directory",
    "stdin": "its standard input",
    "heartbeat": "its heartbeat",
    "resources": "its resources",
}
"""Fields that a process gets at its start, in words. The others are the supervisor's own."""
_OF_THE_FILE: Final = frozenset({"span", "path"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference of two plans, in the order of the new one."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    replaced: dict[str, tuple[str, ...]]
    """unit -> what its process must be replaced for."""
    rewired: tuple[str, ...]
    """Python units whose sockets get other targets; the process stays, and is told."""
    adjusted: tuple[str, ...]
    """Units whose supervision changes (restart, probes, order), and whose process stays."""

    @property
    def none(self) -> bool:
        """Whether the plans are the same."""
        return not (self.added or self.removed or self.replaced or self.rewired or self.adjusted)


def changes(old: Plan, new: Plan) -> Changes:
    """Compare two plans. Where a unit stands in its file makes no difference."""
    before = {unit.unit: _without_expectations(unit) for unit in old.units}
    after = {unit.unit: _without_expectations(unit) for unit in new.units}
    both = [(before[name], unit) for name, unit in after.items() if name in before]
    replaced = {b.unit: reasons for a, b in both if (reasons := _reasons(a, b))}
    stays = [(a, b) for a, b in both if b.unit not in replaced]
    rewired = tuple(b.unit for a, b in stays if not same(a.instances, b.instances))
    return Changes(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        replaced=replaced,
        rewired=rewired,
        adjusted=tuple(b.unit for a, b in stays if b.unit not in rewired and not same(a, b)),
    )


def _reasons(old: UnitPlan, new: UnitPlan) -> tuple[str, ...]:
    if old.is_python != new.is_python:
        return ("what it runs",)
    old, new = _without_targets(old), _without_targets(new)
    return tuple(
        words for name, words in _OF_THE_PROCESS.items() if not same(getattr(old, name), getattr(new, name))
    )


def _without_expectations(unit: UnitPlan) -> UnitPlan:
    """The unit but for how many sockets its own ones meet, which a node asks for only at its start."""
    return _with_sockets(unit, expected_peers=0, expected_subscriptions={})


def _without_targets(unit: UnitPlan) -> UnitPlan:
    """The unit but for where its sockets connect to, which a Python node can be told while it runs."""
    return _with_sockets(unit, connects=())


def _with_sockets(unit: UnitPlan, **values: Any) -> UnitPlan:
    """A Python unit with these values at all of its sockets; a foreign one as it is."""
    if not unit.is_python:
        return unit
    return replace(unit, instances=tuple(_changed(instance, values) for instance in unit.instances))


def _changed(instance: InstanceLaunch, values: dict[str, Any]) -> InstanceLaunch:
    return replace(instance, sockets=tuple(replace(socket, **values) for socket in instance.sockets))


def same(old: Any, new: Any) -> bool:
    """Whether two values are equal, their places in the file aside."""
    if is_dataclass(old) and type(old) is type(new):
        names = (field.name for field in fields(old) if field.name not in _OF_THE_FILE)
        return all(same(getattr(old, name), getattr(new, name)) for name in names)
    if isinstance(old, tuple) and isinstance(new, tuple):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    return bool(old == new)
