"""Sending on a live link: messages, requests with their replies, publications."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import zmq

from orchestrator.codecs import Codec, DecodeError, make_codec
from orchestrator.errors import OrchestratorError, RunError, UsageError
from orchestrator.live.board import Board, LiveSocket
from orchestrator.live.patterns import Joining, to_publish, to_request, to_send
from orchestrator.live.peers import Peer, Peers
from orchestrator.live.reading import Reader, Record, Way
from orchestrator.live.texts import to_payload
from orchestrator.live.writing import Writer
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import Flag

LINGER_S: Final = 5.0
"""How long what was sent may take to leave."""


class NoReplyError(RunError):
    """Nobody answered in time."""


class RefusedError(OrchestratorError):
    """The service answered that the request failed."""


def codec_of(socket: LiveSocket) -> Codec:
    """Raises CodecError."""
    return make_codec(
        socket.codec, schema=socket.schema, message_type=socket.message_type, directory=socket.directory
    )


def send(
    board: Board,
    socket: LiveSocket,
    words: Iterable[str | bytes],
    *,
    timeout_s: float,
    share: bool = False,
) -> int:
    """Send each of `words` to a socket, and wait until they have left; how many. Raises OrchestratorError."""
    joining = to_send(board, socket, share=share)
    codec, writer = codec_of(socket), _writer(joining, "send")
    with Peers(linger_s=max(LINGER_S, timeout_s)) as peers:
        peer = peers.join(joining)
        peer.meet(timeout_s=timeout_s)
        count = 0
        for word in words:
            peer.send(writer.frames([to_payload(codec, word)]), timeout_s)
            count += 1
    return count


def publish(
    board: Board,
    socket: LiveSocket,
    topic: str | None,
    words: Iterable[str | bytes],
    *,
    timeout_s: float,
) -> int:
    """Publish to one subscriber; how many were sent. Raises OrchestratorError, also where the subscriber has
    not asked for the topic."""
    joining = to_publish(board, socket)
    codec, writer = codec_of(socket), _writer(joining, "pub")
    with Peers(linger_s=max(LINGER_S, timeout_s)) as peers:
        peer = peers.join(joining, options={"xpub_verbose": 1, "xpub_nodrop": 1})
        peer.meet(timeout_s=timeout_s)
        _check_wanted(socket, topic, peer.subscriptions(len(set(socket.subscribe or ("",))), timeout_s))
        count = 0
        for word in words:
            _publish_one(peer, writer.frames([to_payload(codec, word)], topic), timeout_s)
            count += 1
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    record: Record
    value: Any
    seconds: float
    """From the sending of the request on."""


class Asker:
    """Asks one service, one request after the other."""

    def __init__(self, peers: Peers, joining: Joining, timeout_s: float, name: str = "request") -> None:
        """Returns when the connection is up. Raises RunError."""
        self._peer = peers.join(joining)
        self._reader = Reader(joining.socket)
        self._writer = _writer(joining, name)
        self._timeout_s = timeout_s
        self.codec = self._reader.codec
        self._peer.meet(timeout_s=timeout_s)

    def ask(self, payload: bytes) -> tuple[list[bytes], float]:
        """The reply's frames, and how long it took. Raises NoReplyError."""
        frames = self._writer.frames([payload])
        raw, ref = self._peer.raw, self._peer.joining.socket.ref
        began = time.perf_counter()
        self._peer.send(frames, self._timeout_s)
        if not raw.poll(round(self._timeout_s * 1000)):
            raise NoReplyError(
                f"{ref} has not answered within {self._timeout_s:g} s",
                "`orchestrator logs` and `orchestrator ps` tell what its node does; --timeout waits longer",
            )
        return raw.recv_multipart(zmq.NOBLOCK), time.perf_counter() - began

    def read(self, frames: list[bytes], seconds: float) -> Reply:
        """What a reply says. Raises RefusedError for a standard error reply, RunError for what is none."""
        at_ns = time.time_ns()
        if self._peer.joining.type is SocketType.DEALER and len(frames) > 1 and not frames[0]:
            frames = frames[1:]
        record = self._reader.read_payload(frames, Way.RECEIVED, at_ns)
        try:
            value = None if record.note else self._reader.value(record)
        except DecodeError as error:
            raise RunError(
                f"the reply of {record.socket.ref} cannot be read: {error}", "--hex shows its bytes"
            ) from error
        if record.header is not None and record.header.flags & Flag.ERROR:
            raise RefusedError(_refusal(record.socket, value))
        return Reply(record=record, value=value, seconds=seconds)


def request(board: Board, socket: LiveSocket, word: str | bytes, *, timeout_s: float) -> Reply:
    """Ask once. Raises OrchestratorError."""
    joining = to_request(board, socket)
    with Peers() as peers:
        asker = Asker(peers, joining, timeout_s)
        return asker.read(*asker.ask(to_payload(asker.codec, word)))


def _refusal(socket: LiveSocket, value: Any) -> str:
    if isinstance(value, dict):
        return f"{socket.ref} answered with an error: {value.get('code')}: {value.get('message')}"
    return f"{socket.ref} answered with an error: {value!r}"


def _writer(joining: Joining, name: str) -> Writer:
    return Writer(joining.socket, f"orchestrator.{name}", delimiter=joining.delimiter)


def _check_wanted(socket: LiveSocket, topic: str | None, subscribed: Iterable[bytes]) -> None:
    prefixes = tuple(subscribed)
    begins = b"" if topic is None else topic.encode("utf-8", "surrogateescape")
    if topic is not None and not any(begins.startswith(prefix) for prefix in prefixes):
        shown = ", ".join(repr(prefix.decode("utf-8", "backslashreplace")) for prefix in prefixes)
        raise UsageError(
            f"{socket.ref} does not get the topic {topic!r}: it subscribes to {shown or 'nothing'}",
            "choose a topic that begins so",
        )


def _publish_one(peer: Peer, frames: list[bytes], timeout_s: float) -> None:
    """With ZMQ_XPUB_NODROP a full queue is told, and no message lost without a word."""
    give_up = time.monotonic() + timeout_s
    while True:
        try:
            peer.raw.send_multipart(frames, zmq.NOBLOCK)
            return
        except zmq.Again:
            if time.monotonic() >= give_up:
                raise RunError(
                    f"{peer.joining.socket.ref} takes nothing: its queue is full for {timeout_s:g} s"
                ) from None
            time.sleep(0.001)
