"""Keys are replaced while messages flow: nothing is lost, and no process starts anew."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from orchestrator.app.key_files import fresh, keep
from orchestrator.host import keychange, rekeying
from orchestrator.host.guarding import Keys
from orchestrator.host.rekeyed import Rekeyed
from orchestrator.host.wiring import Wiring
from orchestrator.sdk import NodeContext
from orchestrator.transport.certificates import Pair, read_pair, write_pair
from orchestrator.transport.sockets import make_context
from orchestrator.vocabulary import CodecName
from orchestrator.wire.control import Kind
from orchestrator.wire.launch import ConnectTarget, SocketLaunch
from orchestrator.wire.qos import Mechanism, Security

from .host_support import Child, Supervisor, instance, socket, supervisor, until

pytestmark = pytest.mark.integration
GRACE_S = 2.0


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nodes are forked from this process."""
    monkeypatch.setattr(rekeying, "_LOOK_S", 0.1)
    monkeypatch.setattr(keychange, "AGAIN_S", 0.3)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    directory = tmp_path / "keys"
    directory.mkdir(mode=0o700)
    for name in ("sink", "source", "server", "client"):
        write_pair(str(directory), name, fresh(name))
    return directory


def rotate(keys: Path, name: str, grace_s: float) -> tuple[Pair, Pair]:
    """As `keys rotate` does it. The pair before, and the new one."""
    before, new = read_pair(str(keys / f"{name}.key_secret")), fresh(name)
    keep(str(keys), name, before, time.time() + grace_s)
    write_pair(str(keys), name, new, replace=True)
    return before, new


def curve(keys: Path, name: str, *servers: str) -> Security:
    return Security(
        mechanism=Mechanism.CURVE, keys=str(keys), name=name, server=not servers, server_names=servers
    )


def to(address: str, name: str, there: str) -> tuple[ConnectTarget, ...]:
    return (ConnectTarget(address=address, instance=name, socket=there),)


def count_up(node: NodeContext) -> None:
    number = 0
    while not node.finishing and not node.stopping:
        node.sockets["out"].send(str(number))
        number += 1
        node.sleep(0.0005)
    print("sent", number, flush=True)


def add_up(node: NodeContext) -> None:
    seen: set[int] = set()
    more = 0
    for message in node.sockets["into"]:
        number = int(message)
        more += number in seen
        seen.add(number)
        if number % 100 == 0:
            print("at", number, flush=True)
    print("got", len(seen), "highest", max(seen), "twice", more, flush=True)


def ask(node: NodeContext) -> None:
    asked = 0
    while not node.stopping:
        node.sockets["questions"].send(str(asked))
        assert node.sockets["questions"].recv() == str(asked)
        asked += 1
        if asked % 50 == 0:
            print("asked", asked, flush=True)


def answer(question: str) -> str:
    return question


def text(name: str, kind: str, **changes: object) -> SocketLaunch:
    return socket(name, kind, codec=CodecName.TEXT, **changes)


def grows(child: Child, word: str) -> None:
    """What it prints goes on."""
    before = child.out.count(word)
    until(lambda: child.out.count(word) > before + 1, f"{child.unit} goes on; stderr: {child.err}")


def bound(sup: Supervisor, name: str, there: str) -> str:
    address: str = sup.heard(Kind.BOUND, name).body["addresses"][there][0]
    return address


def enters(sup: Supervisor, kind: int, address: str, own: Pair, server: Pair, for_s: float = 3.0) -> bool:
    """Whether a program with these keys is let in."""
    raw = sup.context.socket(kind)
    monitor = raw.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    try:
        raw.linger, raw.reconnect_ivl = 0, 10
        raw.curve_serverkey = server.public.encode()
        raw.curve_publickey, raw.curve_secretkey = own.public.encode(), own.secret.encode()
        raw.connect(address)
        return bool(monitor.poll(for_s * 1000))
    finally:
        raw.disable_monitor()
        monitor.close(0)
        raw.close(0)


