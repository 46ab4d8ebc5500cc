"""Whether a link is to take other keys now, and how. Pure.

What can be lost decides: libzmq throws away what is queued for a connection that is left while its peer is
away, and what is under way to a receiver that leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import SocketLaunch

REFUSED: Final = frozenset({"auth", "mechanism", "key", "protocol"})
"""Failures after which libzmq's client does not try again, and has thrown away its queue."""
AGAIN_S: Final = 2.0
"""The pause after which one that was turned away for good knocks again."""
STALE_S: Final = 2.0
"""Keys that do not count any more are given up when they have failed for so long."""
FAILING_S: Final = 5.0
"""Keys that count are given up when they have failed for so long: a server that has its port open with
several keys may turn them away a few times in a row."""
RECENT_S: Final = 2.0
"""A failure that is older is no sign that the server is there at all."""

_AT_ONCE: Final = (SocketType.PUSH, SocketType.REQ)
RECEIVE: Final = (SocketType.PULL, SocketType.SUB, SocketType.XSUB)


class Step(Enum):
    """What is to be done."""

    NOTHING = auto()
    SETTLED = auto()
    """All is as it should be."""
    TRY = auto()
    """Try keys on a connection of their own, and change when they work."""
    MOVE = auto()
    """Change: nothing can be lost."""
    GIVE_UP = auto()
    """Change, though what is queued will be lost: these keys open nothing any more."""
    KNOCK = auto()
    """Try again: libzmq does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a link stands."""

    peers: int = 0
    since_s: float = 0.0
    """For how long there have been so many."""
    kind: str = ""
    """How the last handshake failed, if none has succeeded since."""
    failed_s: float = 0.0
    """How long ago that was."""


def next_step(
    socket: SocketLaunch,
    address: str,
    standing: Standing,
    *,
    outdated: bool,
    stale: bool,
    refused: bool = False,
    choices: int,
) -> Step:
    """`outdated`: there are newer keys than those it has. `stale`: those it has do not count any more;
    `refused`: its own does not, so that no server lets it in. `choices`: how many pairs of keys there are to
    choose from."""
    if standing.peers:
        if not outdated:
            return Step.SETTLED
        return Step.TRY if can_leave(socket, address) else Step.NOTHING
    if standing.kind in REFUSED:
        return Step.KNOCK if standing.since_s >= AGAIN_S else Step.NOTHING
    if socket.type in RECEIVE and stale:
        return Step.MOVE
    if refused:  # what is queued can't leave any more; what comes now is to be queued for another connection
        return Step.GIVE_UP
    if not standing.kind or standing.failed_s > RECENT_S or not (outdated or choices > 1):
        return Step.NOTHING
    if standing.since_s < (STALE_S if stale else FAILING_S):
        return Step.NOTHING
    return Step.MOVE if socket.type in RECEIVE else Step.GIVE_UP


def can_leave(socket: SocketLaunch, address: str) -> bool:
    """Whether a connection that works can be left without a loss."""
    qos = socket.qos
    if not address.startswith("tcp://"):
        return False
    if socket.type is SocketType.REQ:  # with these it has a DEALER under it, and may have several under way
        return not (qos.envelope or qos.retry or qos.breaker or qos.failover)
    return socket.type in _AT_ONCE
