"""From a node's object to frames and back, with an envelope: numbers, batches, gaps, ends, checks, traces."""

from __future__ import annotations

import pytest

from orchestrator.codecs import EncodeError
from orchestrator.codecs.checking import make_check
from orchestrator.sdk.errors import NodeError, Timeout
from orchestrator.sdk.tracing import current_work, outgoing_trace
from orchestrator.wire.envelope import Flag, unpack
from orchestrator.wire.qos import Batch, Limits, OnLag, QoS
from tests.unit.sdk.fake_line import Line, Said, close_all, socket


@pytest.fixture(autouse=True)
def _outside_of_any_work():
    token = current_work.set(None)
    yield
    current_work.reset(token)
    close_all()


def pair(kinds=("PUSH", "PULL"), *, qos=None, codec="msgpack", room=1000, said=None, peers=1, **more):
    line = Line(room)
    qos = qos or QoS(envelope=True)
    return (
        line,
        socket(kinds[0], out=line, qos=qos, codec=codec, name="out", peers=peers, **more),
        socket(kinds[1], into=line, qos=qos, codec=codec, name="in", said=said),
    )


def taken(receiver):
    found = []
    while (one := receiver.take()) is not None:
        found.append(one[0])
    return found


def account(receiver):
    (only,) = receiver.inlet.accounts.by_source.values()
    return only


@pytest.mark.parametrize("codec", ["raw", "msgpack", "json", "text"])
def test_messages_arrive_as_they_were(codec):
    values = {"raw": [b"a", b"", b"\xc1Z"], "text": ["a", "", "ü"]}.get(codec, [{"a": 1}, [], None, "x"])
    _, sender, receiver = pair(codec=codec)
    for value in values:
        sender.send(value)
    current_work.set(None)
    assert taken(receiver) == values
    assert (account(receiver).received, account(receiver).dropped) == (len(values), 0)
    assert account(receiver).sender == "node.out"


def test_large_payloads_and_lists_of_frames_have_frames_of_their_own():
    line, sender, receiver = pair(codec="raw")
    sender.send(b"x" * 100_000)
    sender.send([b"a", b"b", b"c"])
    assert [len(m) for m in line.messages] == [2, 4]
    assert taken(receiver) == [b"x" * 100_000, [b"a", b"b", b"c"]]


def test_what_is_missing_is_counted():
    line, sender, receiver = pair()
    for n in range(10):
        sender.send(n)
    del line.messages[3]
    del line.messages[5]
    assert len(taken(receiver)) == 8
    assert (account(receiver).received, account(receiver).dropped) == (8, 2)


def test_what_is_missing_at_the_end_is_counted_when_the_end_is_said():
    line, sender, receiver = pair()
    for n in range(10):
        sender.send(n)
    sender.end()
    for _ in range(4):
        del line.messages[-2]
    assert taken(receiver) == [0, 1, 2, 3, 4, 5]
    assert (account(receiver).dropped, account(receiver).ended, receiver.ended) == (4, True, True)


def test_what_came_before_the_first_message_is_no_loss():
    line, sender, receiver = pair()
    for n in range(5):
        sender.send(n)
    line.messages.popleft()
    line.messages.popleft()
    assert taken(receiver) == [2, 3, 4]
    assert (account(receiver).before, account(receiver).dropped) == (2, 0)


def test_a_message_that_comes_late_is_not_missing_any_more():
    line, sender, receiver = pair()
    for n in range(4):
        sender.send(n)
    line.messages[1], line.messages[2] = line.messages[2], line.messages[1]
    assert taken(receiver) == [0, 2, 1, 3]
    assert (account(receiver).reordered, account(receiver).dropped) == (1, 0)


def test_topics_are_counted_apart():
    line, sender, receiver = pair(("PUB", "SUB"))
    for n in range(6):
        sender.send(n, topic="ab"[n % 2])
    del line.messages[2]  # the second of a
    assert taken(receiver) == [0, 1, 3, 4, 5]
    assert account(receiver).dropped == 1
    assert account(receiver).topics == {"a": 4, "b": 4}


def test_numbers_are_not_counted_where_several_receivers_share_them():
    line, sender, _ = pair(peers=2)
    sender.send(1)
    assert unpack(line.messages[0][0]).sequence == 0


def test_a_message_that_found_no_room_takes_no_number():
    _, sender, receiver = pair(room=2)
    sender.send(1)
    sender.send(2)
    with pytest.raises(Timeout):
        sender.send(3, timeout=0)
    assert sender.try_send(3) is False
    assert taken(receiver) == [1, 2]
    sender.send(4)
    assert taken(receiver) == [4]
    assert account(receiver).dropped == 0


def test_a_value_that_cannot_be_encoded_takes_no_number():
    _, sender, receiver = pair()
    sender.send(1)
    with pytest.raises(EncodeError):
        sender.send(object())
    sender.send(2)
    assert taken(receiver) == [1, 2]
    assert account(receiver).dropped == 0


