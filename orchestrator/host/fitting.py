"""From a socket's launch to the socket its node uses: codec, schema, compression, quality of service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator.codecs import CodecError, make_codec
from orchestrator.errors import RunError
from orchestrator.host.failures import from_error
from orchestrator.sdk.socket import Socket
from orchestrator.supervision.events import FailureCause
from orchestrator.transport import sockets as transport
from orchestrator.vocabulary import OptionValue, SocketType
from orchestrator.wire.envelope import Header
from orchestrator.wire.launch import SocketLaunch
from orchestrator.wire.qos import Check, Compress, Delivery, QoS

if TYPE_CHECKING:
    from orchestrator.codecs.base import Payload
    from orchestrator.sdk.control.node_control import NodeControl
    from orchestrator.sdk.incoming.opening import EnvelopeInlet
    from orchestrator.sdk.outgoing.enveloping import Body, EnvelopeOutlet
    from orchestrator.sdk.reports.reporting import Reporter


LATEST_HWM = 100
"""Messages that a receiver of `delivery: latest` lets in. All are read at once; what piled up before a
shorter queue would come through it one by one, and what the node takes for the newest be a second old
(measured)."""


def fit(
    launch: SocketLaunch,
    raw: transport.Socket,
    *,
    instance: str,
    directory: str,
    control: NodeControl,
    reporter: Reporter,
    peers: Callable[[], int],
    again: bool = False,
) -> Socket:
    """The socket as the node's author sees it. `directory` is what a relative path of a schema starts from,
    `peers` tells how many peers have finished the handshake, `again` whether the node was started before.

    Raises Failure when its codec, its schema or its compression cannot be set up.
    """
    try:
        socket = _make(launch, raw, instance, directory, control, reporter)
        _check(socket, launch)
        outfit(socket, launch)
        if launch.type is SocketType.PUB and hears_answers(launch.qos):
            _say_farewell(socket.outlet, launch, peers)  # type: ignore[arg-type]
        _deliver(socket, launch, peers, again)
        socket.heed()
    except CodecError as error:
        named = RunError(f"socket {launch.name!r}: {error.message}", error.remedy)
        raise from_error(FailureCause.SETUP, named, permanent=True) from error
    return socket


def _make(
    launch: SocketLaunch,
    raw: transport.Socket,
    instance: str,
    directory: str,
    control: NodeControl,
    reporter: Reporter,
) -> Socket:
    codec = make_codec(
        launch.codec, schema=launch.schema, message_type=launch.message_type, directory=directory
    )
    fingerprint = 0
    if launch.qos.envelope:
        from orchestrator.codecs.fingerprint import fingerprint as fingerprint_of

        fingerprint = fingerprint_of(codec, launch.schema, launch.message_type)
    return Socket(
        name=launch.name,
        socket_type=launch.type,
        raw=raw,
        codec=codec,
        control=control,
        reporter=reporter,
        topics=launch.topics,
        delimiter=launch.type is SocketType.DEALER and SocketType.REP in launch.peer_types,
        qos=launch.qos,
        sender=f"{instance}.{launch.name}",
        peers=launch.expected_peers,
        fingerprint=fingerprint,
        servers=len(launch.connects),
        peer_types=launch.peer_types,
    )


def _check(socket: Socket, launch: SocketLaunch) -> None:
    """Have messages held against their schema, as often as `check` says."""
    if launch.schema is None or launch.qos.check is Check.NEVER:
        return
    from orchestrator.codecs.checking import make_check

    check = make_check(launch.codec, launch.schema)
    if check is None:
        return
    once = launch.qos.check is Check.FIRST
    socket.outlet.check, socket.outlet.check_once = check.outgoing, once
    socket.inlet.check, socket.inlet.check_once = check.incoming, once


def outfit(socket: Socket, launch: SocketLaunch) -> None:
    """What the payloads of messages with an envelope need: compression, both ways. Raises CodecError."""
    if not launch.qos.envelope:
        return
    if socket.type.receives:
        _decompress(socket.inlet, launch)  # type: ignore[arg-type]  # a socket with envelope has that kind
    if socket.type.sends and launch.qos.compress is not None:
        _compress(socket.outlet, launch.qos.compress)  # type: ignore[arg-type]


def _compress(outlet: EnvelopeOutlet, compress: Compress) -> None:
    from orchestrator.codecs.compression import make_compressor, worth

    compressor = make_compressor(compress)

    def shrink(body: Body) -> None:
        size = sum(map(len, body.parts))
        if size < compress.above:
            return
        plain = body.parts[0] if len(body.parts) == 1 else b"".join(body.parts)
        small = worth(compress, plain, compressor)
        if small is not None:
            body.parts, body.compression, body.plain_size = [small], compress.codec, size

    outlet.transforms.append(shrink)
    outlet.heed()


def _decompress(inlet: EnvelopeInlet, launch: SocketLaunch) -> None:
    """The sender's envelope says whether and how, so every such socket can."""
    from orchestrator.codecs.compression import Decompressors

    decompress = Decompressors(launch.qos.limits.message_size)

    def grow(header: Header, payload: Payload) -> Payload:
        if header.compression is None:
            return payload
        return decompress(header.compression, payload, header.plain_size)

    inlet.readers.append(grow)


