"""Every socket type and every form of node, in real processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zmq

from orchestrator.sdk import Node, NodeContext, Peer, Socket
from orchestrator.vocabulary import CodecName, SocketType
from orchestrator.wire.control import Kind
from orchestrator.wire.launch import ConnectTarget

from .host_support import Child, Supervisor, instance, socket, supervisor, to, until

pytestmark = pytest.mark.integration
JSON = CodecName.JSON


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing


def ready(sup: Supervisor, target: Any, *sockets: Any, **changes: Any) -> Child:
    child = sup.start(instance("a", target, *sockets, **changes))
    sup.heard(Kind.READY, "a")
    return child


def path(sup: Supervisor, name: str) -> str:
    return f"ipc://{sup.directory}/{name}"


def test_rep_answers_with_what_the_function_returns(sup: Supervisor) -> None:
    def answer(question: dict[str, int]) -> int | None:
        return question.get("n")

    ready(sup, answer, socket("questions", "REP", binds=(path(sup, "q"),), codec=JSON))
    with sup.context.socket(zmq.REQ) as req:
        req.connect(path(sup, "q"))
        for sent, expected in (({"n": 3}, 3), ({}, None)):
            req.send_json(sent)
            assert req.recv_json() == expected
        req.send(b"{no json")
        assert req.recv() == b"null", "a REP has to answer, or it could never receive again"
        req.send_json({"n": 4})
        assert req.recv_json() == 4


def test_a_rep_handler_may_send_the_reply_itself(sup: Supervisor) -> None:
    class Replier(Node):
        def on_questions(self, question: int) -> None:
            self.sockets.questions.send(question + 1)

    ready(sup, Replier, socket("questions", "REP", binds=(path(sup, "q"),), codec=JSON))
    with sup.context.socket(zmq.REQ) as req:
        req.connect(path(sup, "q"))
        for n in range(3):
            req.send_json(n)
            assert req.recv_json() == n + 1


def test_a_router_answers_req_and_dealer_each_in_its_form(sup: Supervisor) -> None:
    class Server(Node):
        def on_clients(self, message: str, peer: Peer) -> str:
            self.sockets.clients.send("first", peer=peer)
            return message.upper()

    ready(sup, Server, socket("clients", "ROUTER", binds=(path(sup, "r"),), codec=CodecName.TEXT))
    with sup.context.socket(zmq.REQ) as req, sup.context.socket(zmq.DEALER) as dealer:
        req.connect(path(sup, "r"))
        dealer.connect(path(sup, "r"))
        req.send_string("hello")
        assert req.recv_string() == "first"
        dealer.send_string("world")
        assert [dealer.recv_multipart(), dealer.recv_multipart()] == [[b"first"], [b"WORLD"]]


def test_a_router_counts_what_it_cannot_deliver(sup: Supervisor) -> None:
    class Server(Node):
        def on_clients(self, message: bytes, peer: Peer) -> None:
            self.sockets.clients.send(b"lost", peer=Peer((b"nobody",)))

    child = ready(sup, Server, socket("clients", "ROUTER", binds=(path(sup, "r"),)))
    with sup.context.socket(zmq.DEALER) as dealer:
        dealer.connect(path(sup, "r"))
        dealer.send(b"x")
        until(lambda: sup.heard(Kind.BEAT, "a").body["sockets"]["clients"]["dropped"] == 1, "the count")
    assert "message for peer nobody dropped: it is gone" in child.err


@pytest.mark.parametrize("peer", ["REP", "ROUTER"])
def test_a_dealer_speaks_as_its_peer_expects(sup: Supervisor, peer: str) -> None:
    def client() -> Iterator[str]:
        yield "hello"

    class Client(Node):
        def run(self) -> None:
            print(self.sockets.server.request("hello", timeout=5))

    child = sup.start(
        instance(
            "a",
            Client,
            socket(
                "server",
                "DEALER",
                connects=to(path(sup, "s")),
                codec=CodecName.TEXT,
                peer_types=(SocketType(peer),),
            ),
        )
    )
    with sup.context.socket(getattr(zmq, peer)) as server:
        server.bind(path(sup, "s"))
        frames = server.recv_multipart()
        assert frames[-1] == b"hello"
        assert len(frames) == (1 if peer == "REP" else 2)
        server.send_multipart([*frames[:-1], b"hi"])
        until(lambda: child.out == "hi\n", "the reply")


def test_topics(sup: Supervisor) -> None:
    class Relay(Node):
        def on_prices(self, price: float, topic: str) -> None:
            self.sockets.out.send({"price": price}, topic=topic.lower())

    ready(
        sup,
        Relay,
        socket("prices", "SUB", connects=to(path(sup, "p")), subscribe=("AAPL",), codec=JSON),
        socket("out", "PUB", binds=(path(sup, "o"),), codec=JSON, topics=("aapl", "msft")),
    )
    with sup.context.socket(zmq.XPUB) as pub, sup.context.socket(zmq.SUB) as sub:
        pub.bind(path(sup, "p"))
        sub.subscribe(b"")
        sub.connect(path(sup, "o"))
        assert pub.recv() == b"\1AAPL"

        def arrived() -> bool:
            pub.send_multipart([b"MSFT", b"1"])
            pub.send_multipart([b"AAPL", b"2.5"])
            return bool(sub.poll(20))

        until(arrived, "a message")
        assert sub.recv_multipart() == [b"aapl", b'{"price":2.5}']


def test_xsub_subscribes_when_it_is_connected(sup: Supervisor) -> None:
    def show(message: str, topic: str) -> None:
        print(topic, message)

    child = ready(
        sup,
        show,
        socket("in", "XSUB", connects=to(path(sup, "p")), subscribe=("a",), codec=CodecName.TEXT),
    )
    with sup.context.socket(zmq.XPUB) as pub:
        pub.bind(path(sup, "p"))
        assert pub.recv() == b"\1a"
        pub.send_multipart([b"abc", b"one"])
        until(lambda: child.out == "abc one\n", "the message")


def test_a_generator_on_a_req_gets_its_replies(sup: Supervisor) -> None:
    def client() -> Iterator[Any]:
        for n in range(3):
            reply = yield {"n": n}
            print(reply)

    child = sup.start(instance("a", client, socket("server", "REQ", connects=to(path(sup, "s")), codec=JSON)))
    with sup.context.socket(zmq.REP) as rep:
        rep.bind(path(sup, "s"))
        for _ in range(3):
            rep.send_json(rep.recv_json()["n"] * 10)
        assert child.wait() == 0
    assert child.out == "0\n10\n20\n"


def test_pair_sends_back_on_itself(sup: Supervisor) -> None:
    def shout(text: str) -> str:
        return text.upper()

    ready(sup, shout, socket("line", "PAIR", binds=(path(sup, "l"),), codec=CodecName.TEXT))
    with sup.context.socket(zmq.PAIR) as pair:
        pair.connect(path(sup, "l"))
        pair.send_string("hello")
        assert pair.recv_string() == "HELLO"


def test_raw_messages_may_have_several_frames(sup: Supervisor) -> None:
    def reverse(parts: list[bytes]) -> list[bytes]:
        return parts[::-1]

    ready(sup, reverse, socket("line", "PAIR", binds=(path(sup, "l"),)))
    with sup.context.socket(zmq.PAIR) as pair:
        pair.connect(path(sup, "l"))
        pair.send_multipart([b"1", b"2", b"3"])
        assert pair.recv_multipart() == [b"3", b"2", b"1"]


def test_a_function_that_yields_for_each_message(sup: Supervisor) -> None:
    def words(line: str) -> Iterator[str]:
        yield from line.split()

    ready(
        sup,
        words,
        socket("lines", "PULL", binds=(path(sup, "i"),), codec=CodecName.TEXT),
        socket("words", "PUSH", binds=(path(sup, "o"),), codec=CodecName.TEXT),
    )
    with sup.context.socket(zmq.PUSH) as push, sup.context.socket(zmq.PULL) as pull:
        push.connect(path(sup, "i"))
        pull.connect(path(sup, "o"))
        push.send_string("to be or")
        assert [pull.recv_string() for _ in range(3)] == ["to", "be", "or"]


def test_an_own_loop_over_sockets(sup: Supervisor) -> None:
    def route(work: Socket, odd: Socket, even: Socket, node: NodeContext) -> None:
        for number in work:
            (odd if number % 2 else even).send([node.name, number])

    ready(
        sup,
        route,
        socket("work", "PULL", binds=(path(sup, "i"),), codec=JSON),
        socket("odd", "PUSH", binds=(path(sup, "odd"),), codec=JSON),
        socket("even", "PUSH", binds=(path(sup, "even"),), codec=JSON),
    )
    with (
        sup.context.socket(zmq.PUSH) as push,
        sup.context.socket(zmq.PULL) as odd,
        sup.context.socket(zmq.PULL) as even,
    ):
        push.connect(path(sup, "i"))
        odd.connect(path(sup, "odd"))
        even.connect(path(sup, "even"))
        for n in range(4):
            push.send_json(n)
        assert [odd.recv_json(), odd.recv_json()] == [["a", 1], ["a", 3]]
        assert [even.recv_json(), even.recv_json()] == [["a", 0], ["a", 2]]


def test_async_handlers(sup: Supervisor) -> None:
    class Slow(Node):
        async def setup(self) -> None:
            self.busy = 0

        async def on_questions(self, question: int) -> int:
            await asyncio.sleep(0.01)
            return question * 2

        def on_words(self, word: str) -> None:
            print(word)

        async def teardown(self) -> None:
            await asyncio.sleep(0)
            print("torn down")

    child = ready(
        sup,
        Slow,
        socket("questions", "REP", binds=(path(sup, "q"),), codec=JSON),
        socket("words", "PULL", binds=(path(sup, "w"),), codec=CodecName.TEXT),
    )
    with sup.context.socket(zmq.REQ) as req, sup.context.socket(zmq.PUSH) as push:
        req.connect(path(sup, "q"))
        push.connect(path(sup, "w"))
        for n in range(5):
            push.send_string(f"word {n}")
            req.send_json(n)
            assert req.recv_json() == 2 * n
        until(lambda: child.out.count("word") == 5, "the words")
    sup.stop("a")
    assert child.wait() == 0
    assert child.out.endswith("torn down\n")
    assert child.err == ""


def test_sending_on_a_socket_hides_nothing_that_arrives_on_it(sup: Supervisor) -> None:
    class Client(Node):
        async def on_work(self, number: int) -> None:
            self.sockets.server.send(number)

        async def on_server(self, number: int) -> None:
            self.sockets.out.send(number)

    ready(
        sup,
        Client,
        socket("work", "PULL", binds=(path(sup, "w"),), codec=JSON),
        socket("server", "DEALER", binds=(path(sup, "s"),), codec=JSON),
        socket("out", "PUSH", binds=(path(sup, "o"),), codec=JSON),
    )
    with (
        sup.context.socket(zmq.PUSH) as push,
        sup.context.socket(zmq.DEALER) as echo,
        sup.context.socket(zmq.PULL) as pull,
    ):
        push.connect(path(sup, "w"))
        echo.connect(path(sup, "s"))
        pull.connect(path(sup, "o"))
        for n in range(300):
            push.send_json(n)
            if n % 3 == 0:  # something arrives while something is sent
                echo.send_json(-n)
        for _ in range(100):
            assert pull.poll(5000), "a message lies in the socket and nobody looks"
            pull.recv()


def test_an_async_source_stops_while_it_sleeps(sup: Supervisor) -> None:
    async def source(rate: float) -> AsyncIterator[int]:
        for n in range(3):
            yield n
        await asyncio.sleep(600)

    with sup.context.socket(zmq.PULL) as pull:
        pull.bind(path(sup, "o"))
        child = ready(
            sup, source, socket("out", "PUSH", connects=to(path(sup, "o")), codec=JSON), params={"rate": 1}
        )
        assert [pull.recv_json() for _ in range(3)] == [0, 1, 2]
        sup.stop("a")
        assert child.wait() == 0
    assert child.err == ""


def test_an_error_in_an_async_handler_ends_the_node(sup: Supervisor) -> None:
    async def fail(message: str) -> None:
        raise KeyError(message)

    child = ready(sup, fail, socket("in", "PULL", binds=(path(sup, "i"),), codec=CodecName.TEXT))
    with sup.context.socket(zmq.PUSH) as push:
        push.connect(path(sup, "i"))
        push.send_string("boom")
        assert (
            sup.heard(Kind.FAILED, "a").body["reason"].startswith("KeyError: 'boom' (test_host_patterns.py:")
        )
    assert child.wait() == 1
    assert "asyncio" not in child.err


def test_declared_params_are_converted(sup: Supervisor) -> None:
    class Tuned(Node):
        @dataclass
        class Params:
            rate: float
            names: tuple[str, ...] = ()

        def run(self) -> None:
            print(self.params)

    child = sup.start(instance("a", Tuned, params={"rate": 3, "names": ["x", "y"]}))
    assert child.wait() == 0
    assert "Params(rate=3.0, names=('x', 'y'))" in child.out


def test_two_nodes_in_one_process_talk_over_inproc(sup: Supervisor) -> None:
    def source() -> Iterator[int]:
        yield from range(3)

    class Sink(Node):
        def on_in(self, number: int) -> None:
            print(number)
            if number == 2:
                self.stop()

    target = ConnectTarget(address=None, instance="sink", socket="in")
    child = sup.start(
        instance("source", source, socket("out", "PUSH", connects=(target,), codec=JSON)),
        instance("sink", Sink, socket("in", "PULL", binds=("inproc://numbers",), codec=JSON)),
        unit="both",
    )
    sup.heard(Kind.READY, "source")
    sup.heard(Kind.READY, "sink")
    assert child.wait() == 0
    assert child.out == "0\n1\n2\n"


def test_one_failing_node_of_a_process_ends_the_others(sup: Supervisor) -> None:
    def fail() -> None:
        raise ValueError("no")

    def wait(message: bytes) -> None: ...

    child = sup.start(
        instance("waits", wait, socket("in", "PULL", binds=("inproc://x",))),
        instance("fails", fail),
        unit="both",
    )
    assert sup.heard(Kind.FAILED, "fails").body["cause"] == "user-code"
    assert child.wait() == 1


def test_ready_waits_for_peers(sup: Supervisor) -> None:
    def sink(message: bytes) -> None: ...

    sup.start(instance("a", sink, socket("in", "PULL", binds=(path(sup, "i"),)), peers_needed={"in": 2}))
    sup.heard(Kind.BOUND, "a")
    with sup.context.socket(zmq.PUSH) as one, sup.context.socket(zmq.SUB) as wrong:
        one.connect(path(sup, "i"))
        wrong.connect(path(sup, "i"))
        sup.ping("a", b"x")
        sup.pong(b"x")
        assert not [m for m in sup.messages if m.kind is Kind.READY]
        with sup.context.socket(zmq.PUSH) as two:
            two.connect(path(sup, "i"))
            sup.heard(Kind.READY, "a")


def test_a_routing_id_is_taken_as_it_stands(sup: Supervisor) -> None:
    def client() -> Iterator[bytes]:
        yield b"hello"

    with sup.context.socket(zmq.ROUTER) as router:
        router.bind(path(sup, "r"))
        sup.start(
            instance(
                "worker-2",
                client,
                socket("out", "DEALER", connects=to(path(sup, "r")), options={"routing_id": "w"}),
                node="worker",
                replica=2,
            )
        )
        assert router.recv_multipart() == [b"w", b"hello"]


def test_msgpack_and_protobuf(sup: Supervisor) -> None:
    pytest.importorskip("grpc_tools")
    import msgpack

    (sup.directory / "order.proto").write_text(
        'syntax = "proto3"; package trading; message Order { string symbol = 1; int32 qty = 2; }'
    )

    def order(tick: dict[str, Any]) -> dict[str, Any]:
        return {"symbol": tick["s"], "qty": 3}

    ready(
        sup,
        order,
        socket("ticks", "PULL", binds=(path(sup, "i"),), codec=CodecName.MSGPACK),
        socket(
            "orders",
            "PUSH",
            binds=(path(sup, "o"),),
            codec=CodecName.PROTOBUF,
            schema="order.proto",
            message_type="trading.Order",
        ),
    )
    with sup.context.socket(zmq.PUSH) as push, sup.context.socket(zmq.PULL) as pull:
        push.connect(path(sup, "i"))
        pull.connect(path(sup, "o"))
        push.send(msgpack.packb({"s": "AAPL"}))
        assert pull.recv() == b"\n\x04AAPL\x10\x03"
