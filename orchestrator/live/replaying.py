"""A recording played to a running topology: in its order, at its pace or another one."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import zmq

from orchestrator.client import Client
from orchestrator.errors import RunError, UsageError
from orchestrator.live.board import Board, LiveSocket
from orchestrator.live.pacing import Pacer
from orchestrator.live.peers import Peer, Peers
from orchestrator.live.recorded import Origin, Played
from orchestrator.live.stages import Stage, open_stage, stage_for, stage_to
from orchestrator.live.writing import Writer
from orchestrator.vocabulary import SocketType

LINGER_S: Final = 10.0
"""How long what was sent may take to leave."""
_PAUSE_S: Final = 0.0005
_TOPICS: Final = SocketType.XPUB


@dataclass(slots=True)
class Performance:
    """How it went."""

    messages: int = 0
    seconds: float = 0.0
    behind_s: float = 0.0
    """The most that a message was late."""
    replies: int = 0
    """Replies that came, and that nobody waits for."""
    left_out: list[str] = field(default_factory=list)
    """Recorded sockets that are not replayed: what they sent were answers."""


class Replay:
    """Everything that is needed to play. Use in a `with` block."""

    def __init__(
        self,
        client: Client,
        origins: Collection[Origin],
        *,
        to: str | None,
        timeout_s: float,
        share: bool = False,
    ) -> None:
        """`share`: it is accepted that a DEALER sends us a part of what is meant for others.

        Returns when everybody is there. Raises OrchestratorError.
        """
        board = Board.told(client.call("sockets"))
        up = _running(client)
        self.told = Performance()
        self._timeout_s = timeout_s
        self._share = share
        self._peers = Peers(linger_s=LINGER_S)
        self._ways: dict[Origin, tuple[Peer, Writer]] = {}
        try:
            stages = self._stages(board, origins, to, up)
            opened: dict[tuple[str, bool], Peer] = {}
            for origin, stage in stages.items():
                key = (stage.joining.socket.ref, stage.stands_in)
                if key not in opened:
                    opened[key] = open_stage(self._peers, board, stage, timeout_s, up)
                joining = stage.joining
                writer = Writer(joining.socket, origin.socket, delimiter=joining.delimiter)
                self._ways[origin] = (opened[key], writer)
        except BaseException:
            self._peers.close(0.0)
            raise

    def _stages(
        self, board: Board, origins: Collection[Origin], to: str | None, up: Collection[str]
    ) -> Mapping[Origin, Stage]:
        def running(socket: LiveSocket) -> bool:
            return socket.instance in up

        found: dict[Origin, Stage] = {}
        for origin in origins:
            stage = (
                stage_for(board, origin, running, self._share)
                if to is None
                else stage_to(board, board.one(to), running, self._share)
            )
            if stage is None:
                self.told.left_out.append(f"{origin.socket}:{origin.way}")
            else:
                _check_codec(origin, stage.joining.socket)
                found[origin] = stage
        if not found:
            raise UsageError("there is nothing to replay: all that was recorded are answers")
        return found

    def play(self, messages: Iterable[Played], pacer: Pacer) -> Performance:
        """Send each message when its time has come. Raises RunError when there is no room for one."""
        began = time.monotonic()
        try:
            for message in messages:
                way = self._ways.get(message.origin)
                if way is None:
                    continue
                pacer.wait(message.at_ns)
                peer, writer = way
                topic = message.topic if peer.joining.type is _TOPICS else None
                self._send(peer, writer.frames(message.payload, topic))
                self.told.messages += 1
        finally:
            self.told.seconds = time.monotonic() - began
            self.told.behind_s = pacer.behind_s
        return self.told

    def _send(self, peer: Peer, frames: list[bytes]) -> None:
        give_up = time.monotonic() + self._timeout_s
        while True:
            try:
                peer.raw.send_multipart(frames, zmq.NOBLOCK)
                break
            except zmq.Again:
                if time.monotonic() >= give_up:
                    ref, span = peer.joining.socket.ref, self._timeout_s
                    raise RunError(
                        f"{ref} takes nothing: its queue is full for {span:g} s",
                        "`orchestrator ps` shows whether its readers still work",
                    ) from None
                time.sleep(_PAUSE_S)
        if peer.joining.type is SocketType.DEALER:
            self._empty(peer)

    def _empty(self, peer: Peer) -> None:
        """Take replies out, so that those who send them do not run into a full queue."""
        try:
            while True:
                peer.raw.recv_multipart(zmq.NOBLOCK)
                self.told.replies += 1
        except zmq.Again:
            return

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._peers.close(0.0 if kind is not None else None)


def _check_codec(origin: Origin, target: LiveSocket) -> None:
    if origin.codec != str(target.codec):
        raise UsageError(
            f"{origin.socket} was recorded in {origin.codec}, and {target.ref} reads {target.codec}",
            f"choose what to replay: orchestrator replay FILE NODE.SOCKET --to {target.ref}",
        )


def _running(client: Client) -> frozenset[str]:
    """The instances that have a process."""
    units = client.call("status")["units"]
    return frozenset(name for unit in units if unit["pid"] is not None for name in unit["instances"])
