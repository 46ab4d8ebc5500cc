"""Who can join a live link, as what, and where nobody can: why, and what to do instead. Pure.

What libzmq does with one more peer decides: a PUB sends everybody everything, while PUSH, DEALER and REQ
share out what they send, so that another reader takes messages away from those they are meant for (RFC 28,
29, 30).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.errors import UsageError
from orchestrator.live.board import Board, LiveSocket, must_be_bound
from orchestrator.vocabulary import SocketType

_T: Final = SocketType
_PUBLISHERS: Final = (SocketType.PUB, SocketType.XPUB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """How a tool joins: as a socket of `type`, connected to `addresses`."""

    socket: LiveSocket
    type: SocketType
    addresses: tuple[str, ...]
    delimiter: bool = False
    """Whether an empty frame goes before each message, for a REP at the other end."""


def to_send(board: Board, socket: LiveSocket, *, share: bool = False) -> Joining:
    """How one more message gets to a socket. Raises UsageError.

    `share`: it is accepted that the socket sends this peer a part of what is meant for others.
    """
    match socket.type:
        case _T.PUSH | _T.PUB | _T.XPUB:
            raise UsageError(
                f"{socket.ref} is a {socket.type}: it takes no messages",
                f"`orchestrator tap {socket.ref}` shows those it sends",
            )
        case _T.SUB | _T.XSUB:
            raise UsageError(
                f"{socket.ref} is a {socket.type}: it takes what is published",
                f"orchestrator pub {socket.ref} --topic TOPIC MESSAGE",
            )
        case _T.REP:
            raise UsageError(
                f"{socket.ref} is a REP: it answers each message",
                f"orchestrator request {socket.ref} MESSAGE",
            )
        case _T.REQ | _T.STREAM:
            raise _no_stranger(socket)
    addresses = _bound(board, socket, "send to it")
    if socket.type is _T.PAIR and socket.links:
        raise UsageError(
            f"{socket.ref} is a PAIR, which talks with one peer: {socket.links[0].other or 'somebody'}",
            "use PUSH and PULL where others send as well",
        )
    if socket.type is _T.DEALER and not share:
        raise UsageError(
            f"{socket.ref} is a DEALER: while this peer is connected, it gets a share of what {socket.ref} "
            "sends to others",
            "say that you accept that: --yes",
        )
    peer = {_T.PULL: _T.PUSH, _T.PAIR: _T.PAIR}.get(socket.type, _T.DEALER)
    return Joining(socket=socket, type=peer, addresses=addresses)


def to_request(board: Board, socket: LiveSocket) -> Joining:
    """How a request gets to a socket, and its reply back. Raises UsageError."""
    if socket.type not in (_T.REP, _T.ROUTER):
        verb = {_T.PULL: "send", _T.DEALER: "send", _T.PAIR: "send", _T.SUB: "pub", _T.XSUB: "pub"}
        other = verb.get(socket.type)
        raise UsageError(
            f"{socket.ref} is a {socket.type}: only REP and ROUTER answer requests",
            f"orchestrator {other} {socket.ref} MESSAGE"
            if other
            else f"`orchestrator tap {socket.ref}` shows what it sends",
        )
    addresses = _bound(board, socket, "ask it")
    types = {each.type for each in board.others(socket)}
    if socket.type is _T.ROUTER and types and _T.REQ not in types:
        return Joining(socket=socket, type=_T.DEALER, addresses=addresses)
    return Joining(socket=socket, type=_T.REQ, addresses=addresses)


def to_publish(board: Board, socket: LiveSocket) -> Joining:
    """How a publication gets to a subscriber. Raises UsageError."""
    if socket.type not in (_T.SUB, _T.XSUB):
        raise UsageError(
            f"{socket.ref} is a {socket.type}: only SUB and XSUB take publications",
            f"`orchestrator send {socket.ref} MESSAGE` sends to others"
            if socket.type.receives
            else f"`orchestrator tap {socket.ref}` shows what it sends",
        )
    # an XPUB, and no PUB: it is told when the subscriptions have arrived
    return Joining(socket=socket, type=_T.XPUB, addresses=_bound(board, socket, "publish to it"))


def by_subscribing(board: Board, socket: LiveSocket) -> tuple[Joining, ...]:
    """The publishers that a SUB has to be connected to, to see what a PUB sends or a SUB gets; empty where
    none binds."""
    ends = (socket,) if socket.type in _PUBLISHERS else _publishers(board, socket)
    return tuple(
        Joining(socket=end, type=_T.SUB, addresses=must_be_bound(end))
        for end in ends
        if end.binds and end.type in _PUBLISHERS
    )


def disturbed_by_subscriber(end: LiveSocket) -> str | None:
    """Why one more SUB would be felt by a publisher; None where it would not."""
    if end.lossless:
        return f"{end.ref} waits for its slowest subscriber, and a tap would be one"
    if end.counts_peers:
        return f"{end.ref} counts who is connected (`wait_for`, `limits.connections`), and would count a tap"
    if end.shares:
        return f"{end.ref} uses shared memory while all can read it, and a tap cannot"
    if end.type is _T.XPUB:
        return f"{end.ref} is an XPUB, which is told of each subscription and may pass it on"
    return None


def no_tap(socket: LiveSocket, disturbed: str | None = None) -> UsageError:
    """What there is to say where a link cannot be tapped."""
    if disturbed is not None:
        return UsageError(
            f"a tap of {socket.ref} would be felt: {disturbed}", "say that you accept that: --yes"
        )
    if socket.type in (*_PUBLISHERS, _T.SUB, _T.XSUB):
        reason = "nobody who publishes binds, so that there is nothing to subscribe to"
    else:
        reason = (
            f"each message on a link of a {socket.type} goes to one reader, and a second would take it away"
        )
    return UsageError(
        f"{socket.ref} cannot be tapped: {reason}; and no Python node at either end can make copies",
        "put a Python node, or for publishers the stock node `forwarder`, between the two",
    )


def _publishers(board: Board, socket: LiveSocket) -> tuple[LiveSocket, ...]:
    return board.others(socket) if socket.type in (_T.SUB, _T.XSUB) else ()


def _bound(board: Board, socket: LiveSocket, what: str) -> tuple[str, ...]:
    if socket.binds:
        return must_be_bound(socket)
    others = [link.other or link.address or "somebody" for link in socket.links]
    where = f"connects to {', '.join(others)}" if others else "connects to nobody"
    others_bind = [each for each in board.others(socket) if each.binds]
    also = f"; stop {others_bind[0].node} and `replay --to` can stand in for it" if others_bind else ""
    raise UsageError(
        f"{socket.ref} {where} and does not bind: nobody else can {what}",
        f"in the topology, let {socket.node}.{socket.name} bind and the other end connect{also}",
    )


def _no_stranger(socket: LiveSocket) -> UsageError:
    if socket.type is _T.REQ:
        return UsageError(
            f"{socket.ref} is a REQ: it takes nothing but the answers to what it asks",
            f"`orchestrator tap {socket.ref}` shows both",
        )
    return UsageError(
        f"{socket.ref} is a STREAM: it speaks plain TCP, and no ZeroMQ",
        "use a program like nc(1)",
    )
