"""Large messages between node processes through shared memory, and what is left when one of them is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.sdk import Node
from orchestrator.transport.shared.cleaning import remove_group
from orchestrator.transport.shared.files import group_of, unavailable
from orchestrator.transport.shared.layout import file_name
from orchestrator.transport.shared.place import base
from orchestrator.vocabulary import CodecName
from orchestrator.wire.control import Kind
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch
from orchestrator.wire.qos import QoS

from .host_support import Child, Supervisor, instance, socket, supervisor, until

np = pytest.importorskip("numpy")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(unavailable() is not None, reason="no shared memory here"),
]

WORDS = 40_000
"""Of 8 bytes each in a message."""
ATTEMPT = 1_000_000
"""A message's value is its number, and its sender's attempt times this."""


class Feed(Node):
    """Sends messages, all of whose words are the same, until it is to stop."""

    def run(self) -> None:
        out = self.sockets.out
        value = self.params["attempt"] * ATTEMPT
        while not self.stopping:
            value += 1
            out.send(np.full(WORDS, value, np.uint64), timeout=5)
            self.sleep(0.0005)


class Sink(Node):
    """Sees that each message is whole, also those that it keeps for a while, and that none is missing."""

    def setup(self) -> None:
        self.kept: list[tuple[int, Any]] = []

    def on_in(self, message: Any) -> None:
        value = int(message[0])
        before = self.kept[-1][0] if self.kept else 0
        if value // ATTEMPT == before // ATTEMPT:
            assert value == before + 1, f"{value} after {before}"
        assert int(message.sum()) == value * WORDS
        self.kept = [*self.kept[-5:], (value, message)]
        for old, array in self.kept:
            assert array[0] == array[-1] == old, "it was written over"


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing
    remove_group(str(tmp_path))  # as at the end of a run
    assert pools(tmp_path) == []
    assert not Path(base(), file_name(group_of(str(tmp_path)))).exists()


def pools(run_dir: Path) -> list[Path]:
    return sorted(Path(base(), file_name(group_of(str(run_dir)))).glob("*"))


def feed(sup: Supervisor, kind: str = "PUSH", attempt: int = 1) -> InstanceLaunch:
    out = socket("out", kind, binds=(address(sup),), codec=CodecName.NUMPY, qos=QoS(envelope=True))
    return instance("feed", Feed, out, params={"attempt": attempt})


def sink(sup: Supervisor, name: str = "sink", kind: str = "PULL") -> InstanceLaunch:
    subscribe = ("",) if kind == "SUB" else None
    target = ConnectTarget(address=address(sup))
    qos = QoS(envelope=True)
    in_ = socket("in", kind, connects=(target,), codec=CodecName.NUMPY, qos=qos, subscribe=subscribe)
    return instance(name, Sink, in_)


def address(sup: Supervisor) -> str:
    return f"ipc://{sup.directory}/feed.out"


def count(sup: Supervisor, who: str, name: str, what: str) -> int:
    return int(sup.heard(Kind.BEAT, who).body["sockets"][name].get(what, 0))


def shared(sup: Supervisor, more: int) -> int:
    """Wait until so many more messages went through shared memory."""
    goal = count(sup, "feed", "out", "shared") + more
    return int(until(lambda: (n := count(sup, "feed", "out", "shared")) >= goal and n, "messages are shared"))


def kill(child: Child) -> None:
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL


def received(sup: Supervisor, who: str, more: int) -> None:
    goal = count(sup, who, "in", "received") + more
    until(lambda: count(sup, who, "in", "received") >= goal, f"{who} receives")


def test_whoever_dies_the_others_go_on_and_nothing_is_left(sup: Supervisor) -> None:
    source, reader = sup.start(feed(sup)), sup.start(sink(sup))
    shared(sup, 300)
    assert len(pools(sup.directory)) == 1
    assert pools(sup.directory)[0].stat().st_mode & 0o777 == 0o600

    kill(reader)
    reader = sup.start(sink(sup), attempt=2)
    shared(sup, 300)
    assert count(sup, "feed", "out", "shared_full") == 0, "what the dead one held is free"

    kill(source)
    source = sup.start(feed(sup, attempt=2), attempt=2)
    until(lambda: count(sup, "feed", "out", "shared") < 300, "the new one counts anew")
    shared(sup, 300)
    until(lambda: len(pools(sup.directory)) == 1, "its reader removed the dead one's pool")

    sup.stop("feed")
    assert source.wait() == 0, source.err
    sup.stop("sink")
    assert reader.wait() == 0
    assert pools(sup.directory) == []
    assert [child.err for child in sup.children] == [""] * 4
    assert count(sup, "sink", "in", "undecodable") == 0


def test_all_subscribers_read_the_same_memory(sup: Supervisor) -> None:
    children = [sup.start(feed(sup, "PUB"))]
    children += [sup.start(sink(sup, name, "SUB")) for name in ("one", "two")]
    shared(sup, 300)
    late = sup.start(sink(sup, "late", "SUB"))
    received(sup, "late", 50)
    shared(sup, 100)
    kill(late)
    shared(sup, 100)
    for name in ("feed", "one", "two"):
        sup.stop(name)
    assert [child.wait() for child in children] == [0, 0, 0]
    for name in ("one", "two", "late"):
        assert count(sup, name, "in", "undecodable") == 0
    assert all(child.err == "" for child in sup.children)
    assert pools(sup.directory) == []


def test_a_link_that_does_not_want_it_copies(sup: Supervisor) -> None:
    launch = feed(sup)
    out = socket(
        "out", "PUSH", binds=(address(sup),), codec=CodecName.NUMPY, qos=QoS(envelope=True, shared_memory=0)
    )
    children = [sup.start(instance("feed", Feed, out, params=launch.params)), sup.start(sink(sup))]
    received(sup, "sink", 50)
    assert count(sup, "feed", "out", "shared") == 0
    assert pools(sup.directory) == []
    for name, child in zip(("feed", "sink"), children, strict=True):
        sup.stop(name)
        assert child.wait() == 0, child.err
