"""Which way out and which way in a socket gets, by its quality of service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from orchestrator.codecs.base import Codec
from orchestrator.sdk.express import use_in_lane, use_out_lane
from orchestrator.sdk.incoming.inlet import Inlet
from orchestrator.sdk.outgoing.outlet import Outlet
from orchestrator.sdk.port import Port
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import QoS, looks_after_requests

if TYPE_CHECKING:
    from orchestrator.sdk.requesting.asking import Asking

ANSWERING: Final = (SocketType.REP, SocketType.ROUTER)
"""Types that answer requests."""


def make_outlet(
    port: Port,
    codec: Codec,
    qos: QoS,
    *,
    topics: Sequence[str],
    delimiter: bool,
    peers: int,
    fingerprint: int,
) -> Outlet:
    """The way out. `peers`: how many sockets there are at the other ends; `fingerprint` of the schema."""
    if not qos.envelope or not port.type.sends:
        return use_out_lane(Outlet(port, codec, topics=topics, delimiter=delimiter), delimiter)
    if qos.batch is not None:
        from orchestrator.sdk.outgoing.batching import BatchOutlet

        return BatchOutlet(
            port,
            codec,
            batch=qos.batch,
            topics=topics,
            delimiter=delimiter,
            qos=qos,
            peers=peers,
            fingerprint=fingerprint,
        )
    from orchestrator.sdk.outgoing.enveloping import EnvelopeOutlet

    if port.type in ANSWERING:
        from orchestrator.sdk.requesting.replying import AnsweringOutlet

        return AnsweringOutlet(
            port, codec, topics=topics, delimiter=delimiter, qos=qos, peers=peers, fingerprint=fingerprint
        )
    outlet = EnvelopeOutlet(
        port, codec, topics=topics, delimiter=delimiter, qos=qos, peers=peers, fingerprint=fingerprint
    )
    return use_out_lane(outlet, delimiter)


def make_inlet(port: Port, codec: Codec, qos: QoS, *, on_bad: Callable[[], None], fingerprint: int) -> Inlet:
    """The way in."""
    if looks_after_requests(port.type, qos):
        from orchestrator.sdk.requesting.sifting import AskingEnvelopeInlet, AskingInlet

        if not qos.envelope:
            return AskingInlet(port, codec, on_bad=on_bad, max_frames=qos.limits.frames)
        return AskingEnvelopeInlet(port, codec, qos=qos, on_bad=on_bad, fingerprint=fingerprint)
    if not qos.envelope or not port.type.receives:
        return use_in_lane(Inlet(port, codec, on_bad=on_bad, max_frames=qos.limits.frames))
    from orchestrator.sdk.incoming.opening import EnvelopeInlet

    if port.type in ANSWERING and qos.batch is None:
        from orchestrator.sdk.requesting.replying import AnsweringInlet

        return AnsweringInlet(port, codec, qos=qos, on_bad=on_bad, fingerprint=fingerprint)
    return use_in_lane(EnvelopeInlet(port, codec, qos=qos, on_bad=on_bad, fingerprint=fingerprint))


def look_after(
    port: Port, outlet: Outlet, inlet: Inlet, qos: QoS, *, servers: int, peer_types: tuple[SocketType, ...]
) -> Asking | None:
    """Have the two ways of a socket know each other, where requests and replies are looked after. Returns
    what asks, for a socket that does."""
    if port.type in ANSWERING and qos.envelope and qos.batch is None:
        from orchestrator.sdk.requesting.replying import join

        join(outlet, inlet)  # type: ignore[arg-type]  # made for it, by the same conditions
    if not looks_after_requests(port.type, qos):
        return None
    from orchestrator.sdk.requesting.asking import Asking

    return Asking(port, outlet, inlet, qos, servers=servers, peer_types=peer_types)  # type: ignore[arg-type]
