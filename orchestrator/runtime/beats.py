"""What nodes tell in their BEATs: progress, traffic, links, numbers of their author's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.runtime.heard import number, read_links, read_traffic
from orchestrator.runtime.meters import Meter, read_meters
from orchestrator.runtime.past import Past
from orchestrator.runtime.reports import SocketTraffic
from orchestrator.supervision.links.types import SocketSeen

_QUIET_BEATS: Final = 6
"""Intervals without a BEAT after which a node whose PINGs return is taken to hold the interpreter's lock: an
idle one tells so in every fifth."""


@dataclass(slots=True)
class _Progress:
    """What one instance last told."""

    heard_at: float
    busy_s: float
    traffic: dict[str, SocketTraffic] = field(default_factory=dict)
    links: Mapping[str, SocketSeen] = field(default_factory=dict)
    meters: tuple[Meter, ...] = ()


class Beats:
    """The last words of each instance whose process runs. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._progress: dict[str, _Progress] = {}
        self.parted: set[str] = set()
        """Instances that have said their last word."""
        self.past = Past()
        """What the processes have counted that are no more."""

    def expect(self, instance: str, at: float, *, anew: bool = True) -> None:
        """Its BEATs are due from then on; unless `anew`, only where none has come."""
        if anew or instance not in self._progress:
            self._progress[instance] = _Progress(at, 0.0)

    def note(
        self, instance: str, node: str, body: Mapping[str, Any], *, now: float, counted_s: float
    ) -> None:
        """A BEAT has come. Its process has counted for `counted_s`."""
        before = self._progress.get(instance)
        if body.get("last") is True:
            self.parted.add(instance)
        self._progress[instance] = _Progress(
            heard_at=now,
            busy_s=number(body.get("busy_s")),
            traffic=read_traffic(body.get("sockets"), node, counted_s),
            links=read_links(body["links"], now) if "links" in body else before.links if before else {},
            meters=read_meters(body.get("meters"), node),
        )

    def forget(self, instance: str) -> None:
        """Its process is no more: what it has counted is past."""
        self.parted.discard(instance)
        progress = self._progress.pop(instance, None)
        if progress is not None:
            self.past.close(instance, progress.traffic)

    def stuck_s(self, instance: str, now: float, interval_s: float) -> float | None:
        """For how long its main loop has made no step; None where nothing is known."""
        progress = self._progress.get(instance)
        if progress is None:
            return None
        silent_s = now - progress.heard_at
        if progress.busy_s > 0:
            return progress.busy_s + silent_s
        return silent_s if silent_s > _QUIET_BEATS * interval_s else 0.0

    def traffic(self, instances: Iterable[str]) -> dict[tuple[str, str], SocketTraffic]:
        """(instance, socket) -> what the node last told, in the order of these."""
        return {
            (instance, name): traffic
            for instance in instances
            if (progress := self._progress.get(instance)) is not None
            for name, traffic in progress.traffic.items()
        }

    def meters(self) -> dict[str, tuple[Meter, ...]]:
        """instance -> the counters and gauges of its author, as the node last told."""
        return {instance: told.meters for instance, told in self._progress.items() if told.meters}

    def links(self) -> dict[tuple[str, str], SocketSeen]:
        """(instance, socket) -> what its monitor has counted, as the node last told."""
        return {
            (instance, name): seen
            for instance, progress in self._progress.items()
            for name, seen in progress.links.items()
        }
