"""Quality of service, security and number of peers of every socket, worked out once for all replicas."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from orchestrator.model.promises import expected_peers, expected_subscriptions, qos_of
from orchestrator.model.resolution import Resolution
from orchestrator.model.types import Socket, Topology
from orchestrator.wire.qos import QoS, Security


class Promises:
    """What the sockets of a topology promise, by `node.socket`."""

    def __init__(self, topology: Topology, resolution: Resolution) -> None:
        self._topology = topology
        self._resolution = resolution
        self._qos: dict[str, QoS] = {}
        self.expected = expected_peers(topology, resolution)
        """Only sockets that meet others."""

    def qos(self, socket: Socket) -> QoS:
        """What a socket and its message say."""
        known = self._qos.get(socket.ref)
        if known is None:
            known = self._qos[socket.ref] = qos_of(self._topology, socket)
        return known

    def subscriptions(self, socket: Socket) -> Mapping[str, int]:
        """What a publisher that waits for its subscribers is going to be asked for."""
        if socket.qos.wait_for is None:
            return {}
        return expected_subscriptions(self._topology, self._resolution, socket)

    def security(self, socket: Socket) -> Security | None:
        """The socket's mechanism; None for NULL."""
        return self._securities.get(socket.ref) if self._securities else None

    @cached_property
    def _securities(self) -> dict[str, Security]:
        if self._topology.security is None and not any(s.security for s in self._topology.sockets()):
            return {}
        from orchestrator.model.securing import securities, security_of

        said = securities(self._topology, self._resolution)
        found = (
            (socket.ref, security_of(self._topology, self._resolution, socket, said.get(socket.ref)))
            for socket in self._topology.sockets()
        )
        return {ref: security for ref, security in found if security is not None}
