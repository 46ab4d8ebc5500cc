"""What happens without room, and while nobody is there."""

from __future__ import annotations

import pytest

from orchestrator.sdk.errors import NodeError, Stopped, Timeout
from orchestrator.sdk.incoming.timely import newest_of_each
from orchestrator.sdk.outgoing.ending import Farewell
from orchestrator.sdk.outgoing.full import Dropping, Newest
from orchestrator.sdk.outgoing.gate import Gate
from orchestrator.sdk.tracing import current_work
from orchestrator.wire.qos import QoS, WaitFor
from tests.unit.sdk.fake_line import Line, Said, close_all, socket


@pytest.fixture(autouse=True)
def _all_is_closed():
    token = current_work.set(None)
    yield
    current_work.reset(token)
    close_all()


def values(line, codec="msgpack"):
    receiver = socket("PULL", into=line, codec=codec)
    found = []
    while (one := receiver.take()) is not None:
        found.append(one[0])
    return found


def test_drop_counts_and_says_so_once():
    said, line = Said(), Line(2)
    sender = socket("PUSH", out=line, said=said)
    sender.outlet.on_full = Dropping(sender.port)
    for n in range(5):
        sender.send(n)
    assert (sender.counters.sent, sender.counters.dropped) == (2, 3)
    assert values(line) == [0, 1]
    assert len(said.lines) == 1


def test_latest_keeps_the_newest_until_there_is_room():
    line = Line(1)
    sender = socket("PUSH", out=line, peers=2)
    sender.outlet.newest = sender.outlet.on_full = Newest(sender.port, sender.outlet.hand_over, seen=False)
    sender.heed()
    now = 0.0
    sender._control.chores.clock = lambda: now
    for n in range(5):
        sender.send(n)
    assert values(line) == [0]
    now = 1.0
    sender._control.chores.run()
    assert values(line) == [4]
    assert (sender.counters.sent, sender.counters.dropped) == (5, 3)


def test_a_newer_message_that_finds_room_overtakes_the_one_that_waits():
    line = Line(1)
    sender = socket("PUSH", out=line, peers=2)
    sender.outlet.newest = sender.outlet.on_full = Newest(sender.port, sender.outlet.hand_over, seen=False)
    sender.heed()
    sender.send(0)
    sender.send(1)
    line.messages.clear()
    sender.send(2)
    sender._control.chores.clock = lambda: 1e12
    sender._control.chores.run()
    assert values(line) == [2]
    assert sender.counters.dropped == 1


def test_the_newest_of_each_topic_is_handed_over():
    line = Line()
    sender = socket("PUB", out=line)
    receiver = socket("SUB", into=line)
    receiver.take = newest_of_each(receiver.inlet)
    for n in range(6):
        sender.send(n, topic="ab"[n % 2])
    assert [receiver.take(), receiver.take(), receiver.take()] == [(4, "a"), (5, "b"), None]
    assert receiver.counters.dropped == 4


class There:
    def __init__(self, *peers: int) -> None:
        self._peers = list(peers)

    def __call__(self) -> int:
        return self._peers.pop(0) if len(self._peers) > 1 else self._peers[0]


def gated(kind, peers, *, wait_for, expected=2, subscriptions=(), asked=(), said=None):
    line, asks = Line(), Line()
    asks.messages.extend([word] for word in asked)
    sender = socket(kind, out=line, into=asks, said=said)
    sender.port.wait = lambda _events, _timeout: None
    sender.outlet.gate = Gate(
        sender.port, wait_for, expected=expected, subscriptions=dict(subscriptions), peers=peers
    )
    sender.heed()
    return line, asks, sender


def test_the_first_message_waits_for_all_peers_and_no_other_does():
    peers = There(0, 1, 2, 0)
    line, _, sender = gated("PUSH", peers, wait_for=WaitFor(count=None))
    sender.send(1)
    sender.send(2)
    assert values(line) == [1, 2]


def test_a_publisher_waits_for_each_subscription():
    line, asks, sender = gated(
        "PUB",
        There(2),
        wait_for=WaitFor(count=None, timeout_s=0.0),
        subscriptions={"a": 2},
        asked=[b"\1a", b"\1b"],
    )
    with pytest.raises(NodeError, match=r"1 of 2 peers have subscribed to 'a'"):
        sender.send(1, topic="a")
    asks.messages.append([b"\1a"])
    sender.send(1, topic="a")
    assert len(line.messages) == 1


