"""Whatever frames a peer sends to a socket that asks or answers: nothing is raised, a REP answers each of them,
and the next good message is handled."""

from __future__ import annotations

import io
from collections import deque
from typing import Any

import zmq
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.codecs import make_codec
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.socket import Socket
from orchestrator.sdk.tracing import current_work
from orchestrator.vocabulary import CodecName, SocketType
from orchestrator.wire.envelope import NO_FLAGS, Flag, Header, MessageId, Trace, pack, unpack
from orchestrator.wire.qos import QoS, Retry


class Frame:
    def __init__(self, data: bytes, more: bool) -> None:
        self.bytes, self.more = data, more

    def __len__(self) -> int:
        return len(self.bytes)

    def get(self, _name: str) -> str:
        return "somewhere"


class Raw:
    """A socket of libzmq without the wire."""

    def __init__(self) -> None:
        self.incoming: deque[list[bytes]] = deque()
        self.sent: list[list[bytes]] = [[]]
        self._rest: list[bytes] = []

    def recv(self, _flags: int, copy: bool = True) -> Any:
        if not self._rest:
            if not self.incoming:
                raise zmq.Again
            self._rest = list(self.incoming.popleft())
        first = self._rest.pop(0)
        return first if copy else Frame(first, bool(self._rest))

    def recv_multipart(self, _flags: int) -> list[bytes]:
        rest, self._rest = self._rest, []
        return rest

    def getsockopt(self, option: int) -> int:
        return int(bool(self._rest)) if option == zmq.RCVMORE else 0

    def send(self, data: Any, flags: int, _copy: bool = True) -> None:
        self.sent[-1].append(bytes(data))
        if not flags & zmq.SNDMORE:
            self.sent.append([])


def made(kind: SocketType, qos: QoS) -> tuple[Socket, Raw]:
    current_work.set(None)
    raw = Raw()
    socket = Socket(
        name="s",
        socket_type=kind,
        raw=raw,  # type: ignore[arg-type]
        codec=make_codec(CodecName.JSON),
        control=NodeControl(),
        reporter=Reporter(io.StringIO()),
        qos=qos,
    )
    return socket, raw


IDS = st.builds(MessageId, st.integers(0, 3), st.integers(0, 3))
HEADERS = st.builds(
    Header,
    source=st.integers(0, 2**64 - 1),
    sequence=st.integers(0, 5),
    number=st.integers(0, 5),
    timestamp_ns=st.integers(0, 2**62),
    codec=st.sampled_from(["json", "msgpack", ""]),
    flags=st.sampled_from([NO_FLAGS, *Flag, Flag.ERROR | Flag.DETACHED, Flag.BATCH | Flag.ERROR]),
    count=st.integers(0, 3),
    trace=st.one_of(st.none(), st.just(Trace(b"t" * 16, b"s" * 8, 1))),
    deadline_ns=st.one_of(st.none(), st.sampled_from([0, 2**62])),
    answers=st.one_of(st.none(), IDS),
    request=st.one_of(st.none(), IDS),
    attempt=st.integers(1, 3),
)
PAYLOADS = st.one_of(st.binary(max_size=20), st.just(b"1"))
MESSAGES = st.one_of(
    st.lists(st.binary(max_size=70), min_size=1, max_size=4),
    st.builds(lambda h, p: [pack(h) + p], HEADERS, PAYLOADS),
    st.builds(lambda h, p: [pack(h), p], HEADERS, PAYLOADS),
    st.builds(lambda h, p: [b"peer", b"", pack(h) + p], HEADERS, PAYLOADS),
    st.builds(lambda h, p: [b"", pack(h) + p], HEADERS, PAYLOADS),
)


def take_all(socket: Socket) -> list[Any]:
    found = []
    while (taken := socket.take()) is not None:
        found.append(taken)
    return found


@given(st.lists(MESSAGES, max_size=6))
def test_a_rep_answers_everything_and_handles_what_is_good(messages: list[list[bytes]]) -> None:
    socket, raw = made(SocketType.REP, QoS(envelope=True))
    for frames in messages:
        before = len(raw.sent)
        raw.incoming.append(frames)
        for _ in take_all(socket)[:1]:
            socket.send("reply")
        assert len(raw.sent) == before + 1
    good = Header(source=9, sequence=1, number=7, timestamp_ns=0, codec="json", request=MessageId(9, 7))
    raw.incoming.append([pack(good) + b"5"])
    assert [message for message, _ in take_all(socket)] == [5]
    socket.send(6)
    reply = raw.sent[-2][0]
    assert unpack(reply).answers == MessageId(9, 7)
    raw.incoming.append([pack(good) + b"5"])
    assert take_all(socket) == []  # it has been answered, and is again
    assert unpack(raw.sent[-2][0]).answers == MessageId(9, 7)
    assert len(raw.sent) - 1 == socket.counters.sent


@given(st.lists(MESSAGES, max_size=6))
def test_a_router_bears_everything(messages: list[list[bytes]]) -> None:
    socket, raw = made(SocketType.ROUTER, QoS(envelope=True))
    raw.incoming.extend([b"id", *frames] for frames in messages)
    for _, peer in take_all(socket):
        socket.send("reply", peer=peer)
        socket.refuse("bad", "twice", peer=peer)


@given(
    st.sampled_from([SocketType.REQ, SocketType.DEALER]),
    st.sampled_from([QoS(envelope=True, retry=Retry()), QoS(retry=Retry())]),
    st.lists(MESSAGES, max_size=6),
)
def test_one_that_asks_gets_its_reply_whatever_else_comes(
    kind: SocketType, qos: QoS, messages: list[list[bytes]]
) -> None:
    socket, raw = made(kind, qos)
    assert socket.asking is not None
    call = socket.asking.begin(1, None)
    asked = raw.sent[-2]
    raw.incoming.extend(messages)
    take_all(socket)
    if call.done:  # one of them was the reply
        return
    if qos.envelope:
        header = Header(
            source=9, sequence=1, number=1, timestamp_ns=0, codec="json", answers=unpack(asked[-1]).id
        )
        raw.incoming.append([pack(header) + b"2"])
    else:
        raw.incoming.append([*asked[:-1], b"2"])
    assert take_all(socket) == []
    assert call.outcome == 2
