"""How the reports of a run look: coloured, prefixed lines for people, JSON lines for programs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol, TextIO

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
from orchestrator.vocabulary import NodeState, Stream

_UNIT_COLOURS: Final = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
_STATE_COLOURS: Final[Mapping[NodeState, int]] = {
    NodeState.READY: 32,
    NodeState.EXITED: 32,
    NodeState.BACKOFF: 33,
    NodeState.FAILED: 31,
}
_BORING: Final = (NodeState.STARTING, NodeState.RUNNING)
_WHO: Final = "orchestrator"
_MAX_PREFIX: Final = 24


class Printer(Protocol):
    def show(self, report: Report) -> None: ...

    def interrupted(self, times: int) -> None: ...


class TextPrinter:
    """One line per event, prefixed with the unit, aligned, interleaved as things happen."""

    def __init__(self, out: TextIO, *, colour: bool) -> None:
        self._out = out
        self._colour = colour
        self._width = len(_WHO)
        self._colours: dict[str, int] = {}
        self._counted: Mapping[tuple[str, str], SocketTraffic] = {}
        self._failures: list[StateChanged] = []

    def show(self, report: Report) -> None:
        match report:
            case OutputLine():
                text = report.text if report.stream is Stream.STDOUT else self._paint(report.text, 2)
                self._line(report.unit, text)
            case StateChanged():
                self._state(report)
            case TopologyStarting():
                self._width = min(_MAX_PREFIX, max([len(_WHO), *map(len, report.units)]))
                count = len(report.units)
                self._say(f"starting {report.topology}: {count} process{'es' if count != 1 else ''}")
            case TopologyReady():
                self._say(self._paint(f"{report.topology} is ready after {report.seconds:.2f} s", 32))
            case TopologyEnded():
                self._ended(report)
            case Vitals():
                self._say(self._paint(self._vitals(report), 2))
            case Remark():
                self._line(report.unit or _WHO, self._paint(report.text, 33))
        self._out.flush()

    def interrupted(self, times: int) -> None:
        if times == 1:
            self._say("stopping; once more to kill everything at once")
        elif times == 2:
            self._say("killing everything")
        self._out.flush()

    def _state(self, change: StateChanged) -> None:
        state = self._paint(
            change.new.value, _STATE_COLOURS.get(change.new, 0 if change.new not in _BORING else 2)
        )
        reason = f": {change.reason}" if change.reason else ""
        self._line(change.unit, f"{self._paint('*', 1)} {state}{reason}")
        if change.new is NodeState.FAILED:
            self._failures.append(change)

    def _ended(self, end: TopologyEnded) -> None:
        for failure in self._failures:
            self._say(self._paint(f"{failure.unit} failed: {failure.reason}", 31))
            for line in failure.last_lines:
                self._line(failure.unit, self._paint(f"  {line}", 2))
        word = self._paint("failed", 31) if end.failed else "ended"
        self._say(f"{end.topology} {word}" + (f": {end.reason}" if end.reason else ""))

    def _vitals(self, vitals: Vitals) -> str:
        parts = [f"{vitals.ready}/{vitals.units} ready"]
        if vitals.heartbeat_ages_s:
            parts.append(f"heartbeats at most {max(vitals.heartbeat_ages_s.values()):.1f} s old")
        parts += self._rates(vitals)
        return " · ".join(parts)

    def _rates(self, vitals: Vitals) -> list[str]:
        """Messages per second of every socket that was busy, from what its node told last and before that."""
        before, self._counted = self._counted, vitals.traffic
        rates = []
        for key, now in vitals.traffic.items():
            old = before.get(key)
            if old is None or now.told_at <= old.told_at:
                continue
            sent, received = now.sent - old.sent, now.received - old.received
            if received > 0 or sent > 0:
                arrow = "→" if sent >= received else "←"
                rate = max(sent, received) / (now.told_at - old.told_at)
                rates.append(f"{'.'.join(key)} {arrow} {rate:.0f}/s")
        return rates[:6] + ([f"and {len(rates) - 6} more"] if len(rates) > 6 else [])

    def _say(self, text: str) -> None:
        self._line(_WHO, text)

    def _line(self, unit: str, text: str) -> None:
        name = unit if len(unit) <= self._width else unit[: self._width - 1] + "…"
        prefix = f"{name:<{self._width}} |"
        if unit == _WHO:
            prefix = self._paint(prefix, 1)
        else:
            prefix = self._paint(
                prefix, self._colours.setdefault(unit, _UNIT_COLOURS[len(self._colours) % 10])
            )
        self._out.write(f"{prefix} {text}\n")

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and code else text


class JsonPrinter:
    """One JSON object per line; the fields are documented in docs/reference/up.md."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def show(self, report: Report) -> None:
        fields = _fields(report)
        self._out.write(json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._out.flush()

    def interrupted(self, times: int) -> None:
        self._out.write(json.dumps({"event": "interrupted", "time": time.time(), "times": times}) + "\n")
        self._out.flush()


def _fields(report: Report) -> dict[str, Any]:
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
                "last_lines": list(report.last_lines),
            }
        case TopologyStarting():
            return {
                "event": "topology_starting",
                "time": report.time,
                "topology": report.topology,
                "units": list(report.units),
                "run_dir": report.run_dir,
            }
        case TopologyReady():
            return {
                "event": "topology_ready",
                "time": report.time,
                "topology": report.topology,
                "units": report.units,
                "seconds": round(report.seconds, 4),
            }
        case TopologyEnded():
            return {
                "event": "topology_ended",
                "time": report.time,
                "topology": report.topology,
                "failed": report.failed,
                "reason": report.reason,
            }
        case Vitals():
            return {
                "event": "vitals",
                "time": report.time,
                "topology": report.topology,
                "ready": report.ready,
                "units": report.units,
                "heartbeat_ages_s": {unit: round(age, 3) for unit, age in report.heartbeat_ages_s.items()},
                "traffic": [
                    {"instance": i, "socket": s, **_traffic(t)} for (i, s), t in report.traffic.items()
                ],
            }
        case Remark():
            return {"event": "remark", "time": report.time, "unit": report.unit, "text": report.text}


def _traffic(traffic: SocketTraffic) -> dict[str, int]:
    return {
        "received": traffic.received,
        "sent": traffic.sent,
        "undecodable": traffic.undecodable,
        "dropped": traffic.dropped,
    }
