"""The sockets that tests of user projects get: every pattern, stand-ins, and what is said when there is none."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from orchestrator import OrchestratorError, Topology
from orchestrator.codecs import DecodeError, EncodeError, make_codec
from orchestrator.sdk.errors import RequestError, RequestFailed, Timeout
from orchestrator.testing import PeerSocket, SystemUnderTest, running
from orchestrator.vocabulary import CodecName, SocketType

pytestmark = pytest.mark.integration


def _topology() -> Topology:
    def relay(message):
        return message

    def ask(question):
        return {"asked": question}

    def route(message, peer):
        return {"to": message}

    topology = Topology(
        "all",
        messages={"Any": {"codec": "json"}},
        endpoints={"venue": {"address": "tcp://venue.example.com:7000", "type": "REP", "external": True}},
    )
    out = {"type": "PUSH", "bind": "tcp://127.0.0.1:7001", "message": "Any"}
    topology.node(
        "sub",
        relay,
        sockets={
            "in": {"type": "SUB", "bind": "tcp://127.0.0.1:7002", "subscribe": ["a", "b"], "message": "Any"},
            "out": out,
        },
    )
    topology.node(
        "pub",
        relay,
        sockets={
            "in": {"type": "PULL", "bind": "ipc:///tmp/all-in", "message": "Any"},
            "out": {"type": "PUB", "bind": "tcp://127.0.0.1:7003", "message": "Any", "topics": ["t"]},
        },
    )
    topology.node(
        "rep",
        ask,
        replicas=2,
        sockets={"in": {"type": "REP", "bind": "tcp://127.0.0.1:7004", "message": "Any"}},
    )
    topology.node(
        "router", route, sockets={"in": {"type": "ROUTER", "bind": "tcp://127.0.0.1:7006", "message": "Any"}}
    )
    topology.node("text", relay, sockets={"s": {"type": "PAIR", "bind": "auto", "codec": "raw"}})
    topology.node(
        "client",
        lambda tick: {"order": tick},
        sockets={
            "ticks": {"type": "SUB", "connect": "feed.ticks", "subscribe": [""], "message": "Any"},
            "orders": {"type": "PUSH", "connect": "desk.orders", "message": "Any"},
        },
    )
    topology.node(
        "feed",
        lambda: iter(()),
        kind="task",
        sockets={"ticks": {"type": "PUB", "bind": "tcp://127.0.0.1:*", "message": "Any"}},
    )
    topology.node("desk", print, sockets={"orders": {"type": "PULL", "bind": "auto", "message": "Any"}})
    topology.node(
        "buyer",
        lambda answer: None,
        sockets={"venue": {"type": "DEALER", "connect": "venue", "message": "Any"}},
    )
    return topology


@pytest.fixture(scope="module")
def system() -> Iterator[SystemUnderTest]:
    threads, descriptors = set(threading.enumerate()), len(list(Path("/proc/self/fd").iterdir()))
    with running(_topology(), without=["feed", "desk"], ready=30) as system:
        yield system
    assert set(threading.enumerate()) <= threads
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors


def test_to_subscribers_and_from_pushers(system):
    publisher = system.socket("sub.in")
    with system.socket("sub.out") as puller:
        publisher.send([1, 2], topic="a")  # the first one arrives: the subscriptions have been waited for
        publisher.send("not subscribed", topic="c")
        publisher.send("last", topic="b")
        assert [puller.recv(), puller.recv()] == [[1, 2], "last"]


def test_to_pullers_and_from_publishers(system):
    subscriber, pusher = system.socket("pub.out"), system.socket("pub.in")

    def heard():
        pusher.send({"n": 1})
        try:
            return subscriber.receive(timeout=0.2)
        except Timeout:
            return None  # a PUB does not say when a subscription has come

    assert next(filter(None, iter(heard, 0))) == ({"n": 1}, "t")


def test_to_services_and_their_replicas(system):
    assert system.socket("rep-1.in").request("x") == {"asked": "x"}
    assert len(system.all_at("rep.in")) == 2
    with pytest.raises(OrchestratorError, match=r"rep\.in has 2 addresses"):
        system.address("rep.in")
    dealer = system.socket("rep.in", type="DEALER")
    for n in range(4):
        dealer.send(n)
    assert sorted(dealer.recv()["asked"] for _ in range(4)) == [0, 1, 2, 3]
    assert system.socket("router.in").request([1]) == {"to": [1]}


def test_in_an_event_loop(system):
    async def main():
        socket = system.socket("rep-0.in")
        beats = 0

        async def beat():
            nonlocal beats
            while True:
                beats += 1
                await asyncio.sleep(0.01)

        beating = asyncio.ensure_future(beat())
        assert await socket.arequest(1) == {"asked": 1}
        with pytest.raises(Timeout, match=r"no message within 0.2 s"):
            await system.socket("pub.out").arecv(timeout=0.2)
        beating.cancel()
        return beats

    assert asyncio.run(main()) > 5


def test_stand_ins_on_both_sides(system):
    orders = system.stand_in("desk.orders")
    ticks = system.stand_in("feed.ticks")
    ticks.send({"price": 1}, topic="x")
    assert orders.recv() == {"order": {"price": 1}}
    with pytest.raises(OrchestratorError, match=r"feed\.ticks is left out"):
        system.socket("feed.ticks")
    with pytest.raises(OrchestratorError, match=r"router\.in is there"):
        system.stand_in("router.in")


def test_outside_is_played_by_the_test(system):
    venue = system.stand_in("venue")
    assert venue.type == "REP"
    assert system.address("venue").startswith("tcp://127.0.0.1:")


def test_what_cannot_be_talked_to(system):
    with pytest.raises(OrchestratorError, match=r"connects and does not bind") as told:
        system.socket("client.ticks")
    with pytest.raises(OrchestratorError, match=r"there is no socket 'rep.inn'") as typo:
        system.socket("rep.inn")
    assert typo.value.remedy == "did you mean 'rep.in'?"
    assert told.value.message
    began = re.escape("socket 'text.s': 0 of 1 connections are up after 0.2 s (text)")
    with pytest.raises(Timeout, match=began):
        system.socket("text.s", type="REQ", timeout=0.2)


def test_what_does_not_fit_the_codec_raises(system):
    raw = system.socket("sub.in")
    raw.raw.send_multipart([b"a", b"{"])
    raw.send("fits", topic="a")
    with system.socket("sub.out") as puller:
        assert puller.recv() == "fits"
    with system.socket("rep-0.in") as asks, pytest.raises(EncodeError):
        asks.send(object())


def test_garbage_is_told_and_not_passed_over_as_a_node_would():
    with zmq.Context() as context:
        sender = context.socket(zmq.PAIR)
        sender.bind("inproc://here")
        raw = context.socket(zmq.PAIR)
        raw.connect("inproc://here")
        with PeerSocket(
            name="s", socket_type=SocketType.PAIR, raw=raw, codec=make_codec(CodecName.JSON), timeout=1
        ) as peer:
            sender.send(b"{")
            with pytest.raises(DecodeError):
                peer.recv()
            sender.send(b"1")
            assert peer.recv() == 1
        peer.close()
        assert raw.closed
        sender.close(0)


def test_what_does_not_become_ready_is_told_with_the_time_it_had():
    late = Topology("late").node("late", command=["sleep", "infinity"], ready={"log": "never"})
    with (
        pytest.raises(OrchestratorError, match=r"not ready after 0\.3 s: late is running"),
        running(late, ready=0.3),
    ):
        pass


def test_who_may_die_can_be_said_late():
    topology = Topology("odd").node(
        "odd", command=["sh", "-c", "read x < /dev/null; exit 3"], restart="never"
    )
    with running(topology, may_die=False, ready=None) as system:
        system.may_die("odd")
        assert system.wait(20)
    assert [death.reason for death in system.deaths] == ["exit code 3"]


def test_messages_with_an_envelope():

    def double(message):
        if message == 0:
            raise RequestError("nothing", "there is none")
        return 2 * message

    def tell(message):
        return message

    topology = Topology(
        "enveloped", messages={"Any": {"codec": "json", "envelope": True, "compression": "gzip"}}
    )
    topology.node("rep", double, sockets={"in": {"type": "REP", "bind": "auto", "message": "Any"}})
    topology.node("router", double, sockets={"in": {"type": "ROUTER", "bind": "auto", "message": "Any"}})
    topology.node(
        "relay",
        tell,
        sockets={
            "in": {"type": "PULL", "bind": "auto", "message": "Any"},
            "out": {"type": "PUB", "bind": "auto", "message": "Any"},
        },
    )
    with running(topology) as system:
        for name in ("rep.in", "router.in"):
            asks = system.socket(name)
            assert asks.request(4) == 8
            with pytest.raises(RequestFailed, match="there is none"):
                asks.request(0)
            assert asyncio.run(asks.arequest(5)) == 10
        heard = system.socket("relay.out")
        system.socket("relay.in").send("x" * 5000)
        assert heard.recv() == "x" * 5000
