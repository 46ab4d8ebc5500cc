"""Which sockets to tap to see all that a topology says, each message once. Pure."""

from __future__ import annotations

from orchestrator.live.board import Board, LiveSocket
from orchestrator.live.patterns import by_subscribing, disturbed_by_subscriber
from orchestrator.vocabulary import SocketType

_RANKS = {
    SocketType.PUB: 0,
    SocketType.XPUB: 0,
    SocketType.PUSH: 1,
    SocketType.REP: 2,
    SocketType.ROUTER: 2,
    SocketType.PULL: 3,
}
"""Of the two ends of a link, the one with the smaller number is tapped, if it can be."""


def all_links(board: Board) -> tuple[list[str], list[str]]:
    """The sockets to tap, and those of links that nobody can tap without being felt."""
    chosen: dict[str, None] = {}
    without: dict[str, None] = {}
    for socket in board.sockets:
        if not socket.links and can_be_tapped(board, socket):
            chosen[socket.ref] = None
        for other in board.others(socket):
            ends = sorted((socket, other), key=lambda end: (_RANKS.get(end.type, 4), not end.binds, end.ref))
            able = next((end for end in ends if can_be_tapped(board, end)), None)
            if able is None:
                without[ends[0].ref] = None
            else:
                chosen[able.ref] = None
    return list(chosen), [ref for ref in without if ref not in chosen]


def can_be_tapped(board: Board, socket: LiveSocket) -> bool:
    """Whether it can, and nobody feels it."""
    if socket.copies:
        return True
    joinings = by_subscribing(board, socket) if socket.addresses else ()
    publishes = socket.type in (SocketType.PUB, SocketType.XPUB)
    return publishes and bool(joinings) and not any(disturbed_by_subscriber(j.socket) for j in joinings)
