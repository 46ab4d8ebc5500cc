"""Node processes whose sockets are secured: who comes in, who does not, and what is said of it."""

from __future__ import annotations

import socket as posix_socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from orchestrator.sdk import NodeContext
from orchestrator.transport.certificates import Pair, new_pair, write_pair
from orchestrator.vocabulary import CodecName
from orchestrator.wire.control import Kind
from orchestrator.wire.launch import ConnectTarget
from orchestrator.wire.qos import Limits, Mechanism, QoS, Security

from .host_support import Child, Supervisor, instance, socket, supervisor, until

pytestmark = pytest.mark.integration
ANYWHERE = "tcp://127.0.0.1:*"


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing
    _KEPT.clear()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir(mode=0o700)
    return tmp_path / "keys"


def pair(keys: Path, name: str) -> Pair:
    made = new_pair({})
    write_pair(str(keys), name, made)
    return made


def curve(keys: Path, name: str, **changes: Any) -> Security:
    return Security(mechanism=Mechanism.CURVE, keys=str(keys), name=name, **changes)


def write_down(node: NodeContext) -> None:
    for message in node.sockets["into"]:
        print(message, flush=True)


def count_up(node: NodeContext) -> None:
    number = 0
    while not node.finishing and not node.stopping:
        node.sockets["out"].send(str(number))
        number += 1
        node.sleep(0.0005)
    print("sent", number, flush=True)


def add_up(node: NodeContext) -> None:
    seen: set[int] = set()
    for message in node.sockets["into"]:
        seen.add(int(message))
        if len(seen) % 500 == 0:
            print("at", len(seen), flush=True)
    print("got", len(seen), "highest", max(seen), flush=True)


def start_sink(sup: Supervisor, security: Security | None, **changes: Any) -> tuple[Child, str]:
    into = socket("into", "PULL", binds=(ANYWHERE,), codec=CodecName.TEXT, security=security, **changes)
    sink = sup.start(instance("sink", write_down, into))
    return sink, sup.heard(Kind.BOUND, "sink").body["addresses"]["into"][0]


_KEPT: list[object] = []
"""Python closes sockets that nobody refers to."""


class Client:
    """A PUSH of a program of somebody's."""

    def __init__(
        self, sup: Supervisor, address: str, server: str = "", own: Pair | None = None, every_ms: int = 10
    ) -> None:
        self.raw = sup.context.socket(zmq.PUSH)
        self.raw.linger = 0
        self.raw.reconnect_ivl = every_ms
        self.monitor = self.raw.get_monitor_socket()
        if own is not None:
            self.raw.curve_serverkey = server.encode()
            self.raw.curve_publickey = own.public.encode()
            self.raw.curve_secretkey = own.secret.encode()
        self.raw.connect(address)
        _KEPT.append(self)

    def say(self, text: str) -> None:
        self.raw.send_string(text)


def links(sup: Supervisor) -> dict[str, Any]:
    sup.hear()
    told = [m.body["links"] for m in sup.messages if m.kind is Kind.BEAT and m.body.get("links")]
    of_sink = [links["into"].get("bind", {}) for links in told if "into" in links]
    return of_sink[-1] if of_sink else {}


def test_who_comes_in_and_who_does_not(sup: Supervisor, keys: Path) -> None:
    server, friend, other = pair(keys, "sink"), pair(keys, "friend"), pair(keys, "other")
    sink, address = start_sink(sup, curve(keys, "sink", server=True, allow=("friend", "late")))
    Client(sup, address, server.public, friend).say("from a friend")
    until(lambda: "from a friend" in sink.out, "the friend's message")

    Client(sup, address, server.public, other).say("not allowed")
    stranger = new_pair({})
    Client(sup, address, server.public, stranger).say("stranger")
    Client(sup, address, new_pair({}).public, friend).say("wrong key")
    Client(sup, address).say("plain")
    with posix_socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
        until(
            lambda: "what it says is not ZMTP" in sink.err or "it left" in sink.err, "the browser is refused"
        )
    until(lambda: "'other' is not allowed here" in sink.err, "the disallowed node is refused")
    until(lambda: f"127.0.0.1: nobody in {keys} has its key {stranger.public}" in sink.err, "the stranger is")
    until(lambda: "its key for this server is not this server's" in sink.err, "the wrong key is")
    until(lambda: {"auth", "key"} <= set(links(sup).get("failed", {})), "they are counted")

    late = pair(keys, "late")  # a key that comes while the server runs
    Client(sup, address, server.public, late).say("from a late one")
    until(lambda: "from a late one" in sink.out, "the message of the newcomer")
    assert sink.out.split("\n")[:-1] == ["from a friend", "from a late one"]
    assert sink.err.count("has its key") == 1, "one line for each series"
    sup.stop("sink")
    assert sink.wait() == 0