# ------------------------------------------------------------------------------------------ batches


def test_messages_travel_together_until_there_are_enough():
    line, sender, receiver = pair(qos=QoS(envelope=True, batch=Batch(max_messages=3, max_delay_s=60)))
    for n in range(7):
        sender.send(n)
    assert [unpack(m[0]).count for m in line.messages] == [3, 3]
    sender.flush()
    assert unpack(line.messages[-1][0]).flags == 0, "a single one needs no table of lengths"
    assert taken(receiver) == list(range(7))
    assert (account(receiver).received, account(receiver).dropped) == (7, 0)
    assert (sender.counters.sent, receiver.counters.received) == (7, 7)


def test_messages_travel_together_until_they_are_large_enough():
    line, sender, _ = pair(
        qos=QoS(envelope=True, batch=Batch(max_messages=1000, max_bytes=100, max_delay_s=60)), codec="raw"
    )
    for _ in range(5):
        sender.send(b"x" * 40)
    assert [unpack(m[0]).count for m in line.messages] == [3]


def test_a_message_waits_no_longer_than_it_may():
    line, sender, _ = pair(qos=QoS(envelope=True, batch=Batch(max_delay_s=0.5)))
    now = 100.0
    sender._control.chores.clock = lambda: now
    sender.send(1)
    sender._control.chores.run()
    assert not line.messages
    now += 0.5
    sender._control.chores.run()
    assert len(line.messages) == 1
    sender._control.chores.run()
    assert len(line.messages) == 1


def test_a_lost_batch_is_as_many_messages_as_were_in_it():
    line, sender, receiver = pair(qos=QoS(envelope=True, batch=Batch(max_messages=4, max_delay_s=60)))
    sender.send_many(range(12))
    del line.messages[1]
    assert taken(receiver) == [0, 1, 2, 3, 8, 9, 10, 11]
    assert account(receiver).dropped == 4


def test_a_batch_that_finds_no_room_waits_on():
    _, sender, receiver = pair(qos=QoS(envelope=True, batch=Batch(max_messages=2, max_delay_s=60)), room=1)
    sender.send(1)
    sender.send(2)
    sender.send(3)
    with pytest.raises(Timeout):
        sender.send(4, timeout=0)
    assert taken(receiver) == [1, 2]
    sender.flush()
    assert taken(receiver) == [3], "whoever was told that there was no room sends 4 again"


def test_one_bad_record_spoils_no_other():
    line, sender, receiver = pair(
        qos=QoS(envelope=True, batch=Batch(max_messages=3, max_delay_s=60)), codec="raw"
    )
    receiver.use_codec(socket("PULL", codec="msgpack").codec)
    receiver.outlet.codec.name  # noqa: B018 - it is there
    sender.outlet.codec.name = "msgpack"
    sender.outlet.use_codec(sender.outlet.codec)
    sender.send_many([b"\x01", b"\xc1", b"\x03"])
    assert taken(receiver) == [1, 3]
    assert receiver.counters.undecodable == 1
    assert len(line.messages) == 0


# ------------------------------------------------------------------------------------------ what is refused


def test_a_message_without_envelope_is_bad_and_says_why():
    said = Said()
    line, _, receiver = pair(said=said)
    line.messages.append([b"\x01"])
    line.messages.append([b"two", b"frames"])
    assert taken(receiver) == []
    assert receiver.counters.undecodable == 2
    assert "envelope" in said.lines[0]


def test_a_flood_of_bad_messages_is_passed_over():
    line, sender, receiver = pair()
    sender.send(0)
    good = bytes(line.messages[0][0])
    for _ in range(5000):
        line.messages.append([good[:-1] + b"\xc1"])
    assert taken(receiver) == [0]
    assert receiver.counters.undecodable == 5000


def test_another_codec_is_bad_and_both_ends_are_named():
    said = Said()
    line, _, receiver = pair(said=said)
    socket("PUSH", out=line, codec="json", name="other").send({"a": 1})
    assert taken(receiver) == []
    assert "node.other" in said.lines[0]
    assert "json" in said.lines[0]
    assert "msgpack" in said.lines[0]


def test_another_schema_is_told_with_both_ends_and_the_message_still_comes():
    said = Said()
    line = Line()
    sender = socket("PUSH", out=line, name="out", fingerprint=1)
    receiver = socket("PULL", into=line, name="in", fingerprint=2, said=said)
    for n in range(3):
        sender.send(n)
    assert taken(receiver) == [0, 1, 2]
    assert account(receiver).mismatched == 3
    assert len(said.lines) == 1
    assert "node.out" in said.lines[0]
    assert "node.in" in said.lines[0]


