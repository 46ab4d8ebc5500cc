"""What the counters of both ends of a link say together, over the lives of their processes; what is told of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from orchestrator.cli.losses import loss_text
from orchestrator.planning.types import Plan
from orchestrator.runtime.flows import Flow, Flows, flow_fields
from orchestrator.runtime.heard import read_traffic
from orchestrator.runtime.past import Past
from orchestrator.runtime.reports import SocketTraffic
from orchestrator.runtime.senders import MOST, SenderSeen, read_senders
from orchestrator.supervision.links.types import Declared, End
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import Delivery


def end(ref: str, kind: str) -> End:
    instance, socket = ref.split(".")
    return End(unit=instance, instance=instance, socket=socket, type=SocketType[kind])


def link(connector: End, binder: End | None) -> Declared:
    return Declared(connector=connector, binder=binder, address="tcp://10.0.0.1:5555")


def told(**counted: object) -> SocketTraffic:
    return read_traffic({"x": counted}, "n", 1.0)["x"]


def flows(*links: Declared, **traffic: SocketTraffic) -> list[Flow]:
    counted = {(name.split("_")[0], name.split("_")[1]): one for name, one in traffic.items()}
    return list(Flows(_PLAN, links, counted))


_PLAN = Plan(topology="t", file="", directory="", run_dir="", nodes=(), units=())
FEED, PULL, SUB = end("feed.out", "PUSH"), end("sink.in", "PULL"), end("sink.in", "SUB")


def test_what_comes_in_a_beat_is_read_whatever_it_is() -> None:
    assert read_senders(None) is None
    assert read_senders({}) == {}
    assert read_senders({"a.out": 3, "b.out": {"received": "many", "dropped": True, "late": -1}}) == {
        "b.out": SenderSeen()
    }
    seen = read_senders({"a.out": {"received": 7, "dropped": 2.0, "lag_s": 0.5, "max_lag_s": float("nan")}})
    assert seen == {"a.out": SenderSeen(received=7, dropped=2, lag_s=0.5)}
    assert len(read_senders({str(n): {} for n in range(2 * MOST)}) or ()) == MOST


def test_two_sockets_alone_need_no_envelope() -> None:
    (flow,) = flows(link(PULL, FEED), feed_out=told(sent=10, dropped=3), sink_in=told(received=9))
    assert (flow.sender, flow.receiver) == ("feed.out", "sink.in")
    assert (flow.sent, flow.received, flow.unsent, flow.dropped, flow.left) == (10, 9, 3, None, 1)
    assert flow.lost == 3


def test_what_nobody_can_know_is_not_told() -> None:
    other = end("other.in", "PULL")
    one, two = flows(
        link(PULL, FEED), link(other, FEED), feed_out=told(sent=10, dropped=3), sink_in=told(received=9)
    )
    assert (one.sent, one.unsent, one.received, one.lost) == (None, None, 9, 0)
    assert (two.sent, two.received) == (None, None)
    more = end("more.out", "PUSH")
    one, two = flows(link(FEED, PULL), link(more, PULL), feed_out=told(sent=10), sink_in=told(received=19))
    assert (one.sent, one.received, two.sent) == (10, None, None)
    assert flow_fields(two)["received"] is flow_fields(two)["lag_s"] is flow_fields(two)["dropped"] is None


def test_the_envelope_tells_senders_apart() -> None:
    more, third = end("more.out", "PUSH"), end("third.out", "PUSH")
    senders = {"feed.out": {"received": 6, "dropped": 4}, "more.out": {"received": 13, "before": 2}}
    one, two, three = flows(
        *(link(sender, PULL) for sender in (FEED, more, third)),
        feed_out=told(sent=10),
        more_out=told(sent=16),
        sink_in=told(received=19, senders=senders),
    )
    assert (one.sent, one.received, one.dropped, one.left, one.lost) == (10, 6, 4, 0, 4)
    assert (two.sent, two.received, two.dropped, two.left, two.lost) == (16, 13, 0, 3, 0)
    assert (three.received, three.dropped) == (0, None)
    unnamed = told(received=19, senders={"": {"received": 19}})
    (nobody,) = flows(link(FEED, PULL), feed_out=told(sent=10), sink_in=unnamed)
    assert nobody.received is None


def test_a_publisher_gives_everything_to_everyone() -> None:
    feed, other = end("feed.out", "PUB"), end("other.in", "SUB")
    one, two = flows(link(SUB, feed), link(other, feed), feed_out=told(sent=30))
    assert (one.sent, two.sent) == (30, 30)


def test_who_takes_some_of_the_topics_is_sent_what_it_says() -> None:
    flow = Flow(
        sender="a.out",
        receiver="b.in",
        sent=30,
        received=10,
        seen=SenderSeen(received=10, dropped=5),
        partial=True,
    )
    assert (flow.meant, flow.left, flow.lost) == (15, None, 5)


def test_where_only_the_newest_counts_nothing_is_lost() -> None:
    seen = SenderSeen(received=1, dropped=99)
    flow = Flow(sender="a.out", receiver="b.in", unsent=3, seen=seen, delivery=Delivery.LATEST)
    assert flow.lost == 0
    assert flow.dropped == 99


def test_what_is_thrown_away_because_it_is_late_is_lost() -> None:
    seen = SenderSeen(received=9, late=4)
    flow = Flow(sender="a.out", receiver="b.in", received=9, seen=seen, discards=True)
    assert (flow.discarded, flow.lost) == (4, 4)
    kept = Flow(sender="a.out", receiver="b.in", received=9, seen=seen)
    assert (kept.discarded, kept.lost) == (0, 0)


def test_requests_go_one_way_and_replies_the_other() -> None:
    client, server = end("client.ask", "REQ"), end("server.serve", "REP")
    there, back = flows(
        link(client, server), client_ask=told(sent=3, received=2), server_serve=told(received=3, sent=3)
    )
    assert (there.sender, there.sent, there.received) == ("client.ask", 3, 3)
    assert (back.sender, back.sent, back.received) == ("server.serve", 3, 2)


def test_two_links_between_the_same_sockets_are_told_once() -> None:
    again = Declared(connector=PULL, binder=FEED, address="ipc:///tmp/x")
    assert [len(one) for one in Flows(_PLAN, [link(PULL, FEED), again], {}).by_link] == [1, 0]


def test_programs_outside() -> None:
    (flow,) = flows(link(PULL, None), sink_in=told(received=4))
    assert (flow.sender, flow.sent, flow.received) == ("tcp://10.0.0.1:5555", None, 4)


def test_what_a_dealing_sender_gave_up_is_its_own() -> None:
    other = end("other.in", "PULL")
    found = Flows(_PLAN, [link(PULL, FEED), link(other, FEED)], {FEED.key: told(sent=10, dropped=3)})
    assert [(name, traffic.dropped) for name, traffic in found.dealers()] == [("feed.out", 3)]


def test_all_lives_are_added_up() -> None:
    past = Past()
    past.close(
        "sink", {"in": told(received=5, senders={"feed.out": {"received": 5, "dropped": 1, "max_lag_s": 2}})}
    )
    past.close("sink", {"in": told(received=0)})
    now = told(received=7, senders={"feed.out": {"received": 7, "before": 6, "lag_s": 1.0, "max_lag_s": 1.0}})
    sums = past.with_present({("sink", "in"): now, ("feed", "out"): told(sent=13)})
    assert sums["feed", "out"].sent == 13
    assert sums["sink", "in"].received == 12
    assert sums["sink", "in"].senders == {
        "feed.out": SenderSeen(received=12, dropped=1, before=0, lag_s=1.0, max_lag_s=2)
    }


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {
                "receiver": "slow.into",
                "sent": 30000,
                "received": 4400,
                "dropped": 25600,
                "unsent": 0,
                "discarded": 0,
                "left": 0,
            },
            "feed.out -> slow.into: 30,000 sent, 4,400 received, 25,600 dropped",
        ),
        (
            {
                "receiver": None,
                "sent": 10,
                "received": None,
                "dropped": 0,
                "unsent": 3,
                "discarded": 0,
                "left": None,
            },
            "feed.out: 10 sent, 3 given up by feed.out, which had no room for them",
        ),
    ],
)
def test_the_words_for_it(fields: Mapping[str, object], text: str) -> None:
    assert loss_text({"sender": "feed.out", **fields}) == text
