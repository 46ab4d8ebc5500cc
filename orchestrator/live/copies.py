"""Copies that Python nodes make of their messages while somebody asks for them (docs/protocol.md, TAP)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from typing import Final

import zmq

from orchestrator.client import Client
from orchestrator.errors import RunError
from orchestrator.live.board import LiveSocket
from orchestrator.live.patterns import Joining
from orchestrator.live.peers import Peers
from orchestrator.live.reading import Way
from orchestrator.vocabulary import SocketType
from orchestrator.wire.taps import SENT, CopyError, read_head

_HWM: Final = 10_000


class Copies:
    """One place where the copies of several sockets arrive.

    The nodes connect to it, so that a process that is replaced comes back to it by itself.
    """

    def __init__(self, client: Client, peers: Peers, sockets: Sequence[LiveSocket]) -> None:
        """Returns when the copies come. Raises UsageError and RunError."""
        self.sockets = tuple(sockets)
        self._by_ref = {socket.ref: socket for socket in sockets}
        self._dropped: dict[str, int] = {}
        self._directory = tempfile.mkdtemp(prefix="tap-")
        self._line: Client | None = None
        try:
            address = f"ipc://{self._directory}/copies"
            joining = Joining(socket=sockets[0], type=SocketType.PULL, addresses=(address,))
            peer = peers.listen(joining, {"rcvhwm": _HWM})
            self.raw = peer.raw
            self._line = Client(client.path)
            self._stream = self._line.stream("tap", sockets=sorted(self._by_ref), address=address)
            told = next(self._stream, None)
            if told is None:
                raise RunError("the topology has ended")
            peer.meet(told["told"])
        except BaseException:
            self.close()
            raise

    @property
    def missed(self) -> int:
        """Copies that the nodes had no room for."""
        return sum(self._dropped.values())

    def drain(self, count: int) -> Iterator[tuple[LiveSocket, Way, list[bytes], int]]:
        """Up to so many of the copies that have come."""
        for _ in range(count):
            try:
                head, *frames = self.raw.recv_multipart(zmq.NOBLOCK)
                way, at_ns, dropped, ref = read_head(head)
            except zmq.Again:
                return
            except CopyError:
                continue
            socket = self._by_ref.get(ref)
            if socket is not None:
                self._dropped[ref] = max(dropped, self._dropped.get(ref, 0))
                yield socket, Way.SENT if way == SENT else Way.RECEIVED, frames, at_ns

    def close(self) -> None:
        """Ask for no more."""
        if self._line is not None:
            self._line.close()
        shutil.rmtree(self._directory, ignore_errors=True)