def test_one_that_takes_its_subscription_back_is_not_there():
    _, _, sender = gated(
        "PUB", There(2), wait_for=WaitFor(count=2, timeout_s=0.0), asked=[b"\1a", b"\1a", b"\0a"]
    )
    with pytest.raises(NodeError, match=r"1 of 2 peers have subscribed"):
        sender.send(1, topic="a")


def test_waiting_ends_with_the_time_and_with_the_node():
    _, _, sender = gated("PUSH", There(1), wait_for=WaitFor(count=None))
    with pytest.raises(Timeout, match=r"1 of 2 peers"):
        sender.send(1, timeout=0)
    sender._control.stop()
    with pytest.raises(Stopped):
        sender.send(1)


def test_the_end_is_said_until_every_subscriber_has_answered():
    line, asks = Line(), Line()
    sender = socket("PUB", out=line, into=asks, qos=QoS(envelope=True))
    turns = iter(
        [
            [b"\1\xc1ZEND" + b"other123" + b"a" * 8],
            [answer(sender, b"a")],
            [answer(sender, b"a")],
            [answer(sender, b"b")],
        ]
    )
    sender.port.wait = lambda _events, _timeout: asks.messages.append(next(turns))
    sender.outlet.farewell = Farewell(sender.port, sender.outlet.source, lambda: 2)
    sender.send(1, topic="x")
    sender.end()
    assert len(line.messages) == 1 + 4, "said four times: two subscribers, one answered twice"


def farewell(turns, topics=("x",)):
    """How often the end is said, when each turn is an answer, or nobody, and so many subscribers are there
    then; they begin with two."""
    line, asks, there = Line(), Line(), [2]
    sender = socket("PUB", out=line, into=asks, qos=QoS(envelope=True))
    steps = iter(turns)

    def wait(_events, _timeout):
        who, there[0] = next(steps)
        if who:
            asks.messages.append([answer(sender, who)])

    sender.port.wait = wait
    sender.outlet.farewell = Farewell(sender.port, sender.outlet.source, lambda: there[0])
    for topic in topics:
        sender.send(1, topic=topic)
    sender.end()
    return (len(line.messages) - len(topics)) / len(topics)


def test_one_that_has_answered_and_left_does_not_stand_for_one_that_has_not():
    assert farewell([(b"a", 2), (None, 1), (None, 1), (b"b", 1)]) == 4


def test_nobody_is_waited_for_when_nobody_is_there():
    assert farewell([(b"a", 2), (None, 1), (None, 0)]) == 3


def test_with_several_topics_it_is_said_once_more():
    assert farewell([(b"a", 2), (b"b", 2), (None, 2)], topics=("x", "y")) == 3


def answer(sender, who):
    return b"\1\xc1ZEND" + sender.outlet.source.to_bytes(8, "little") + who * 8


def test_a_node_that_is_started_again_does_not_wait_for_those_who_are_gone_for_good():
    said, line, asks = Said(), Line(), Line()
    sender = socket("PUSH", out=line, into=asks, said=said)
    sender.port.wait = lambda _events, _timeout: None
    sender.outlet.gate = Gate(
        sender.port, WaitFor(count=None), expected=2, subscriptions={}, peers=There(1), again=True
    )
    sender.outlet.gate._patience_s = 0.0
    sender.heed()
    sender.send(0)
    assert values(line) == [0]
    assert "1 of 2 peers" in said.lines[0]
    assert "goes on" in said.lines[0]


def test_who_waits_for_room_does_not_stand_still():
    line = Line(1)
    sender = socket("PUSH", out=line, qos=QoS(), codec="text", name="out")
    progress, seen = sender.port.control.progress, []

    def wait(_events, _timeout):
        seen.append(progress.busy_since)
        line.messages.clear()

    sender.port.wait = wait
    progress.busy_since = 5.0
    sender.send("a")
    assert progress.busy_since == 5.0
    sender.send("b")
    assert seen == [0.0]
    assert progress.busy_since > 5.0