def _say_farewell(outlet: EnvelopeOutlet, launch: SocketLaunch, peers: Callable[[], int]) -> None:
    from orchestrator.sdk.outgoing.ending import Farewell

    outlet.farewell = Farewell(outlet.port, outlet.source, lambda: min(peers(), launch.expected_peers))


def _deliver(socket: Socket, launch: SocketLaunch, peers: Callable[[], int], again: bool) -> None:
    """What is done when there is no room, and while nobody is there."""
    qos = launch.qos
    if qos.delivery is None and qos.wait_for is None and qos.max_lag_s is None:
        return
    from orchestrator.sdk.incoming.timely import newest_of_each, on_late
    from orchestrator.sdk.outgoing.full import Dropping, Newest
    from orchestrator.sdk.outgoing.gate import Gate

    port, outlet, inlet = socket.port, socket.outlet, socket.inlet
    match qos.delivery:
        case Delivery.LOSSLESS:
            outlet.lossless = True
        case Delivery.DROP:
            outlet.on_full = Dropping(port)
        case Delivery.LATEST:
            if launch.type.sends:
                publishes = launch.type in (SocketType.PUB, SocketType.XPUB)
                seen = qos.envelope and (publishes or launch.expected_peers <= 1)
                outlet.newest = outlet.on_full = Newest(port, outlet.hand_over, seen=seen)
            if launch.type.receives:
                socket.take = newest_of_each(inlet)  # type: ignore[method-assign]
    if qos.max_lag_s is not None and qos.envelope and launch.type.receives:
        inlet.on_late = on_late(port, qos.on_lag, qos.max_lag_s)  # type: ignore[attr-defined]
    if qos.wait_for is not None and launch.type.sends:
        outlet.gate = Gate(
            port,
            qos.wait_for,
            expected=launch.expected_peers,
            subscriptions=launch.expected_subscriptions,
            peers=peers,
            again=again,
        )


def hears_answers(qos: QoS) -> bool:
    """Whether a publisher may drop the word that its stream has ended, and says it until it is answered."""
    return qos.envelope and qos.delivery is not Delivery.LOSSLESS


def raw_options(launch: SocketLaunch) -> tuple[SocketType, dict[str, OptionValue]]:
    """The type of the socket of libzmq that stands under a socket, and its options: those of the topology,
    and those that its quality of service needs."""
    qos, wanted = launch.qos, dict[str, OptionValue]()
    kind = launch.type
    if kind in (SocketType.PUB, SocketType.XPUB):
        if qos.delivery in (Delivery.LOSSLESS, Delivery.LATEST):
            wanted["xpub_nodrop"] = 1
        if kind is SocketType.PUB and (qos.wait_for is not None or hears_answers(qos)):
            kind = SocketType.XPUB  # a PUB does not tell who has subscribed
        if qos.wait_for is not None:
            wanted["xpub_verboser"] = 1
    if qos.delivery is Delivery.LATEST:
        wanted.update(sndhwm=1, rcvhwm=LATEST_HWM)
    return kind, {**wanted, **launch.options}