def test_checks_first_or_always():
    for once, passed in ((True, [{"n": 1}, {"n": "bad"}]), (False, [{"n": 1}])):
        _, sender, receiver = pair()
        check = make_check("msgpack", {"type": "object", "properties": {"n": {"type": "integer"}}})
        receiver.inlet.check, receiver.inlet.check_once = check.incoming, once
        sender.send({"n": "wrong"})
        sender.send({"n": 1})
        sender.send({"n": "bad"})
        assert taken(receiver) == passed
        assert receiver.counters.undecodable == 3 - len(passed)


def test_the_sender_is_told_what_does_not_fit_its_schema():
    _, sender, receiver = pair()
    sender.outlet.check = make_check("msgpack", {"type": "integer"}).outgoing
    with pytest.raises(EncodeError):
        sender.send("no")
    sender.send(5)
    assert taken(receiver) == [5]


# ------------------------------------------------------------------------------------------ time and traces


def test_old_messages():
    for on_lag, left in ((OnLag.REPORT, 2), (OnLag.DROP, 0)):
        _, sender, receiver = pair(qos=QoS(envelope=True, max_lag_s=0.0, on_lag=on_lag))
        sender.send(1)
        sender.send(2)
        assert len(taken(receiver)) == left
        assert account(receiver).late == 2


def test_a_node_that_may_not_lag_fails():
    from orchestrator.sdk.incoming.timely import on_late

    _, sender, receiver = pair(qos=QoS(envelope=True, max_lag_s=0.0, on_lag=OnLag.EXIT))
    receiver.inlet.on_late = on_late(receiver.port, OnLag.EXIT, 0.0)
    sender.send(1)
    with pytest.raises(NodeError, match=r"max_lag"):
        receiver.take()


def test_a_trace_begins_at_the_source_and_goes_on():
    first, sender, middle = pair()
    second = Line()
    onward = socket("PUSH", out=second, name="onward", control=middle._control)
    end = socket("PULL", into=second, name="end")
    sender.send(1)
    header = unpack(first.messages[0][0])
    assert header.trace is None, "its own id is the trace's"
    message, _ = middle.take()
    onward.send(message)
    carried = unpack(second.messages[0][0]).trace
    assert carried.trace_id == header.source.to_bytes(8, "big") + header.number.to_bytes(8, "big")
    end.take()
    assert outgoing_trace().trace_id == carried.trace_id


def test_a_reply_without_a_value_is_none():
    asks, answers = Line(), Line()
    replying = socket("REP", out=answers, into=asks)
    socket("REQ", out=asks).send(1)
    del asks.messages[0][:-1]
    replying.take()
    replying.send_nothing()
    assert unpack(answers.messages[0][0]).flags & Flag.NOTHING
    assert socket("REQ", into=answers).take() == (None, None)


# ------------------------------------------------------------------------------------------ one frame each


def test_a_link_that_promises_one_frame_is_looked_at_now_and_then():
    said = Said()
    line = Line()
    receiver = socket("PULL", into=line, qos=QoS(limits=Limits(frames=1)), codec="raw", said=said)
    line.messages.extend([b"x"] for _ in range(62))
    assert taken(receiver) == [b"x"] * 62
    line.messages.extend([[b"two"], [b"a", b"b"], [b"one"], [b"c", b"d"], [b"more"]])
    assert taken(receiver) == [b"two", b"one", b"more"]
    assert receiver.counters.undecodable == 2
    assert "limits.frames" in said.lines[0]


def test_many_at_once_are_cut_as_single_ones_are():
    batch = Batch(max_messages=4, max_bytes=100, max_delay_s=60)
    for sizes in ([1] * 10, [60, 60, 1, 1, 1, 1, 1], [200, 1], [1, 200, 1, 200]):
        messages = [bytes([n]) * size for n, size in enumerate(sizes)]
        cut = []
        for many in (True, False):
            line, sender, receiver = pair(qos=QoS(envelope=True, batch=batch), codec="raw")
            if many:
                sender.send_many(iter(messages))
            else:
                for message in messages:
                    sender.send(message)
            sender.flush()
            cut.append([unpack(m[0]).count for m in line.messages])
            assert taken(receiver) == messages
        assert cut[0] == cut[1], sizes


def test_a_bad_message_says_where_it_came_from():
    said = Said()
    line, sender, receiver = pair(said=said)
    sender.send(1)
    spoilt = bytes(line.messages[0][0])[:-1] + b"\xc1"
    told = []
    receiver.port.bad = lambda reason, frames, origin: told.append(origin)
    line.messages.append([spoilt])
    assert taken(receiver) == [1]
    assert told == ["node.out"], "its envelope names the sender"
    line.messages.extend([[b"\x01"], [b"\x02"]])
    receiver.port.raw.address = "10.0.0.7"
    assert taken(receiver) == []
    assert told == ["node.out", "", "10.0.0.7"], "once a bad one has come, addresses are asked for"
    sender.send(2)
    assert taken(receiver) == [2]
