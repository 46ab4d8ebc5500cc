"""From a report to what hooks are told: which events it is, and its data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.runtime.capture.encoding import timestamp
from orchestrator.runtime.reports import Report, StateChanged, TopologyEnded, TopologyReady
from orchestrator.vocabulary import HookEvent, NodeState

VERSION: Final = 1
"""Of the JSON that hooks get: goes up when a field changes its meaning. New ones may come without that."""

UNWELL: Final = ("frozen: ", "stalled: ", "unhealthy: ")
"""Begin the machine's reasons for ending a unit that still runs."""
RUNS_AGAIN: Final = "; runs again in "
"""Within its reason for a task's pause that is no failure."""
_WITH_PROCESS: Final = (NodeState.STARTING, NodeState.RUNNING, NodeState.READY, NodeState.STOPPING)
_SIMPLE: Final[Mapping[NodeState, HookEvent]] = {
    NodeState.READY: HookEvent.READY,
    NodeState.EXITED: HookEvent.FINISHED,
    NodeState.STOPPED: HookEvent.STOPPED,
}
_IN_ENVIRONMENT: Final = (
    *("event", "time", "topology", "project", "node", "unit"),
    *("state", "reason", "attempt", "pid", "skipped"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The run in which things happen."""

    topology: str
    project: str
    run_dir: str


def events_of(report: Report) -> tuple[HookEvent, ...]:
    """What a report means for hooks, the most serious last; nothing for most reports."""
    match report:
        case StateChanged():
            return _of_state(report)
        case TopologyReady():
            return (HookEvent.UP,)
        case TopologyEnded():
            return (HookEvent.DOWN, HookEvent.TOPOLOGY_FAILED) if report.failed else (HookEvent.DOWN,)
        case _:
            return ()


def _of_state(change: StateChanged) -> tuple[HookEvent, ...]:
    match change.new:
        case NodeState.STARTING:
            again = change.attempt > 1
            return (HookEvent.STARTING, HookEvent.RESTARTING) if again else (HookEvent.STARTING,)
        case NodeState.STOPPING:
            return (HookEvent.UNHEALTHY,) if change.reason.startswith(UNWELL) else ()
        case NodeState.BACKOFF:
            return (HookEvent.FINISHED if RUNS_AGAIN in change.reason else HookEvent.CRASHED,)
        case NodeState.FAILED:
            crashed = change.old in _WITH_PROCESS
            return (HookEvent.CRASHED, HookEvent.FAILED) if crashed else (HookEvent.FAILED,)
        case state:
            return (_SIMPLE[state],) if state in _SIMPLE else ()


def data_of(report: Report, event: HookEvent, where: Where, *, skipped: int = 0) -> dict[str, Any]:
    """What a hook is told, as JSON has it. docs/how-to/hooks.md lists the fields."""
    data: dict[str, Any] = {
        "version": VERSION,
        "event": event.value,
        "time": timestamp(report.time),
        "topology": where.topology,
        "project": where.project,
    }
    match report:
        case StateChanged():
            data |= {
                "node": report.node,
                "unit": report.unit,
                "state": report.new.value,
                "reason": report.reason,
                "attempt": report.attempt,
                "pid": report.pid,
                "last_lines": list(report.last_lines),
            }
        case TopologyEnded():
            data |= {"reason": report.reason}
        case TopologyReady():
            data |= {"reason": f"ready after {report.seconds:.2f} s"}
    return {**data, "skipped": skipped, "text": _text(data)}


def _text(data: Mapping[str, Any]) -> str:
    """One line for people: what chat programs show of a webhook."""
    who = f"{data['topology']}: {data['unit']}" if "unit" in data else data["topology"]
    reason = " ".join(str(data.get("reason") or "").split())
    return f"{who}: {data['event']}" + (f": {reason}" if reason else "")


def variables(data: Mapping[str, Any], where: Where) -> dict[str, str]:
    """The same for a command's environment: what is one value, and is there."""
    found = {
        f"ORCHESTRATOR_{key.upper()}": str(data[key]).replace("\0", "\ufffd")
        for key in _IN_ENVIRONMENT
        if data.get(key) is not None
    }
    return {**found, "ORCHESTRATOR_RUN_DIR": where.run_dir}
