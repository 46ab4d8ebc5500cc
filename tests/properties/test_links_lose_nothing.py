"""What goes out on one end comes in at the other, whatever the socket types, sizes, topics and batches; and whatever
comes in that was not meant so is counted, told, and no reason to end."""

from __future__ import annotations

import io
import json
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import zmq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.codecs.registry import make_codec
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.socket import Socket
from orchestrator.sdk.tracing import Work, current_work
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import Trace
from orchestrator.wire.qos import Batch, QoS

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "envelope.json").read_text(encoding="utf-8")
)


class Frame:
    """As much of zmq.Frame as an inlet looks at."""

    def __init__(self, data: bytes, more: bool) -> None:
        self.bytes, self.more = data, more

    def __len__(self) -> int:
        return len(self.bytes)

    def get(self, _name: str) -> str:
        raise KeyError


class Wire:
    """A raw socket: what it sends is in `sent`, what it receives is what somebody puts into `arriving`."""

    def __init__(self) -> None:
        self._sending: list[bytes] = []
        self._reading: deque[bytes] = deque()
        self.sent: list[list[bytes]] = []
        self.arriving: deque[list[bytes]] = deque()

    def send(self, data: Any, flags: int = 0, copy: bool = True, **_: Any) -> None:
        self._sending.append(bytes(data))
        if not flags & zmq.SNDMORE:
            self.sent.append(self._sending)
            self._sending = []

    def recv(self, _flags: int = 0, copy: bool = True, **_: Any) -> Any:
        if not self._reading:
            if not self.arriving:
                raise zmq.Again
            self._reading = deque(self.arriving.popleft())
        data = self._reading.popleft()
        return data if copy else Frame(data, bool(self._reading))

    def recv_multipart(self, _flags: int = 0) -> list[bytes]:
        rest, self._reading = list(self._reading), deque()
        return rest

    def setsockopt(self, option: int, value: bytes) -> None:
        """A subscriber answers the end of a stream by a subscription."""
        assert option in (zmq.SUBSCRIBE, zmq.UNSUBSCRIBE)
        assert value.startswith(b"\xc1ZEND")

    def getsockopt(self, option: int) -> int:
        assert option == zmq.RCVMORE
        return int(bool(self._reading))


CONTROL = NodeControl()
TYPES = [
    (SocketType.PUSH, SocketType.PULL),
    (SocketType.PUB, SocketType.SUB),
    (SocketType.PAIR, SocketType.PAIR),
    (SocketType.DEALER, SocketType.ROUTER),
    (SocketType.DEALER, SocketType.DEALER),
]
PEER = b"\0\x11\x22\x33\x44"
SIZES = st.sampled_from([0, 1, 2, 57, 65_535, 65_536, 66_000])
BYTES = st.builds(lambda size, byte: bytes([byte]) * size, SIZES, st.integers(0, 255))
PARTS = st.lists(st.sampled_from([b"", b"a", b"\xc1Z" + bytes(60)]), min_size=2, max_size=4)
MAPS = st.dictionaries(st.text(max_size=3), st.integers(0, 9) | st.binary(max_size=9), max_size=3)
TOPICS = st.none() | st.sampled_from(["", "a", "a.b", "\udcc1"])


def socket_of(socket_type: SocketType, codec: str, qos: QoS, bad: list[str]) -> tuple[Socket, Wire]:
    wire = Wire()
    made = Socket(
        name="link",
        socket_type=socket_type,
        raw=wire,  # type: ignore[arg-type]
        codec=make_codec(codec),
        control=CONTROL,
        reporter=Reporter(io.StringIO()),
        qos=qos,
        peers=1,
    )
    CONTROL.sockets.clear()
    made.port.bad = lambda reason, _frames, _origin: bad.append(reason)
    return made, wire


def through(
    types: tuple[SocketType, SocketType], codec: str, qos: QoS, messages: Sequence[tuple[Any, str | None]]
) -> tuple[list[Any], list[str]]:
    """What arrives, with its topic or peer; what was told as bad."""
    sending, receiving = types
    bad: list[str] = []
    one, out = socket_of(sending, codec, qos, bad)
    other, into = socket_of(receiving, codec, qos, bad)
    for message, topic in messages:
        one.send(message, topic=topic if sending is SocketType.PUB else None)
    one.flush()
    into.arriving.extend([PEER, *frames] if receiving is SocketType.ROUTER else frames for frames in out.sent)
    arrived = []
    while (found := other.take()) is not None:
        arrived.append(found)
    assert other.counters.received == len(messages)
    assert one.counters.sent == len(messages)
    return arrived, bad


ENVELOPES = [QoS(envelope=True), QoS(envelope=True, batch=Batch(max_messages=3, max_bytes=100_000))]


