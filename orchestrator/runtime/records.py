"""Reports as plain values, for programs: `up --log-format json`, the API, the journal.

docs/reference/up.md lists the fields.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from orchestrator.runtime.reports import (
    OutputLine,
    Remark,
    Report,
    SocketTraffic,
    StateChanged,
    TopologyEnded,
    TopologyReady,
    TopologyStarting,
    Vitals,
)


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
        case TopologyEnded():
            return {"event": "topology_ended", **asdict(report)}
        case Vitals():
            return _vitals(report)
        case Remark():
            return {"event": "remark", **asdict(report)}


def _vitals(vitals: Vitals) -> dict[str, Any]:
    return {
        "event": "vitals",
        "time": vitals.time,
        "topology": vitals.topology,
        "ready": vitals.ready,
        "units": vitals.units,
        "pending": dict(vitals.pending),
        "heartbeat_ages_s": {unit: round(age, 3) for unit, age in vitals.heartbeat_ages_s.items()},
        "traffic": [_traffic(*key, traffic) for key, traffic in vitals.traffic.items()],
    }


def _traffic(instance: str, socket: str, traffic: SocketTraffic) -> dict[str, Any]:
    return {
        "instance": instance,
        "node": traffic.node,
        "socket": socket,
        "received": traffic.received,
        "sent": traffic.sent,
        "undecodable": traffic.undecodable,
        "dropped": traffic.dropped,
        "seconds": round(traffic.counted_s, 3),
    }
