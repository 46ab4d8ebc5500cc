"""What strangers and clumsy programs send costs neither memory nor truth: counts, tables and lines stay bounded."""

from __future__ import annotations

import pytest

from orchestrator.codecs.checking import make_check
from orchestrator.sdk.errors import Timeout
from orchestrator.sdk.incoming.timely import newest_of_each
from orchestrator.sdk.outgoing.full import Dropping, Newest
from orchestrator.sdk.reports.accounts import ALL_TOPICS, MAX_SENDERS, Account, Accounts
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.transport.shared.layout import Offer
from orchestrator.transport.shared.mapping import Mappings
from orchestrator.wire.envelope import Flag, Header, pack
from orchestrator.wire.qos import Batch, Compression, QoS
from tests.unit.sdk.fake_line import Line, Said, close_all, socket

BATCH = QoS(envelope=True, batch=Batch(max_messages=2, max_delay_s=60))


@pytest.fixture(autouse=True)
def _all_is_closed():
    yield
    close_all()


def head(**fields):
    return pack(
        Header(**{"source": 1, "sequence": 1, "number": 1, "timestamp_ns": 0, "codec": "msgpack"} | fields)
    )


def taken(receiver):
    found = []
    while (one := receiver.take()) is not None:
        found.append(one[0])
    return found


# ------------------------------------------------------------------------------------------ forged headers


def test_a_message_that_is_no_batch_counts_as_one_whatever_it_says():
    line = Line()
    receiver = socket("PULL", into=line)
    line.messages.extend([[head(count=2**32 - 1) + b"\x01"], [head(count=0, sequence=2) + b"\x02"]])
    assert taken(receiver) == [1, 2]
    assert receiver.counters.received == 2
    (account,) = receiver.inlet.accounts.by_source.values()
    assert (account.received, account.dropped) == (2, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"count": 2**32 - 1},
        {"count": 0},
        {"count": 2},
        {"count": 2**28, "plain_size": 2**30, "compression": Compression.GZIP},
        {"count": 2**20 + 1, "flags": Flag.BATCH | Flag.SHARED},
    ],
)
def test_a_batch_that_claims_what_cannot_be_is_one_bad_message(fields):
    line = Line()
    receiver = socket("PULL", into=line)
    line.messages.append([head(**{"flags": Flag.BATCH} | fields) + b"\x01"])
    assert taken(receiver) == []
    assert (receiver.counters.received, receiver.counters.undecodable) == (1, 1)


def test_invented_sources_leave_no_trace_behind_a_certain_number():
    line = Line()
    receiver = socket("PULL", into=line)
    receiver.inlet.check, receiver.inlet.check_once = make_check({"type": "integer"}, receiver.codec), True
    for source in range(1, MAX_SENDERS + 500):
        line.messages.append([head(source=source, sequence=source**2) + b"\x01"])
    assert len(taken(receiver)) == MAX_SENDERS + 499
    assert len(receiver.inlet._passed) <= MAX_SENDERS
    accounts = receiver.inlet.accounts
    assert len(accounts.by_source) <= MAX_SENDERS + 1
    assert sum(a.received for a in accounts.by_source.values()) == MAX_SENDERS + 499
    assert sum(a.dropped for a in accounts.by_source.values()) == 0, "numbers of several senders mean nothing"


def test_invented_topics_do_not_fill_the_memory():
    accounts = Accounts()
    for source in range(12):
        account = accounts.of(source, "")
        for topic in range(10_000):
            account.follow(1, 1, f"{source}.{topic}")
    assert sum(len(a.topics) for a in accounts.by_source.values()) == ALL_TOPICS
    long = Account("")
    long.follow(1, 1, "x" * 1_000_000)
    long.follow(4, 1, "x" * 1_000_000)
    assert (long.received, long.dropped) == (2, 2)
    assert all(isinstance(key, int) for key in long.topics)


def test_the_newest_of_endless_topics_is_kept_for_some_of_them():
    line = Line(100_000)
    sender, receiver = socket("PUB", out=line), socket("SUB", into=line)
    for number in range(25_000):
        sender.send(number, topic=str(number))
    take = newest_of_each(receiver.inlet)
    assert [take()[0] for _ in range(25_000)] == list(range(25_000))
    assert take() is None
    for number in range(25_000):
        sender.send(number, topic=str(number))
    for _ in range(3):
        take()
        assert len(receiver.inlet.kept) <= 10_000


def test_invented_pools_are_not_remembered_for_ever(tmp_path):
    mappings = Mappings("node.in", str(tmp_path))
    for pool in range(3000):
        mappings.attach(Offer(1, pool))
    assert len(mappings.refused) <= 1000


def test_a_name_of_a_stranger_writes_no_line_of_its_own():
    said = Said()
    Reporter(said).mismatch("in", "a.in", "x\nroot: all is well \x1b[2J")
    assert len(said.lines) == 1
    assert "\n" not in said.lines[0]
    assert "\x1b" not in said.lines[0]
    assert r"x\nroot" in said.lines[0]


# ------------------------------------------------------------------------------------------ batches without room


def test_records_that_are_dropped_are_counted_singly():
    sender = socket("PUSH", out=Line(1), qos=BATCH)
    sender.outlet.on_full = Dropping(sender.port)
    sender.send_many(range(8))
    assert (sender.counters.sent, sender.counters.dropped) == (2, 6)


def test_records_that_are_overtaken_are_counted_singly():
    sender = socket("PUSH", out=Line(1), qos=BATCH, peers=2)
    sender.outlet.newest = sender.outlet.on_full = Newest(sender.port, sender.outlet.hand_over, seen=False)
    sender.send_many(range(8))
    assert (sender.counters.sent, sender.counters.dropped) == (8, 4)


def test_who_is_told_that_there_was_no_room_may_send_again():
    line = Line(1)
    sender, receiver = socket("PUSH", out=line, qos=BATCH), socket("PULL", into=line)
    for number in range(3):
        sender.send(number)
    assert [sender.try_send(3) for _ in range(100)] == [False] * 100
    assert taken(receiver) == [0, 1]
    assert sender.try_send(3)
    assert taken(receiver) == [2, 3]
    sender.flush()
    assert taken(receiver) == []


def test_what_found_no_room_waits_no_longer_than_a_batch_may():
    line = Line(1)
    sender, receiver = socket("PUSH", out=line, qos=BATCH), socket("PULL", into=line)
    for number in range(3):
        sender.send(number)
    with pytest.raises(Timeout):
        sender.send(3, timeout=0)
    assert taken(receiver) == [0, 1]
    sender._control.chores.clock = lambda: 1e9
    sender._control.chores.run()
    assert taken(receiver) == [2]


def test_piles_of_topics_that_have_left_are_forgotten():
    sender = socket("PUB", out=Line(100_000), qos=BATCH)
    for number in range(5000):
        sender.send(0, topic=str(number))
        sender.send(1, topic=str(number))
    sender.send(0, topic="one that waits")
    assert len(sender.outlet._piles) == 1
    sender.flush()
    assert len(sender.outlet._piles) == 0
