"""Which way out and which way in a socket gets, by its quality of service."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orchestrator.codecs.base import Codec
from orchestrator.sdk.inlet import Inlet
from orchestrator.sdk.outlet import Outlet
from orchestrator.sdk.port import Port
from orchestrator.wire.qos import QoS


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
        return Outlet(port, codec, topics=topics, delimiter=delimiter)
    if qos.batch is not None:
        from orchestrator.sdk.batching import BatchOutlet

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
    from orchestrator.sdk.enveloping import EnvelopeOutlet

    return EnvelopeOutlet(
        port, codec, topics=topics, delimiter=delimiter, qos=qos, peers=peers, fingerprint=fingerprint
    )


def make_inlet(port: Port, codec: Codec, qos: QoS, *, on_bad: Callable[[], None], fingerprint: int) -> Inlet:
    """The way in."""
    if not qos.envelope or not port.type.receives:
        return Inlet(port, codec, on_bad=on_bad, max_frames=qos.limits.frames)
    from orchestrator.sdk.opening import EnvelopeInlet

    return EnvelopeInlet(port, codec, qos=qos, on_bad=on_bad, fingerprint=fingerprint)