def test_two_nodes_know_each_other(sup: Supervisor, keys: Path) -> None:
    pair(keys, "sink"), pair(keys, "source")

    def send(node: NodeContext) -> None:
        node.sockets["out"].send("hello")

    sink, address = start_sink(sup, curve(keys, "sink", server=True))
    out = socket(
        "out",
        "PUSH",
        connects=(ConnectTarget(address=address, instance="sink", socket="into"),),
        codec=CodecName.TEXT,
        security=curve(keys, "source", server_names=("sink",)),
    )
    source = sup.start(instance("source", send, out))
    until(lambda: "hello" in sink.out, "the message")
    assert source.wait() == 0
    assert sink.err == ""


@pytest.mark.parametrize("fault", ["missing", "open"])
def test_keys_that_cannot_be_used(sup: Supervisor, keys: Path, fault: str) -> None:
    if fault == "open":
        pair(keys, "sink")
        (keys / "sink.key_secret").chmod(0o644)
    into = socket("into", "PULL", binds=(ANYWHERE,), security=curve(keys, "sink", server=True))
    sink = sup.start(instance("sink", write_down, into))
    assert sink.wait() == 1
    assert ("does not exist" if fault == "missing" else "can be used by others") in sink.err
    assert "orchestrator keys" in sink.err
    assert "Traceback" not in sink.err


def test_plain(sup: Supervisor, tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("friend:secret\n")
    users.chmod(0o600)
    sink, address = start_sink(
        sup, Security(mechanism=Mechanism.PLAIN, keys=str(users), name="sink", server=True)
    )
    for password in (b"secret", b"guess"):
        raw = sup.context.socket(zmq.PUSH)
        raw.linger = 0
        raw.plain_username, raw.plain_password = b"friend", password
        raw.connect(address)
        raw.send(b"with " + password)
        _KEPT.append(raw)
    until(lambda: "with secret" in sink.out, "the right password")
    until(lambda: "there is no such name and password ('friend')" in sink.err, "the wrong one is refused")
    assert "guess" not in sink.out + sink.err


def test_limits(sup: Supervisor) -> None:
    limits = Limits(connections=2, message_size=1000)
    sink, address = start_sink(sup, None, qos=QoS(limits=limits))
    first, second = Client(sup, address), Client(sup, address)
    first.say("first"), second.say("second")
    until(lambda: "first" in sink.out and "second" in sink.out, "two are let in")
    third = Client(sup, address)
    third.say("third")
    until(lambda: "there are 2 connections already" in sink.err, "the third is not")
    assert "third" not in sink.out
    first.say("x" * 2000)
    until(lambda: links(sup).get("lost"), "who sends too much at once is cut off")
    assert "xxx" not in sink.out


def test_handshakes_are_limited_for_each_address(sup: Supervisor) -> None:
    sink, address = start_sink(sup, None, qos=QoS(limits=Limits(handshakes_per_second=3)))
    clients = [Client(sup, address) for _ in range(10)]
    for number, client in enumerate(clients):
        client.say(str(number))
    until(lambda: "more than 3 handshakes a second" in sink.err, "it is said")
    until(lambda: links(sup).get("failed", {}).get("rate", 0) >= 5, "they are counted")
    assert 3 <= len(sink.out.split()) <= 5


def test_two_hundred_who_are_refused_do_not_hurt_a_good_link(sup: Supervisor, keys: Path) -> None:
    server, friend, other = pair(keys, "sink"), pair(keys, "source"), new_pair({})
    security = curve(keys, "sink", server=True)
    into = socket("into", "PULL", binds=(ANYWHERE,), codec=CodecName.TEXT, security=security)
    sink = sup.start(instance("sink", add_up, into))
    address = sup.heard(Kind.BOUND, "sink").body["addresses"]["into"][0]
    out = socket(
        "out",
        "PUSH",
        connects=(ConnectTarget(address=address, instance="sink", socket="into"),),
        codec=CodecName.TEXT,
        security=curve(keys, "source", server_names=("sink",)),
    )
    source = sup.start(instance("source", count_up, out))
    until(lambda: "at 500\n" in sink.out, "the good link works")

    wrong = new_pair({}).public
    for number in range(200):
        server_key, own = [(server.public, other), (wrong, friend), ("", None), (wrong, other)][number % 4]
        Client(sup, address, server_key, own, every_ms=100).raw.send(b"bad")
    until(lambda: sum(links(sup).get("failed", {}).values()) >= 500, "hundreds of handshakes fail")
    before = sink.out.count("at")
    until(lambda: sink.out.count("at") > before + 2, "the good link goes on meanwhile")
    assert source.poll() is None

    sup.tell("source", Kind.STOP, {"reason": "test", "drain": True})
    assert source.wait() == 0, source.err
    sup.tell("sink", Kind.STOP, {"reason": "test", "drain": True})
    assert sink.wait() == 0
    sent = int(source.out.split()[-1])
    assert sink.out.splitlines()[-1] == f"got {sent} highest {sent - 1}"
    assert source.err == "", "it never lost its connection"
    assert len(sink.err.splitlines()) < 12, "a line for each series"
