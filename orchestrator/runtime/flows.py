"""Where the messages of each link went: what the counters of its two ends say together. Pure.

Between two sockets alone each end's own counters tell. Where a socket has several at its other side, only a
publisher's count holds for each of them, and only the envelope tells a receiver from whom a message came;
what nobody can know is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.planning.types import Plan
from orchestrator.runtime.reports import SocketTraffic
from orchestrator.runtime.senders import SenderSeen, sender_fields
from orchestrator.supervision.links.types import Declared, End
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import SocketLaunch
from orchestrator.wire.qos import Delivery, OnLag

_PUBLISHERS: Final = (SocketType.PUB, SocketType.XPUB)
_UNNAMED: Final = ""
"""In BEAT, senders that do not say their name."""

Key = tuple[str, str]
Traffic = Mapping[Key, SocketTraffic]
Pair = tuple[End | str, End | str]
"""Sender and receiver; an address stands for a program outside of the topology."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The messages that go one way on a link."""

    sender: str
    """`instance.socket`, or the address where a program outside of the topology binds."""
    receiver: str
    sent: int | None = None
    unsent: int | None = None
    """Messages that the sender had no room for and gave up."""
    received: int | None = None
    seen: SenderSeen | None = None
    """What the receiver has counted by the numbers in the envelopes."""
    partial: bool = False
    """It subscribes to some of the topics, so that not all that is sent is meant for it."""
    delivery: Delivery | None = None
    discards: bool = False
    """The receiver throws away what is late (`on_lag: drop`)."""

    @property
    def discarded(self) -> int:
        """Messages that came and were thrown away because they were late."""
        return self.seen.late if self.discards and self.seen is not None else 0

    @property
    def dropped(self) -> int | None:
        """What the receiver has missed."""
        return None if self.seen is None else self.seen.dropped

    @property
    def lost(self) -> int:
        """Messages that should have arrived and did not; with `delivery: latest` older ones should not."""
        if self.delivery is Delivery.LATEST:
            return 0
        return (self.dropped or 0) + (self.unsent or 0) + self.discarded

    @property
    def meant(self) -> int | None:
        """How many were sent to this receiver."""
        return self.seen.offered if self.seen is not None and (self.partial or not self.sent) else self.sent

    @property
    def left(self) -> int | None:
        """Messages of which nobody knows more than that they were sent."""
        if self.sent is None or self.received is None or self.partial:
            return None
        return max(0, self.sent - self.received - (self.dropped or 0))


class Flows:
    """All flows of a plan. `traffic`: what every socket has counted."""

    def __init__(self, plan: Plan, links: Iterable[Declared], traffic: Traffic) -> None:
        self._traffic = traffic
        self._sockets = {(i.instance, s.name): s for u in plan.units for i in u.instances for s in i.sockets}
        seen: set[Pair] = set()
        pairs: list[list[Pair]] = []
        for link in links:
            new = [pair for pair in _pairs(link) if pair not in seen]
            seen.update(new)
            pairs.append(new)
        self._receivers = Counter(sender for sender, _ in seen)
        self._senders = Counter(receiver for _, receiver in seen)
        self.by_link = [tuple(self._flow(*pair) for pair in of_link) for of_link in pairs]
        """In the order of the links. Of two links between the same sockets the first one has the flows."""

    def __iter__(self) -> Iterator[Flow]:
        return (flow for flows in self.by_link for flow in flows)

    def dealers(self) -> Iterator[tuple[str, SocketTraffic]]:
        """Senders that deal their messages out to several receivers, so that what they have no room for is
        on no link's account."""
        for end, count in self._receivers.items():
            told = self._told(end)
            if isinstance(end, End) and told is not None and count > 1 and end.type not in _PUBLISHERS:
                yield end.ref, told

    def _flow(self, sender: End | str, receiver: End | str) -> Flow:
        out, into = self._told(sender), self._told(receiver)
        alone = self._receivers[sender] == 1 or (isinstance(sender, End) and sender.type in _PUBLISHERS)
        seen = None if into is None or into.senders is None else into.senders.get(_name(sender))
        received = None if seen is None else seen.received
        if seen is None and into is not None:
            received = self._received(into, receiver)
        ends = (self._socket(sender), self._socket(receiver))
        return Flow(
            sender=_name(sender),
            receiver=_name(receiver),
            sent=out.sent if out is not None and alone else None,
            unsent=out.dropped if out is not None and alone else None,
            received=received,
            seen=seen,
            partial=_is_partial(ends[1]),
            discards=ends[1] is not None and ends[1].qos.on_lag is OnLag.DROP,
            delivery=next((end.qos.delivery for end in ends if end is not None and end.qos.delivery), None),
        )

    def _received(self, into: SocketTraffic, receiver: End | str) -> int | None:
        """Where the sender has no account: nothing has come of it, or accounts are not kept."""
        if into.senders is None:
            return into.received if self._senders[receiver] == 1 else None
        return None if _UNNAMED in into.senders else 0

    def _told(self, end: End | str) -> SocketTraffic | None:
        return self._traffic.get(end.key) if isinstance(end, End) else None

    def _socket(self, end: End | str) -> SocketLaunch | None:
        return self._sockets.get(end.key) if isinstance(end, End) else None


def _pairs(link: Declared) -> Iterator[Pair]:
    near, far = link.connector, link.binder or link.address or "?"
    far_type = link.binder.type if link.binder is not None else None
    if near.type.sends and (far_type is None or far_type.receives):
        yield near, far
    if near.type.receives and (far_type is None or far_type.sends):
        yield far, near


def _is_partial(socket: SocketLaunch | None) -> bool:
    if socket is None or socket.type not in (SocketType.SUB, SocketType.XSUB):
        return False
    return "" not in (socket.subscribe or ())


def _name(end: End | str) -> str:
    return end.ref if isinstance(end, End) else end


def flow_fields(flow: Flow) -> dict[str, Any]:
    """As the API tells it: what is not known is null."""
    counts = sender_fields(flow.seen if flow.seen is not None else SenderSeen())
    told = {name: count if flow.seen is not None else None for name, count in counts.items()}
    return {
        "sender": flow.sender,
        "receiver": flow.receiver,
        **told,
        "sent": flow.sent,
        "unsent": flow.unsent,
        "received": flow.received,
        "partial": flow.partial,
        "delivery": None if flow.delivery is None else flow.delivery.value,
        "discarded": flow.discarded,
        "lost": flow.lost,
    }
