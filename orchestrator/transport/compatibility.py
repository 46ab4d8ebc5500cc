"""Which socket types can talk to each other, and how each of them behaves. Data, no I/O.

Sources: RFC 37 (ZMTP 3.1, "The Socket-Type Property") and libzmq's mechanism.cpp, `check_socket_type`, for
the pairs; RFC 28 (request-reply), 29 (publish-subscribe), 30 (pipeline) and 31 (pair) for the behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from orchestrator.vocabulary import SocketType

_T = SocketType

PEERS: Final[Mapping[SocketType, frozenset[SocketType]]] = MappingProxyType(
    {
        _T.PAIR: frozenset({_T.PAIR}),
        _T.PUB: frozenset({_T.SUB, _T.XSUB}),
        _T.SUB: frozenset({_T.PUB, _T.XPUB}),
        _T.XPUB: frozenset({_T.SUB, _T.XSUB}),
        _T.XSUB: frozenset({_T.PUB, _T.XPUB}),
        _T.PUSH: frozenset({_T.PULL}),
        _T.PULL: frozenset({_T.PUSH}),
        _T.REQ: frozenset({_T.REP, _T.ROUTER}),
        _T.REP: frozenset({_T.REQ, _T.DEALER}),
        _T.DEALER: frozenset({_T.REP, _T.DEALER, _T.ROUTER}),
        _T.ROUTER: frozenset({_T.REQ, _T.DEALER, _T.ROUTER}),
        _T.STREAM: frozenset(),
    }
)
"""The types each type may be linked to. The relation is symmetric."""


class Pattern(StrEnum):
    """The messaging pattern of a link."""

    REQUEST_REPLY = "request-reply"
    PUBLISH_SUBSCRIBE = "publish-subscribe"
    PIPELINE = "pipeline"
    PAIR = "pair"
    STREAM = "stream"


PATTERN_OF: Final[Mapping[SocketType, Pattern]] = MappingProxyType(
    {
        _T.PAIR: Pattern.PAIR,
        _T.PUB: Pattern.PUBLISH_SUBSCRIBE,
        _T.SUB: Pattern.PUBLISH_SUBSCRIBE,
        _T.XPUB: Pattern.PUBLISH_SUBSCRIBE,
        _T.XSUB: Pattern.PUBLISH_SUBSCRIBE,
        _T.PUSH: Pattern.PIPELINE,
        _T.PULL: Pattern.PIPELINE,
        _T.REQ: Pattern.REQUEST_REPLY,
        _T.REP: Pattern.REQUEST_REPLY,
        _T.DEALER: Pattern.REQUEST_REPLY,
        _T.ROUTER: Pattern.REQUEST_REPLY,
        _T.STREAM: Pattern.STREAM,
    }
)


class Mute(StrEnum):
    """What a send does when no peer can take the message (its queue is full, or there is none)."""

    BLOCK = "block"
    DROP = "drop"
    REFUSE = "refuse"
    """EAGAIN, at once."""
    NEVER = "never"
    """The type does not send."""


MUTE: Final[Mapping[SocketType, Mute]] = MappingProxyType(
    {
        _T.PAIR: Mute.BLOCK,
        _T.PUB: Mute.DROP,
        _T.SUB: Mute.NEVER,
        _T.XPUB: Mute.DROP,
        _T.XSUB: Mute.NEVER,
        _T.PUSH: Mute.BLOCK,
        _T.PULL: Mute.NEVER,
        _T.REQ: Mute.BLOCK,
        _T.REP: Mute.DROP,
        _T.DEALER: Mute.BLOCK,
        _T.ROUTER: Mute.DROP,
        _T.STREAM: Mute.REFUSE,
    }
)
"""RFC 28-31, "mute state"; a ROUTER with `router_mandatory` refuses (EHOSTUNREACH, EAGAIN)."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Which way application messages travel between two types."""

    forth: bool
    """From the first to the second."""
    back: bool


def compatible(one: SocketType, other: SocketType) -> bool:
    """Whether libzmq's handshake lets the two types talk. inproc makes no handshake, and so no check."""
    return other in PEERS[one]


def peers_of(socket_type: SocketType) -> tuple[SocketType, ...]:
    """The types a type may be linked to, in the order of `SocketType`."""
    return tuple(t for t in SocketType if t in PEERS[socket_type])


def flow(one: SocketType, other: SocketType) -> Flow:
    """Which way messages travel on a link of compatible types (subscriptions, which XSUB sends, are none)."""
    return Flow(forth=one.sends and other.receives, back=other.sends and one.receives)


def mutual_lock(one: SocketType, other: SocketType) -> str | None:
    """Why no message can pass either way, in a few words, or None: both only send, or both only receive."""
    if not one.receives and not other.receives:
        return "both only send"
    if not one.sends and not other.sends:
        return "both only receive"
    return None
