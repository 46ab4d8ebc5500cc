"""What goes by a lane is what goes without one: the same messages, the same frames, the same numbers."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from orchestrator.codecs import EncodeError
from orchestrator.codecs.checking import make_check
from orchestrator.sdk.tracing import Work, current_work, log_suffix
from orchestrator.wire.batch import join
from orchestrator.wire.envelope import FIXED, Flag, Header, Trace, pack, unpack
from orchestrator.wire.qos import Limits, QoS
from tests.unit.lanes.world import BOTH, Ends, all_of, ends

ENVELOPE = QoS(envelope=True)
SIZES = (0, 1, 7, 29, 33, 34, 100, 8191, 8192, 16_384, 65_535, 65_536, 200_000)


def tallied(found: Ends) -> tuple[int, ...]:
    counters = found.socket.counters
    return counters.sent, counters.sent_bytes, counters.received, counters.received_bytes


# ---------------------------------------------------------------------------------------------------- out


def frames_of(found: Ends, count: int) -> list[list[bytes]]:
    came = []
    for _ in range(count):
        assert found.bare.poll(5000)
        came.append(found.bare.recv_multipart())
    assert not found.bare.poll(20)
    return came


MESSAGES = {
    "raw": [*(bytes([n % 251]) * n for n in SIZES), bytearray(b"ab"), memoryview(b"abc"), [b"a", b"b"]],
    "text": ["", "a", "ü" * 40, "x" * 70_000],
    "json": [1, None, {"a": [1, 2.5]}, [1, 2], "x" * 70_000],
    "msgpack": [1, None, {"a": b"1"}, [1, 2], (1, 2), b"x" * 70_000],
    "cbor": [1, {"a": [1]}, b"x" * 70_000],
    "pickle": [1, {"a"}, b"x" * 70_000],
}


@pytest.mark.parametrize("codec", MESSAGES)
@pytest.mark.parametrize("kind", ["PUSH", "PAIR", "DEALER"])
def test_what_leaves_without_an_envelope(kind: str, codec: str) -> None:
    seen = []
    for lane in (True, False):
        with ends(kind, lane=lane, codec=codec) as found:
            for message in MESSAGES[codec]:
                found.socket.send(message)
            seen.append((frames_of(found, len(MESSAGES[codec])), tallied(found)))
    assert seen[0] == seen[1]


def plain(frames: list[bytes]) -> Any:
    """Frames with their header in words, without what differs from run to run."""
    at = next(n for n, frame in enumerate(frames) if frame[:2] == b"\xc1Z")
    header = unpack(frames[at])
    values = {
        name: getattr(header, name) for name in Header.__slots__ if name not in ("source", "timestamp_ns")
    }
    assert header.source and header.timestamp_ns > 1e18
    return frames[:at], values, frames[at][header.length :], frames[at + 1 :]


@pytest.mark.parametrize("codec", MESSAGES)
@pytest.mark.parametrize("peers", [1, 2])
def test_what_leaves_with_an_envelope(codec: str, peers: int) -> None:
    seen = []
    for lane in (True, False):
        with ends("PUSH", lane=lane, codec=codec, qos=ENVELOPE, peers=peers, fingerprint=77) as found:
            for message in MESSAGES[codec]:
                found.socket.send(message)
            seen.append((list(map(plain, frames_of(found, len(MESSAGES[codec])))), tallied(found)))
            assert found.socket.outlet.number == len(MESSAGES[codec])  # type: ignore[attr-defined]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("topics", [(), ("one",), ("one", "two")])
@pytest.mark.parametrize("qos", [QoS(), ENVELOPE], ids=["bare", "envelope"])
def test_what_a_publisher_sends(topics: tuple[str, ...], qos: QoS) -> None:
    seen = []
    named: list[Any] = ["two", "one", "two", b"two", "ü", "bad \udcff", "ü", "", "two", "one"]
    for lane in (True, False):
        with ends("PUB", lane=lane, qos=qos, topics=topics) as found:
            count = 0
            for number, topic in enumerate(named):
                found.socket.send(b"%d" % number, topic=topic)
                count += 1
                if len(topics) < 2:
                    found.socket.send(b"-")
                    count += 1
            came = frames_of(found, count)
            seen.append((list(map(plain, came)) if qos.envelope else came, tallied(found)))
    assert seen[0] == seen[1]


@BOTH
def test_what_belongs_to_some_work_carries_its_trace(lane: bool) -> None:
    with ends("PUSH", lane=lane, qos=ENVELOPE) as found:
        token = current_work.set(Work(None))
        found.socket.send(b"a")
        current_work.reset(token)
        found.socket.send(b"b")
        first, second = (unpack(frames[0]) for frames in frames_of(found, 2))
    assert first.trace is not None
    assert second.trace is None
    assert (first.number, second.number) == (1, 2)


@BOTH
@pytest.mark.parametrize("given", [None, Trace(b"t" * 16, b"s" * 8, 1), Trace(b"u" * 16, b"s" * 8, 0)])
@pytest.mark.parametrize("asked", [False, True])
def test_what_a_handler_sends_carries_the_trace_of_its_message(
    lane: bool, given: Trace | None, asked: bool
) -> None:
    """All of it the same span, which is the one in its log."""
    spans: list[bytes] = []
    out_there = ends("PUSH", lane=lane, qos=ENVELOPE, address="inproc://y")
    with ends("PULL", lane=lane, qos=ENVELOPE) as into, out_there as out:
        for number in range(1, 6):
            into.bare.send(pack(header(number, codec="raw", trace=given)) + b"x")
            assert into.socket.raw.poll(5000)
            assert into.socket.take() == (b"x", None)
            logged = log_suffix() if asked else ""
            out.socket.send(b"one")
            work = current_work.get()
            assert work is not None
            kept = work.snapshot()
            out.socket.send(b"two")
            one, two = (unpack(frames[0]).trace for frames in frames_of(out, 2))
            assert one is not None
            assert one == two == work.span == kept.span
            own = number.to_bytes(8, "big")
            parent = given or Trace((9).to_bytes(8, "big") + own, own, 1)
            assert (one.trace_id, one.flags, kept.parent) == (parent.trace_id, parent.flags, parent)
            assert any(one.span_id)
            assert one.span_id not in spans
            assert not asked or one.span_id.hex() in logged
            spans.append(one.span_id)


@BOTH
@pytest.mark.parametrize("qos", [QoS(), ENVELOPE], ids=["bare", "envelope"])
def test_what_cannot_be_encoded_is_told_and_not_counted(lane: bool, qos: QoS) -> None:
    with ends("PUSH", lane=lane, codec="msgpack", qos=qos) as found:
        with pytest.raises(EncodeError, match="cannot send object"):
            found.socket.send(object())
        found.socket.send(1)
        assert len(frames_of(found, 1)) == 1
        assert found.socket.counters.sent == 1
        if qos.envelope:
            assert found.socket.outlet.number == 1  # type: ignore[attr-defined]


@BOTH
@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("qos", [QoS(), ENVELOPE], ids=["bare", "envelope"])
def test_messages_are_judged_each_or_until_one_passes(lane: bool, qos: QoS, once: bool) -> None:
    check = make_check("msgpack", {"type": "integer"})
    assert check is not None
    with ends("PUSH", lane=lane, codec="msgpack", qos=qos) as found:
        found.socket.outlet.check, found.socket.outlet.check_once = check.outgoing, once
        found.socket.heed()
        with pytest.raises(EncodeError):
            found.socket.send("x")
        found.socket.send(1)
        if once:
            found.socket.send("x")
        else:
            with pytest.raises(EncodeError):
                found.socket.send("x")
        assert len(frames_of(found, 2 if once else 1)) == found.socket.counters.sent


@BOTH
def test_a_call_that_does_not_fit_says_so(lane: bool) -> None:
    with ends("PUSH", lane=lane) as found:
        with pytest.raises(TypeError):
            found.socket.send()  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            found.socket.send(b"a", b"b")  # type: ignore[misc]
        with pytest.raises(TypeError):
            found.socket.send(b"a", subject="x")  # type: ignore[call-arg]
        with pytest.raises(Exception, match="only PUB and XPUB send topics"):
            found.socket.send(b"a", topic="x")


# ----------------------------------------------------------------------------------------------------- in


def outcome(found: Ends, count: int) -> Any:
    taken = all_of(found, count)
    readable = [(bytes(m) if isinstance(m, memoryview) else m, extra) for m, extra in taken]
    accounts = getattr(found.socket.inlet, "accounts", None)
    told = {} if accounts is None else accounts.told()
    for numbers in told.values():
        numbers.pop("lag_s", None)
        numbers.pop("max_lag_s", None)
    return readable, [(reason, frames) for reason, frames, _ in found.bad], tallied(found), told


BARE_FRAMES = [
    [b"1"], [b""], [b"x" * 20_000], [b"a", b"b"], [b"", b"1"], [b"a", b"b", b"c"], [b"\xff\xfe"], [b"x" * 100_000, b"y"],
    [b"[1]"], [b"\x81\xa1a\x01"], [b"topic", b"2"], [b"topic", b"3"], [b"other \xff", b"4"], [b"\xc1Z" + b"z" * 80],
]  # fmt: skip


@pytest.mark.parametrize("codec", ["raw", "text", "json", "msgpack"])
@pytest.mark.parametrize(
    ("kind", "frames"), [("PULL", None), ("PULL", 2), ("PAIR", None), ("SUB", None), ("SUB", 1), ("SUB", 2)]
)
def test_what_comes_without_an_envelope(kind: str, codec: str, frames: int | None) -> None:
    seen = []
    for lane in (True, False):
        with ends(kind, lane=lane, codec=codec, qos=QoS(limits=Limits(frames=frames))) as found:
            for message in BARE_FRAMES:
                found.bare.send_multipart(message)
            seen.append(outcome(found, len(BARE_FRAMES)))
    assert seen[0] == seen[1]


def test_by_a_lane_each_message_of_too_many_frames_is_bad() -> None:
    """Without one, where one frame is told, they are noticed now and then only (docs/reference/delivery.md)."""
    with ends("PULL", lane=True, qos=QoS(limits=Limits(frames=1))) as found:
        for message in BARE_FRAMES:
            found.bare.send_multipart(message)
        taken = all_of(found, len(BARE_FRAMES))
    assert [message for message, _ in taken] == [message[0] for message in BARE_FRAMES if len(message) == 1]
    assert [frames for _, frames, _ in found.bad] == [message for message in BARE_FRAMES if len(message) > 1]


def header(number: int, **more: Any) -> Header:
    values: dict[str, Any] = {
        "source": 9, "sequence": number, "number": number, "timestamp_ns": 1_700_000_000_000_000_000 + number,
        "codec": "msgpack", "sender": "other.out",
    }  # fmt: skip
    return Header(**{**values, **more})


def enveloped(number: int, value: Any = None, **more: Any) -> bytes:
    return pack(header(number, **more)) + msgspec.msgpack.encode(number if value is None else value)


def batch(chance: random.Random, number: int, more: dict[str, Any]) -> list[bytes]:
    """Some records in one message: mostly four."""
    records = [
        msgspec.msgpack.encode({"r": number + n, "pad": "x" * chance.choice([0, 9, 900])}) for n in range(4)
    ]
    kind = chance.random()
    if kind < 0.05:
        records[chance.randrange(4)] = b"\xc1"  # no MessagePack
    if kind < 0.1:
        records = records[: chance.randrange(1, 4)]
    payload = join(records)
    if 0.1 < kind < 0.15:
        payload = payload[: chance.randrange(len(payload))]
    if 0.15 < kind < 0.2:
        payload = b"\xff" + payload[1:]
    count = len(records) if kind < 0.2 or kind > 0.22 else chance.choice([0, 5, 2**32 - 1])
    if more["source"] == 2 or chance.random() < 0.2:
        return [pack(header(number, flags=Flag.BATCH | Flag.DETACHED, count=count, **more)), payload]
    return [pack(header(number, flags=Flag.BATCH, count=count, **more)) + payload]


def stream(chance: random.Random, topical: bool, batches: bool) -> list[list[bytes]]:
    """Messages of two senders, most of them plain, some with gaps, out of order, odd, broken."""
    messages: list[list[bytes]] = []
    numbers = {1: 0, 2: 0}
    for _ in range(300):
        source = 1 if chance.random() < 0.8 else 2
        numbers[source] += (
            chance.choice([1, 1, 1, 1, 1, 2, 5]) if chance.random() < 0.9 else -min(2, numbers[source])
        )
        numbers[source] = max(1, numbers[source])
        number = numbers[source]
        more: dict[str, Any] = {"source": source, "sender": f"sender-{source}.out"}
        kind = chance.random()
        if chance.random() < 0.3:
            more["trace"] = Trace(chance.randbytes(16), chance.randbytes(8), chance.randrange(2))
        value: Any = {"n": number, "pad": "x" * chance.choice([0, 1, 40, 3000, 30_000])}
        if kind < 0.75:
            data = enveloped(number, value, **more)
        elif kind < 0.78:
            data = pack(header(number, **more)) + b"\xc1"  # no MessagePack
        elif kind < 0.81:
            data = enveloped(number, value, fingerprint=5, **more)
        elif kind < 0.84:
            data = enveloped(number, value, codec="json", **more)
        elif kind < 0.87:
            data = enveloped(number, value, flags=Flag.NOTHING, **more)
        elif kind < 0.90:
            whole = bytearray(enveloped(number, value, **more))
            whole[chance.randrange(min(len(whole), 90))] ^= 1 << chance.randrange(8)
            data = bytes(whole)
        elif kind < 0.93:
            data = enveloped(number, value, **more)[: chance.randrange(FIXED.size + 20)]
        elif kind < 0.96:
            data = enveloped(number, value, sequence=2**64 - chance.choice([1, 2]), **more)
        else:
            data = enveloped(number, value, sequence=0, **more)
        topic = chance.choice([b"a", b"a", b"b", b"\xff", b"t" * 200]) if topical else None
        parts = [data]
        if batches and chance.random() < 0.8:
            parts = batch(chance, number, more)
            numbers[source] += 3
        elif chance.random() < 0.1:
            parts = [pack(header(number, flags=Flag.DETACHED, **more)), msgspec.msgpack.encode(value)]
        if topical and kind > 0.985:
            # Elsewhere a known header is believed, without a lane: what follows is bad alone.
            messages.append([data, b"more"])
        else:
            messages.append(parts if topic is None or chance.random() < 0.05 else [topic, *parts])
    return messages


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("batches", [False, True])
@pytest.mark.parametrize("kind", ["PULL", "PAIR", "SUB"])
def test_what_comes_with_an_envelope(kind: str, batches: bool, seed: int) -> None:
    messages = stream(random.Random(seed), kind == "SUB", batches)
    seen = []
    for lane in (True, False):
        with ends(kind, lane=lane, codec="msgpack", qos=ENVELOPE) as found:
            arrived, quick = [], 0
            for message in messages:
                found.bare.send_multipart(message)
                assert found.socket.raw.poll(5000)
                current_work.set(None)
                while (one := found.socket.take()) is not None:
                    arrived.append((one, _at_work()))
                assert not found.socket.waiting
                quick += found.socket.inlet._known[3].sender != ""  # type: ignore[attr-defined]
            bad = [(reason, list(map(bytes, frames))) for reason, frames, _ in found.bad]
            told = found.socket.inlet.accounts.told()  # type: ignore[attr-defined]
            for numbers in told.values():
                numbers.pop("lag_s", None)
                numbers.pop("max_lag_s", None)
            seen.append((arrived, bad, tallied(found), told))
    assert seen[0][0] == seen[1][0]
    assert seen[0] == seen[1]
    assert len(seen[0][1]) > 5, "the stream holds bad messages"
    assert quick > 200, "most headers are like one that is known"
    assert sum(one is not None for one, _ in seen[0][0]) > 100


def _at_work() -> Any:
    """What the message at hand is the work of."""
    work = current_work.get()
    return None if work is None else (work.cause, work.parent, work.deadline_ns)


@BOTH
@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("qos", [QoS(), ENVELOPE], ids=["bare", "envelope"])
def test_what_comes_is_judged_each_or_until_one_passes(lane: bool, qos: QoS, once: bool) -> None:
    check = make_check("msgpack", {"type": "integer"})
    assert check is not None
    with ends("PULL", lane=lane, codec="msgpack", qos=qos) as found:
        found.socket.inlet.check, found.socket.inlet.check_once = check.incoming, once
        found.socket.heed()
        for number, value in enumerate(["x", 1, "y", 2, "z"], 1):
            found.bare.send(enveloped(number, value) if qos.envelope else msgspec.msgpack.encode(value))
        taken = [message for message, _ in all_of(found, 5)]
        assert taken == ([1, "y", 2, "z"] if once else [1, 2])
        assert len(found.bad) == 5 - len(taken)


@BOTH
def test_a_bad_message_has_the_address_of_its_peer(lane: bool) -> None:
    with ends("PULL", lane=lane, codec="json", address="tcp://127.0.0.1:*") as found:
        found.bare.send(b"{")
        assert all_of(found, 1) == []
        ((_, frames, origin),) = found.bad
    assert frames == [b"{"]
    assert origin == "127.0.0.1"


@BOTH
def test_replies_go_by_turns(lane: bool) -> None:
    with ends("REP", lane=lane, codec="msgpack") as found:
        for value in (1, "two", [3], b"x" * 70_000):
            found.bare.send(msgspec.msgpack.encode(value))
            assert found.socket.raw.poll(5000)
            message = found.socket.take()
            assert message == (value, None)
            found.socket.send(message[0])
            assert found.bare.poll(5000)
            assert msgspec.msgpack.decode(found.bare.recv()) == value
        with pytest.raises(Exception, match="it has nothing to answer"):
            found.socket.send(1)