def test_both_ends_get_new_keys_while_messages_flow(sup: Supervisor, keys: Path) -> None:
    into = text("into", "PULL", binds=("tcp://127.0.0.1:*",), security=curve(keys, "sink"))
    sink = sup.start(instance("sink", add_up, into))
    address = bound(sup, "sink", "into")
    out = text("out", "PUSH", connects=to(address, "sink", "into"), security=curve(keys, "source", "sink"))
    source = sup.start(instance("source", count_up, out))
    replies = text("asked", "REP", binds=("tcp://127.0.0.1:*",), security=curve(keys, "server"))
    sup.start(instance("server", answer, replies))
    there = to(bound(sup, "server", "asked"), "server", "asked")
    questions = text("questions", "REQ", connects=there, security=curve(keys, "client", "server"))
    client = sup.start(instance("client", ask, questions))
    grows(client, "asked")
    grows(sink, "at")

    rotate(keys, "server", GRACE_S), rotate(keys, "client", GRACE_S)
    old_source, new_source = rotate(keys, "source", GRACE_S)
    old_sink, new_sink = rotate(keys, "sink", GRACE_S)
    until(lambda: "is open with the new key, too" in sink.err, f"the server has both keys: {sink.err}")
    assert enters(sup, zmq.PUSH, address, old_source, old_sink), "the old ones count during the grace"
    assert enters(sup, zmq.PUSH, address, new_source, new_sink)
    for one in (source, client):
        until(lambda one=one: "with the new keys" in one.err, f"the client has new ones; {one.err}")
    until(lambda: "is open with the new key alone" in sink.err, f"the grace is over: {sink.err}")
    assert not enters(sup, zmq.PUSH, address, old_source, new_sink, 0.5)
    assert not enters(sup, zmq.PUSH, address, new_source, old_sink, 0.5)
    assert "'source' comes with a key that was replaced" in sink.err
    assert enters(sup, zmq.PUSH, address, new_source, new_sink)
    grows(sink, "at")
    grows(client, "asked")
    assert [child.poll() for child in sup.children] == [None] * 4, "they are the same processes"
    sup.tell("source", Kind.STOP, {"reason": "test", "drain": True})
    assert source.wait() == 0, source.err
    sup.tell("sink", Kind.STOP, {"reason": "test", "drain": True})
    assert sink.wait() == 0, sink.err
    sent = int(source.out.split()[-1])
    assert sink.out.splitlines()[-1] == f"got {sent} highest {sent - 1} twice 0"


def test_a_server_that_starts_anew_within_the_grace_knows_both_keys(sup: Supervisor, keys: Path) -> None:
    def serve(attempt: int, port: str) -> str:
        out = text("out", "PUSH", binds=(f"tcp://127.0.0.1:{port}",), security=curve(keys, "source"))
        sup.start(instance("source", count_up, out), attempt=attempt)
        return bound(sup, "source", "out").rpartition(":")[2]

    port = serve(1, "*")
    address = f"tcp://127.0.0.1:{port}"
    into = text("into", "PULL", connects=to(address, "source", "out"), security=curve(keys, "sink", "source"))
    sink = sup.start(instance("sink", add_up, into))
    grows(sink, "at")
    first = sup.children[0]
    old, new = rotate(keys, "source", 60)
    sup.stop("source")
    assert first.wait() == 0
    sup.messages.clear()
    sup.connections.clear()
    serve(2, port)
    sink_pair = read_pair(str(keys / "sink.key_secret"))
    for server in (old, new):
        assert enters(sup, zmq.PULL, address, sink_pair, server), "by either key of the server"
    grows(sink, "at")


def test_who_was_turned_away_for_good_comes_in_once_it_is_known(sup: Supervisor, keys: Path) -> None:
    """libzmq's client does not come again by itself."""
    theirs = sup.directory / "their-keys"
    theirs.mkdir(mode=0o700)
    write_pair(str(theirs), "source", fresh("source"))
    shutil.copy(keys / "sink.key", theirs)
    into = text("into", "PULL", binds=("tcp://127.0.0.1:*",), security=curve(keys, "sink"))
    sink = sup.start(instance("sink", add_up, into))
    there = to(bound(sup, "sink", "into"), "sink", "into")
    out = text("out", "PUSH", connects=there, security=curve(theirs, "source", "sink"))
    source = sup.start(instance("source", count_up, out))
    until(lambda: "has its key" in sink.err, "it is refused")
    (keys / "source.key").unlink()
    shutil.copy(theirs / "source.key", keys)
    grows(sink, "at")
    assert "does not let it in: what was queued is lost; trying again" in source.err
    assert sink.err.count("has its key") == 1


def test_what_is_queued_leaves_by_the_old_connection(sup: Supervisor, keys: Path) -> None:
    server = read_pair(str(keys / "sink.key_secret"))
    pull = sup.context.socket(zmq.PULL)
    pull.linger, pull.rcvhwm, pull.rcvbuf = 0, 10, 4096
    pull.curve_server, pull.curve_secretkey = 1, server.secret.encode()
    pull.bind("tcp://127.0.0.1:*")
    address = pull.last_endpoint.rstrip(b"\0").decode()
    (target,) = to(address, "sink", "into")
    out = text(
        "out", "PUSH", connects=(target,), security=curve(keys, "source", "sink"), options={"sndbuf": 4096}
    )
    context = make_context()
    wiring = Wiring(instance("source", "m:n", out), context)
    try:
        wiring.connect({("sink", "into"): (address,)})
        until(lambda: wiring.watches["out"].read() == 1, "they are connected")
        sent = 0
        for sent in range(100_000):  # until all queues are full
            try:
                wiring.raw["out"].send(b"%d" % sent + b"." * 1000, zmq.NOBLOCK)
            except zmq.Again:
                break
        rotate(keys, "source", 60)
        new = read_pair(str(keys / "source.key_secret"))
        assert Rekeyed(wiring).move("out", target, Keys(new.public, server.public, address))
        wiring.raw["out"].send(b"%d" % sent)
        got = set()
        while len(got) <= sent and pull.poll(3000):
            got.add(int(pull.recv().partition(b".")[0]))
        assert got == set(range(sent + 1))
        assert wiring.guarding.used["out", target].own == new.public
    finally:
        for watch in wiring.watches.values():
            watch.close()
        wiring.raw["out"].close(0)
        pull.close(0)
        context.term()
