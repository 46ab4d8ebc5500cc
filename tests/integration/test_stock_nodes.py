"""The stock nodes, as `use: NAME` starts them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from orchestrator.vocabulary import CodecName
from orchestrator.wire.control import Kind

from .host_support import Supervisor, instance, socket, supervisor, to, until

pytestmark = pytest.mark.integration


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing


@pytest.mark.parametrize(
    ("stock", "front", "back"),
    [("forwarder", "XSUB", "XPUB"), ("streamer", "PULL", "PUSH"), ("queue", "ROUTER", "DEALER")],
)
def test_brokers_pass_messages_count_them_and_stop(
    sup: Supervisor, stock: str, front: str, back: str
) -> None:
    front_address, back_address = f"ipc://{sup.directory}/front", f"ipc://{sup.directory}/back"
    child = sup.start(
        instance(
            "broker",
            f"stock:{stock}",
            socket("frontend", front, binds=(front_address,)),
            socket("backend", back, binds=(back_address,)),
        ),
        stop_grace_s=60.0,
    )
    sup.heard(Kind.READY, "broker")
    outer = {"XSUB": zmq.PUB, "PULL": zmq.PUSH, "ROUTER": zmq.REQ}[front]
    inner = {"XPUB": zmq.SUB, "PUSH": zmq.PULL, "DEALER": zmq.REP}[back]
    with sup.context.socket(outer) as client, sup.context.socket(inner) as server:
        if inner == zmq.SUB:
            server.subscribe(b"")
        server.connect(back_address)
        client.connect(front_address)

        def passed() -> bool:
            client.send(b"hello")
            return bool(server.poll(50 if outer == zmq.PUB else 5000))

        until(passed, "the message came through")
        assert server.recv() == b"hello"
        if outer == zmq.REQ:
            server.send(b"world")
            assert client.recv() == b"world"
        until(lambda: sup.heard(Kind.BEAT, "broker").body["steps"] >= 1, "progress is told")
        sockets = sup.heard(Kind.BEAT, "broker").body["sockets"]
        assert sockets["frontend"]["received"] >= 1
        assert sockets["backend"]["sent"] >= 1
    started = time.monotonic()
    sup.stop("broker")
    assert child.wait() == 0
    assert time.monotonic() - started < 10
    assert child.err == ""


def test_a_queue_survives_a_client_that_is_gone(sup: Supervisor) -> None:
    front, back = f"ipc://{sup.directory}/front", f"ipc://{sup.directory}/back"
    child = sup.start(
        instance(
            "broker",
            "stock:queue",
            socket("frontend", "ROUTER", binds=(front,)),
            socket("backend", "DEALER", binds=(back,)),
        )
    )
    sup.heard(Kind.READY, "broker")
    with sup.context.socket(zmq.REP) as server:
        server.connect(back)
        with sup.context.socket(zmq.REQ) as client:
            client.linger = 0
            client.connect(front)
            client.send(b"asks and leaves")
            server.recv()
        time.sleep(0.1)
        server.send(b"too late")
        with sup.context.socket(zmq.REQ) as client:
            client.connect(front)
            client.send(b"asks and stays")
            assert server.recv() == b"asks and stays"
            server.send(b"in time")
            assert client.recv() == b"in time"
    assert child.poll() is None


def test_source_and_sink(sup: Supervisor) -> None:
    address = f"ipc://{sup.directory}/line"
    sink = sup.start(
        instance(
            "sink",
            "stock:sink",
            socket("in", "PULL", binds=(address,), codec=CodecName.JSON),
            params={"every": 25, "count": 100},
        )
    )
    source = sup.start(
        instance(
            "source",
            "stock:source",
            socket("out", "PUSH", connects=to(address), codec=CodecName.JSON),
            params={"rate": 0, "count": 100},
        )
    )
    assert source.wait() == 0
    assert sink.wait() == 0
    assert sink.out == "25 messages\n50 messages\n75 messages\n100 messages\n"


def test_a_source_keeps_its_rate(sup: Supervisor) -> None:
    with sup.context.socket(zmq.PULL) as pull:
        pull.bind(f"ipc://{sup.directory}/line")
        sup.start(
            instance(
                "source",
                "stock:source",
                socket("out", "PUSH", connects=to(f"ipc://{sup.directory}/line"), codec=CodecName.TEXT),
                params={"rate": 200, "count": 101},
            )
        )
        assert pull.recv() == b"0"
        started = time.monotonic()
        for n in range(1, 101):
            assert pull.recv_string() == str(n)
        assert 0.4 < time.monotonic() - started < 2.5


def test_requester_and_replier(sup: Supervisor) -> None:
    address = f"ipc://{sup.directory}/line"
    sup.start(
        instance(
            "replier", "stock:replier", socket("requests", "REP", binds=(address,), codec=CodecName.MSGPACK)
        )
    )
    requester = sup.start(
        instance(
            "requester",
            "stock:requester",
            socket("requests", "REQ", connects=to(address), codec=CodecName.MSGPACK),
            params={"rate": 0, "count": 3, "payload": {"a": 1}},
        )
    )
    assert requester.wait() == 0
    assert requester.out == "{'a': 1}\n" * 3


def test_an_unknown_stock_node_suggests_the_nearest(sup: Supervisor) -> None:
    child = sup.start(instance("a", "stock:forwader"))
    body = sup.heard(Kind.FAILED, "a").body
    assert body["reason"] == "no package offers a node named 'forwader'"
    child.wait()
    assert "did you mean 'forwarder'?" in child.err
