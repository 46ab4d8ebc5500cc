"""Whether anything holds a sender back until its receivers are there."""

from __future__ import annotations

from orchestrator.model.types import Node, PeersProbe, Socket
from orchestrator.rules.context import RuleContext
from orchestrator.transport.compatibility import PATTERN_OF, Pattern
from orchestrator.vocabulary import SocketType


def ungated(context: RuleContext, sender: Socket, types: tuple[SocketType, ...]) -> list[Socket]:
    """The receivers of `sender` that nothing makes it wait for, each once; not those of its own node."""
    node = context.node_of(sender)
    if _waits_by_itself(node, sender) or (sender.qos.wait_for is not None and node.is_python):
        return []
    found: dict[str, Socket] = {}
    for _, other in context.peers(sender):
        if other.type in types and other.node != sender.node and not _waits_for(context, node, sender, other):
            found[other.ref] = other
    return list(found.values())


def _waits_by_itself(node: Node, sender: Socket) -> bool:
    """`stdin` holds a program until its line comes; a peers probe counts who is there."""
    if node.stdin is not None:
        return True
    return (
        node.ready is not None
        and isinstance(node.ready.kind, PeersProbe)
        and node.ready.kind.socket == sender.name
    )


def _waits_for(context: RuleContext, node: Node, sender: Socket, receiver: Socket) -> bool:
    if any(dependency.node == receiver.node for dependency in node.depends_on):
        return True
    return any(
        other.node == receiver.node and not _is_one_way(own, other, sender)
        for own in node.sockets.values()
        if own is not sender
        for _, other in context.peers(own)
    )


def _is_one_way(own: Socket, other: Socket, sender: Socket) -> bool:
    """Whether nothing can come back to the sender's node by a second link: then it is no handshake."""
    return PATTERN_OF[own.type] is not Pattern.STREAM and not own.type.receives and other.node != sender.node
