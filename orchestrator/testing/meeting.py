"""The sockets of one test: made, connected, and handed out once those at the other end have met them."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Final

import zmq

from orchestrator.codecs import make_codec
from orchestrator.host.fitting import outfit
from orchestrator.host.watch import SocketWatch
from orchestrator.sdk.errors import Timeout
from orchestrator.sdk.framing import topic_frame
from orchestrator.testing.lookup import Found
from orchestrator.testing.sockets import PeerSocket
from orchestrator.transport import sockets as transport
from orchestrator.vocabulary import OptionValue, SocketType
from orchestrator.wire.qos import QoS, type_beneath

_LONGEST_LOOK_MS: Final = 100


class Meeting:
    """All sockets of a test, on a context of their own."""

    def __init__(self, directory: str) -> None:
        """`directory` is what relative paths of message schemas start from."""
        self._directory = directory
        self._context: transport.Context | None = None
        self._sockets: list[PeerSocket] = []

    def open(
        self,
        name: str,
        found: Found,
        wanted: SocketType,
        *,
        subscribe: Collection[str],
        options: Mapping[str, OptionValue] | None,
        timeout: float,
        wait: bool = True,
    ) -> PeerSocket:
        """A socket of type `wanted` at the addresses of `found`.

        Raises Timeout when those at the other end do not come, and RunError for what cannot be made.
        """
        if self._context is None:
            self._context = transport.make_context()
        peer = self._make(self._context, name, found, wanted, subscribe, options, timeout)
        self._sockets.append(peer)
        watch = SocketWatch(self._context, peer.raw, f"test.{len(self._sockets)}")
        try:
            _join(peer, watch, found, subscribe)
            if wait:
                _await_peers(peer, watch, found)
        finally:
            watch.close()
        return peer

    def close(self) -> None:
        """Close all sockets and the context. Idempotent."""
        for peer in self._sockets:
            peer.close()
        self._sockets.clear()
        if self._context is not None:
            self._context.destroy(0)
            self._context = None

    def _make(
        self,
        context: transport.Context,
        name: str,
        found: Found,
        wanted: SocketType,
        subscribe: Collection[str],
        options: Mapping[str, OptionValue] | None,
        timeout: float,
    ) -> PeerSocket:
        launch = found.launch
        # every subscriber's subscription comes up, the same one of two as well (zmq_setsockopt(3))
        verbose = {"xpub_verbose": 1} if wanted is SocketType.XPUB else {}
        codec = make_codec(
            launch.codec,
            schema=launch.schema,
            message_type=launch.message_type,
            directory=self._directory,
        )
        qos = QoS(envelope=launch.qos.envelope)
        peer = PeerSocket(
            name=name,
            socket_type=wanted,
            raw=transport.make_socket(
                context, type_beneath(wanted, qos), {**verbose, **(options or {})}, subscribe
            ),
            codec=codec,
            timeout=timeout,
            topics=launch.topics if wanted is SocketType.XPUB else None,
            delimiter=wanted is SocketType.DEALER and SocketType.REP in found.met_types,
            qos=qos,
            peer_types=tuple(found.met_types),
        )
        outfit(peer, launch)
        return peer


def _join(peer: PeerSocket, watch: SocketWatch, found: Found, subscribe: Collection[str]) -> None:
    for address in found.binds:
        transport.bind(peer.raw, address)
    for address in found.connects:
        watch.expect(transport.connectable(address))
        transport.connect(peer.raw, address)
    if peer.type is SocketType.XSUB:
        for prefix in subscribe:
            peer.raw.send(b"\1" + topic_frame(prefix))


def _await_peers(peer: PeerSocket, watch: SocketWatch, found: Found) -> None:
    """Wait for the handshakes and, on an XPUB, the subscriptions: before them it drops what it sends."""
    give_up = time.monotonic() + peer.timeout
    who = ", ".join(dict.fromkeys(instance for instance, _ in found.members))
    peers = len(found.connects) + (len(found.members) if found.binds else 0)
    reader = watch.lend()
    while (met := watch.read()) < peers:
        left = give_up - time.monotonic()
        if left <= 0:
            raise Timeout(
                f"socket {peer.name!r}: {met} of {peers} connections are up after {peer.timeout:g} s ({who})"
            )
        reader.poll(min(round(left * 1000) + 1, _LONGEST_LOOK_MS))
    if peer.type is not SocketType.XPUB:
        return
    expected = sum(len(socket.subscribe or ()) for _, socket in found.members)
    for heard in range(expected):
        if not peer.raw.poll(max(0, round((give_up - time.monotonic()) * 1000))):
            raise Timeout(
                f"socket {peer.name!r}: {heard} of {expected} subscriptions have come after "
                f"{peer.timeout:g} s ({who})"
            )
        peer.raw.recv(zmq.NOBLOCK)
