"""What the earlier processes of the nodes have sent and received: the counters of a process end with it, and
how a run went is told at its end."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from orchestrator.runtime.reports import SocketTraffic
from orchestrator.runtime.senders import MOST, SenderSeen

Traffic = Mapping[tuple[str, str], SocketTraffic]


class Past:
    """Sums by instance and socket."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], SocketTraffic] = {}

    def close(self, instance: str, sockets: Mapping[str, SocketTraffic]) -> None:
        """A process has ended that had counted this."""
        for name, traffic in sockets.items():
            before = self._sums.get((instance, name))
            self._sums[instance, name] = traffic if before is None else _sum(before, traffic)

    def with_present(self, traffic: Traffic) -> dict[tuple[str, str], SocketTraffic]:
        """All lives together: `traffic` is what the present processes have counted."""
        found = dict(self._sums)
        for key, now in traffic.items():
            before = found.get(key)
            found[key] = now if before is None else _sum(before, now)
        return found


def _sum(before: SocketTraffic, now: SocketTraffic) -> SocketTraffic:
    """Messages alone: that is what is told."""
    return dataclasses.replace(
        now,
        sent=before.sent + now.sent,
        received=before.received + now.received,
        dropped=before.dropped + now.dropped,
        undecodable=before.undecodable + now.undecodable,
        senders=_senders(before, now),
    )


def _senders(before: SocketTraffic, now: SocketTraffic) -> Mapping[str, SenderSeen] | None:
    if before.senders is None or now.senders is None:
        return now.senders or before.senders
    found = dict(before.senders)
    for name, seen in now.senders.items():
        if name in found:
            found[name] = found[name].plus(seen)
        elif len(found) < MOST:
            found[name] = seen
    return found
