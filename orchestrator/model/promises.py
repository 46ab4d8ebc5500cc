"""What a socket promises in all: its own words, and those of its message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.model.resolution import Meeting, Resolution
from orchestrator.model.types import Node, Socket, Topology
from orchestrator.wire.qos import QoS


def qos_of(topology: Topology, socket: Socket) -> QoS:
    """The quality of service of a socket. Compression and checks are its message's to say."""
    message = topology.messages.get(socket.message) if socket.message is not None else None
    if message is None:
        return socket.qos
    usual = socket.qos.envelope, socket.qos.compress, socket.qos.check
    said = socket.qos.envelope or message.envelope, message.compress, message.check
    if usual == said:
        return socket.qos
    return replace(socket.qos, envelope=said[0], compress=said[1], check=said[2])


def expected_peers(topology: Topology, resolution: Resolution) -> Mapping[str, int]:
    """`node.socket` -> how many sockets of this topology one of its instances meets; those that meet any.

    A peer that is reached at several addresses counts once.
    """
    return {
        ref: sum(_counted(topology.nodes, ref, meetings).values())
        for ref, meetings in resolution.by_socket.items()
    }


def _counted(nodes: Mapping[str, Node], ref: str, meetings: tuple[Meeting, ...]) -> Mapping[str, int]:
    """peer -> how many of its instances."""
    found: dict[str, int] = {}
    for meeting in meetings:
        binder, connector = meeting.link.binder, meeting.link.connector
        for own, peer, count in (
            (binder, connector, meeting.per_binder),
            (connector, binder, meeting.per_connector),
        ):
            if own is not None and peer is not None and own.ref == ref != peer.ref:
                found[peer.ref] = min(found.get(peer.ref, 0) + count, nodes[peer.node].replicas)
    return found


def expected_subscriptions(topology: Topology, resolution: Resolution, socket: Socket) -> Mapping[str, int]:
    """prefix -> how many sockets of this topology ask one instance of a publisher for it, as far as the file
    says so: a prefix with an expression, and what a program asks for later, are not known."""
    found: dict[str, int] = {}
    for ref, count in _counted(topology.nodes, socket.ref, resolution.by_socket.get(socket.ref, ())).items():
        peer = topology.socket(ref)
        for prefix in (peer.subscribe or ()) if peer is not None else ():
            if "${{" not in prefix:
                found[prefix] = found.get(prefix, 0) + count
    return found
