"""Reports as plain values, for programs: `up --log-format json`, the API, the journal.

docs/reference/up.md lists the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from orchestrator.runtime.reports import (
    HookEnded,
    MessagesLost,
    OutputLine,
    Remark,
    Report,
    RolloutEnded,
    SocketTraffic,
    StateChanged,
    TopologyEnded,
    TopologyReady,
    TopologyStarting,
    Vitals,
)
from orchestrator.runtime.senders import SenderSeen, sender_fields
from orchestrator.vocabulary import NodeState, Stream


def fields(report: Report) -> dict[str, Any]:
    """A report as plain values; `event` comes first and tells which it is."""
    match report:
        case OutputLine():
            return {
                "event": "output",
                "time": report.time,
                "unit": report.unit,
                "node": report.node,
                "attempt": report.attempt,
                "stream": report.stream.value,
                "text": report.text,
            }
        case StateChanged():
            return {
                "event": "state",
                "time": report.time,
                "unit": report.unit,
                "node": report.node,
                "attempt": report.attempt,
                "old": report.old.value,
                "state": report.new.value,
                "reason": report.reason,
                "pid": report.pid,
                "last_lines": report.last_lines,
            }
        case TopologyStarting():
            return {"event": "topology_starting", **asdict(report)}
        case TopologyReady():
            return {"event": "topology_ready", **asdict(report), "seconds": round(report.seconds, 4)}
        case MessagesLost():
            return {"event": "messages_lost", **asdict(report)}
        case TopologyEnded():
            return {"event": "topology_ended", **asdict(report)}
        case RolloutEnded():
            return {"event": "rollout_ended", **asdict(report)}
        case Vitals():
            return _vitals(report)
        case Remark():
            return {"event": "remark", **asdict(report)}
        case HookEnded():
            return {"event": "hook", **asdict(report), "seconds": round(report.seconds, 4)}


def _vitals(vitals: Vitals) -> dict[str, Any]:
    return {
        "event": "vitals",
        "time": vitals.time,
        "topology": vitals.topology,
        "ready": vitals.ready,
        "units": vitals.units,
        "pending": dict(vitals.pending),
        "heartbeat_ages_s": {unit: round(age, 3) for unit, age in vitals.heartbeat_ages_s.items()},
        "traffic": [traffic_fields(*key, traffic) for key, traffic in vitals.traffic.items()],
    }


def traffic_fields(instance: str, socket: str, traffic: SocketTraffic) -> dict[str, Any]:
    """What went through one socket, as plain values."""
    return {
        "instance": instance,
        "node": traffic.node,
        "socket": socket,
        "received": traffic.received,
        "received_bytes": traffic.received_bytes,
        "sent": traffic.sent,
        "sent_bytes": traffic.sent_bytes,
        "undecodable": traffic.undecodable,
        "dropped": traffic.dropped,
        "failed": traffic.failed,
        "blocked_s": round(traffic.blocked_s, 6),
        "requests": None if traffic.requests is None else dict(traffic.requests),
        "breaker": traffic.breaker,
        "replies": None if traffic.replies is None else dict(traffic.replies),
        "senders": None if traffic.senders is None else _senders(traffic.senders),
        "seconds": round(traffic.counted_s, 3),
    }


def _senders(senders: Mapping[str, SenderSeen]) -> dict[str, dict[str, Any]]:
    return {name: sender_fields(seen) for name, seen in senders.items()}


def report(record: dict[str, Any]) -> Report | None:
    """The report that `fields` made plain; None for a kind that this version does not know.

    Vitals are not read back: nobody sends them. Raises KeyError, TypeError or ValueError for a record that
    lacks what its kind must have.
    """
    values = {key: value for key, value in record.items() if key != "event"}
    match record["event"]:
        case "output":
            return OutputLine(**{**values, "stream": Stream(values["stream"])})
        case "state":
            old, new = NodeState(values.pop("old")), NodeState(values.pop("state"))
            return StateChanged(**{**values, "last_lines": tuple(values["last_lines"])}, old=old, new=new)
        case "rollout_ended":
            done, left = tuple(values.pop("done")), tuple(values.pop("left"))
            return RolloutEnded(**values, done=done, left=left)
        case "hook":
            return HookEnded(**{**values, "last_lines": tuple(values["last_lines"])})
        case kind if kind in _PLAIN:
            return _PLAIN[kind](**values)
        case _:
            return None


_PLAIN: Final[
    Mapping[str, type[TopologyStarting | TopologyReady | MessagesLost | TopologyEnded | Remark]]
] = {
    "topology_starting": TopologyStarting,
    "topology_ready": TopologyReady,
    "messages_lost": MessagesLost,
    "topology_ended": TopologyEnded,
    "remark": Remark,
}
