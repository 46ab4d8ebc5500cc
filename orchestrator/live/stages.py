"""Where a recording is played to: one socket of our own for each recorded one. Decided here, and made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from orchestrator.errors import RunError, UsageError
from orchestrator.live.board import Board, LiveSocket
from orchestrator.live.patterns import Joining, to_publish, to_request, to_send
from orchestrator.live.peers import Peer, Peers
from orchestrator.live.reading import Way
from orchestrator.live.recorded import Origin
from orchestrator.vocabulary import SocketType

QUIET_S: Final = 0.3
"""Who reads a socket of the topology tries again within 0.2 s (`transport.sockets`); when nobody new has come
for so long, all are there."""
_T: Final = SocketType
_PUBLISHERS: Final = (_T.PUB, _T.XPUB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One socket of ours."""

    joining: Joining
    stands_in: bool = False
    """It binds, in place of a socket whose node has been stopped; else it connects."""


def stage_to(board: Board, target: LiveSocket, running: Callable[[LiveSocket], bool], share: bool) -> Stage:
    """Where everything goes with `--to`. Raises UsageError."""
    if target.type.sends and not target.type.receives:
        return _stand_in(target, running)
    return Stage(joining=_into(board, target, share))


def stage_for(
    board: Board, origin: Origin, running: Callable[[LiveSocket], bool], share: bool
) -> Stage | None:
    """Where the messages of one recorded socket go without `--to`: where they went when they were recorded.
    None for answers, which those who are asked give again by themselves. Raises UsageError.
    """
    socket = board.one(origin.socket)
    if origin.way is Way.RECEIVED:
        return None if socket.type is _T.REQ else Stage(joining=_into(board, socket, share))
    if socket.type in (_T.REP, _T.ROUTER):
        return None
    if socket.binds:
        return _stand_in(socket, running)
    ends = [end for end in board.others(socket) if end.binds]
    if len(ends) != 1:
        raise UsageError(
            f"{socket.ref} sends to {', '.join(end.ref for end in ends) or 'nobody of this topology'}: "
            "it is not clear where to replay it",
            "say where: --to NODE.SOCKET",
        )
    return Stage(joining=_into(board, ends[0], share))


def _into(board: Board, socket: LiveSocket, share: bool) -> Joining:
    match socket.type:
        case _T.SUB | _T.XSUB:
            return to_publish(board, socket)
        case _T.REP:
            asked = to_request(board, socket)
            # a REQ may not send again before it has its answer
            return Joining(socket=socket, type=_T.DEALER, addresses=asked.addresses, delimiter=True)
        case _:
            return to_send(board, socket, share=share)


def _stand_in(socket: LiveSocket, running: Callable[[LiveSocket], bool]) -> Stage:
    """We play the part of a sending socket that binds."""
    if running(socket):
        raise UsageError(
            f"{socket.ref} binds, and {socket.node} runs: its place is taken",
            f"orchestrator stop {socket.node} first; or replay --to a socket that receives",
        )
    addresses = tuple(a for a in socket.addresses if a.startswith(("ipc://", "tcp://")))
    if not addresses:
        raise UsageError(
            f"{socket.ref} cannot be stood in for: where it binds is only known while it runs",
            "give it a fixed address, or replay --to a socket that receives",
        )
    kind = _T.XPUB if socket.type in _PUBLISHERS else socket.type
    return Stage(joining=Joining(socket=socket, type=kind, addresses=addresses), stands_in=True)


def open_stage(peers: Peers, board: Board, stage: Stage, timeout_s: float, up: Collection[str]) -> Peer:
    """The socket, once those at the other end are there (`up`: the instances that run). Raises RunError."""
    joining = stage.joining
    publishes = joining.type is _T.XPUB
    options = {"xpub_verbose": 1, "xpub_nodrop": 1} if publishes else {}
    if not stage.stands_in:
        peer = peers.join(joining, options=options)
        peer.meet(timeout_s=timeout_s)
        if publishes:
            peer.subscriptions(_subscriptions([joining.socket]), timeout_s)
        return peer
    peer = peers.stand_in(joining, options)
    readers = [other for other in board.others(joining.socket) if other.instance in up]
    if not readers:
        raise RunError(f"nobody who runs connects to {joining.socket.ref}", "start those who read it")
    peer.meet(len(readers), timeout_s)
    if publishes:
        peer.subscriptions(_subscriptions(readers), timeout_s)
    peer.settle(QUIET_S)  # among those who came may be strangers, like a tap, and a reader not yet
    return peer


def _subscriptions(readers: Iterable[LiveSocket]) -> int:
    """How many are to be waited for. What an XSUB asks for is its node's affair."""
    return sum(len(set(reader.subscribe or ())) for reader in readers)
