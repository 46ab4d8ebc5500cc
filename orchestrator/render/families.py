"""Which colour family a socket or a link belongs to, and which way its data goes. Pure."""

from __future__ import annotations

from orchestrator.render.picture import Arrows, Family
from orchestrator.transport.compatibility import compatible, flow
from orchestrator.vocabulary import SocketType

_T = SocketType

_FAMILY = {
    _T.PUB: Family.PUB_SUB,
    _T.SUB: Family.PUB_SUB,
    _T.XPUB: Family.PUB_SUB,
    _T.XSUB: Family.PUB_SUB,
    _T.PUSH: Family.PIPELINE,
    _T.PULL: Family.PIPELINE,
    _T.REQ: Family.REQ_REP,
    _T.REP: Family.REQ_REP,
    _T.DEALER: Family.ROUTED,
    _T.ROUTER: Family.ROUTED,
    _T.PAIR: Family.PAIR,
    _T.STREAM: Family.STREAM,
}

_ASKS = frozenset({_T.REQ, _T.DEALER})
_ANSWERS = frozenset({_T.REP, _T.ROUTER})


def family_of(socket_type: SocketType) -> Family:
    """The family of one socket."""
    return _FAMILY[socket_type]


def family_of_link(one: SocketType, other: SocketType | None) -> Family:
    """The family of a link. `other` is None where nobody said what an external endpoint is.

    REQ with ROUTER, and DEALER with REP, are routed: one end sees envelopes.
    """
    if other is None:
        return _FAMILY[one]
    if not compatible(one, other):
        return Family.MISFIT
    return _FAMILY[one] if _FAMILY[one] is _FAMILY[other] else Family.ROUTED


def asks(socket_type: SocketType) -> bool:
    """Whether a socket of this type starts a conversation."""
    return socket_type in _ASKS


def answers(socket_type: SocketType) -> bool:
    """Whether a socket of this type answers what others start."""
    return socket_type in _ANSWERS


def direction(connector: SocketType | None, binder: SocketType | None) -> tuple[bool, Arrows]:
    """Which way an edge is drawn: whether the connector is its tail, and where the arrows are.

    One-way data runs from tail to head. Of two-way links the asking side is the tail, else the connector. At
    most one type may be None: an endpoint of unknown type does what its peer needs.
    """
    forth, back = _passes(connector, binder)
    if forth != back:
        return forth, Arrows.FORWARD
    backwards = (binder in _ASKS and connector not in _ASKS) or (
        connector in _ANSWERS and binder not in _ANSWERS
    )
    return not backwards, Arrows.BOTH if forth else Arrows.NONE


def _passes(connector: SocketType | None, binder: SocketType | None) -> tuple[bool, bool]:
    if connector is not None and binder is not None:
        both = flow(connector, binder)
        return both.forth, both.back
    if connector is not None:
        return connector.sends, connector.receives
    if binder is not None:
        return binder.receives, binder.sends
    return False, False