@pytest.mark.parametrize("types", TYPES, ids=str)
@pytest.mark.parametrize("qos", ENVELOPES, ids=["single", "batched"])
@given(messages=st.lists(st.tuples(BYTES, TOPICS), max_size=8))
@example(messages=[(bytes(66_000), None), (b"", None), (bytes(66_000), "a")])
@settings(max_examples=40)
def test_bytes(
    types: tuple[SocketType, SocketType], qos: QoS, messages: list[tuple[bytes, str | None]]
) -> None:
    arrived, bad = through(types, "raw", qos, messages)
    assert bad == []
    if types[0] is SocketType.PUB:  # batches are of one topic: the order holds within it
        for topic in {topic for _, topic in messages}:
            assert [m for m, t in arrived if t == topic] == [m for m, t in messages if t == topic]
    else:
        extra = Peer((PEER,)) if types[1] is SocketType.ROUTER else None
        assert arrived == [(message, extra) for message, _ in messages]


@pytest.mark.parametrize("types", TYPES, ids=str)
@given(messages=st.lists(st.tuples(PARTS, TOPICS), max_size=4))
@settings(max_examples=40)
def test_several_frames(
    types: tuple[SocketType, SocketType], messages: list[tuple[list[bytes], str | None]]
) -> None:
    arrived, bad = through(types, "raw", QoS(envelope=True), messages)
    assert bad == []
    assert [message for message, _ in arrived] == [message for message, _ in messages]


@pytest.mark.parametrize("types", TYPES, ids=str)
@pytest.mark.parametrize("qos", ENVELOPES, ids=["single", "batched"])
@given(messages=st.lists(st.tuples(MAPS, st.none()), max_size=8))
@settings(max_examples=40)
def test_objects(
    types: tuple[SocketType, SocketType], qos: QoS, messages: list[tuple[dict[str, Any], None]]
) -> None:
    arrived, bad = through(types, "msgpack", qos, messages)
    assert bad == []
    assert [message for message, _ in arrived] == [message for message, _ in messages]


def test_large_arrays() -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(20_000, dtype=numpy.float64).reshape(200, 100)
    for types in TYPES:
        arrived, bad = through(types, "numpy", QoS(envelope=True), [(array, None), (array[:2, :2], None)])
        assert bad == []
        assert [message.tolist() for message, _ in arrived] == [array.tolist(), array[:2, :2].tolist()]


NOISE = st.lists(
    st.one_of(
        st.lists(st.binary(max_size=80), min_size=1, max_size=4),
        st.builds(
            lambda vector, head, at, byte: [*head, *_spoiled(vector, at, byte)],
            st.sampled_from([*VECTORS["good"], *VECTORS["bad"]]),
            st.sampled_from([[], [], [b"topic"], [PEER], [PEER, b""], [b""]]),
            st.integers(0, 90),
            st.none() | st.integers(0, 255),
        ),
    ),
    max_size=6,
)


def _spoiled(vector: dict[str, Any], at: int, byte: int | None) -> list[bytes]:
    frames = [bytes.fromhex(frame) for frame in vector["frames"]]
    if byte is not None and at < len(frames[0]):
        frames[0] = frames[0][:at] + bytes((byte,)) + frames[0][at + 1 :]
    return frames


RECEIVING = [SocketType.PULL, SocketType.SUB, SocketType.ROUTER, SocketType.DEALER, SocketType.REP]


@pytest.mark.parametrize("socket_type", RECEIVING, ids=str)
@pytest.mark.parametrize("codec", ["raw", "msgpack", "json"])
@given(noise=NOISE)
@settings(max_examples=50)
def test_noise_is_counted(socket_type: SocketType, codec: str, noise: list[list[bytes]]) -> None:
    bad: list[str] = []
    receiving, wire = socket_of(socket_type, codec, QoS(envelope=True), bad)
    wire.arriving.extend(noise)
    while receiving.take() is not None:
        pass
    assert not wire.arriving
    assert all(bad)


@pytest.mark.parametrize(
    "types", [(SocketType.PUSH, SocketType.PULL), (SocketType.PUB, SocketType.SUB)], ids=str
)
@given(kept=st.lists(st.tuples(st.booleans(), st.sampled_from(["a", "b"])), max_size=20), trace=st.booleans())
@settings(max_examples=60)
def test_what_is_missing_is_counted(
    types: tuple[SocketType, SocketType], kept: list[tuple[bool, str]], trace: bool
) -> None:
    """Sent = received + dropped + before the first, also where headers are read the short way."""
    bad: list[str] = []
    one, out = socket_of(types[0], "msgpack", QoS(envelope=True), bad)
    other, into = socket_of(types[1], "msgpack", QoS(envelope=True), bad)
    topical = types[0] is SocketType.PUB
    work = Work(Trace(bytes(16), bytes(8), 0)) if trace else None
    for number, (_, topic) in enumerate(kept):
        token = current_work.set(work if number % 3 else None)
        one.send(number, topic=topic if topical else None)
        current_work.reset(token)
    one.end()
    ends = out.sent[len(kept) :]
    came = [frames for frames, (stays, _) in zip(out.sent, kept, strict=False) if stays]
    into.arriving.extend([*came, *ends])
    arrived = []
    while (found := other.take()) is not None:
        arrived.append(found)
    assert arrived == [
        (number, topic if topical else None) for number, (stays, topic) in enumerate(kept) if stays
    ]
    accounts = [*other.inlet.accounts.by_source.values()]  # type: ignore[attr-defined]
    assert len(accounts) == bool(kept)
    for account in accounts:
        assert account.ended
        assert account.received == len(came)
        assert account.received + account.dropped + account.before == len(kept)
