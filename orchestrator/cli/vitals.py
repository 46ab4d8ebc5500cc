"""Heartbeats, what is missing, and messages flowing, in a line or two. Text only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from orchestrator.runtime.reports import SocketTraffic, Vitals

_SEPARATOR: Final = " · "
_MOST_PENDING: Final = 3
_MOST_LINES: Final = 3
_NOTHING: Final = SocketTraffic(node="", counted_s=0.0)


class Flow:
    """Remembers what was counted before, so that it can tell rates."""

    def __init__(self) -> None:
        self._counted: Mapping[tuple[str, str], SocketTraffic] = {}

    def lines(self, vitals: Vitals, room: int) -> list[str]:
        """At most three lines of about `room` characters."""
        parts = [f"{vitals.ready}/{vitals.units} ready", *pending(vitals)]
        if vitals.heartbeat_ages_s:
            parts.append(f"heartbeats ≤ {max(vitals.heartbeat_ages_s.values()):.1f} s old")
        return fit([*parts, *self.rates(vitals)], room)

    def rates(self, vitals: Vitals) -> list[str]:
        """Messages a second of every busy socket, a node's replicas taken together: `feed.ticks → 30/s`."""
        before, self._counted = self._counted, vitals.traffic
        totals: dict[tuple[str, str], float] = {}
        for (instance, socket), now in vitals.traffic.items():
            old = before.get((instance, socket), _NOTHING)
            if old.counted_s > now.counted_s:
                old = _NOTHING  # a new process counts from 0
            since_s = now.counted_s - old.counted_s
            for arrow, count in (("→", now.sent - old.sent), ("←", now.received - old.received)):
                if count > 0 and since_s > 0:
                    key = f"{now.node}.{socket}", arrow
                    totals[key] = totals.get(key, 0.0) + count / since_s
        return [f"{name} {arrow} {rate_text(rate)}" for (name, arrow), rate in totals.items()]


def pending(vitals: Vitals) -> list[str]:
    """Who is not ready, and what for."""
    told = [f"{unit} {reason}" if reason else unit for unit, reason in vitals.pending.items()]
    more = len(told) - _MOST_PENDING
    return [*told[:_MOST_PENDING], f"and {more} more"] if more > 0 else told


def rate_text(per_s: float) -> str:
    """`1200/s`, `30/s`, `0.4/s`."""
    return f"{per_s:.0f}/s" if per_s >= 9.5 else f"{per_s:.1f}/s".replace(".0/s", "/s")


def fit(parts: Iterable[str], room: int) -> list[str]:
    """The parts in lines that are not longer than `room` unless one part is; what goes beyond the last line
    is counted."""
    lines = [""]
    left_out = 0
    for part in parts:
        joined = f"{lines[-1]}{_SEPARATOR}{part}" if lines[-1] else part
        if left_out or (len(joined) > room and len(lines) == _MOST_LINES):
            left_out += 1
        elif len(joined) > room and lines[-1]:
            lines.append(part)
        else:
            lines[-1] = joined
    if left_out:
        lines[-1] += f"{_SEPARATOR}and {left_out} more"
    return lines
