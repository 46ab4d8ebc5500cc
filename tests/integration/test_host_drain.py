"""A node that is told to finish what it has, one whose sends are held, and one that gets other peers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from orchestrator.sdk import Node, NodeContext, Socket
from orchestrator.vocabulary import CodecName
from orchestrator.wire.control import Kind
from orchestrator.wire.launch import SocketLaunch

from .host_support import DEADLINE_S, Child, Supervisor, instance, socket, supervisor, to, until

pytestmark = pytest.mark.integration

WORK = 200


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing


class Ends:
    """The two ends of a node under test: what it is given, and what comes of it."""

    def __init__(self, sup: Supervisor, given: int = zmq.PUSH) -> None:
        self._sockets = self.given, self.taken = sup.context.socket(given), sup.context.socket(zmq.PULL)
        self.given.bind("tcp://127.0.0.1:*")
        self.taken.bind("tcp://127.0.0.1:*")

    def addresses(self) -> tuple[str, str]:
        given, taken = (s.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode() for s in self._sockets)
        return given, taken

    def all_taken(self, wait_ms: int = 300) -> list[Any]:
        found = []
        while self.taken.poll(wait_ms):
            found.append(self.taken.recv_json())
        return found

    def close(self) -> None:
        for each in self._sockets:
            each.close(0)


@pytest.fixture
def ends(sup: Supervisor) -> Iterator[Ends]:
    made = Ends(sup)
    yield made
    made.close()


def finish(sup: Supervisor, unit: str) -> None:
    sup.tell(unit, Kind.STOP, {"reason": "test", "drain": True})


def between(sup: Supervisor, ends: Ends, target: Any, **changes: Any) -> Child:
    given, taken = ends.addresses()
    child = sup.start(
        instance(
            "worker",
            target,
            socket("work", "PULL", connects=to(given), codec=CodecName.JSON),
            socket("results", "PUSH", connects=to(taken), codec=CodecName.JSON),
        ),
        **changes,
    )
    sup.heard(Kind.READY, "worker")
    return child


def slow(work: int) -> int:
    time.sleep(0.001)
    return work


async def slow_on_asyncio(work: int) -> int:
    await asyncio.sleep(0.001)
    return work


def loop(work: Socket, results: Socket) -> None:
    for each in work:
        results.send(slow(each))


def raw_loop(node: NodeContext, work: Socket, results: Socket) -> None:
    while not node.stopping:
        if work.raw.poll(10):
            results.raw.send(work.raw.recv())


def yielding(work: Socket) -> Iterator[int]:
    for each in work:
        yield slow(each)


@pytest.mark.parametrize("target", [slow, slow_on_asyncio, loop, raw_loop, yielding])
def test_what_was_sent_to_it_is_done_before_it_ends(sup: Supervisor, ends: Ends, target: Any) -> None:
    child = between(sup, ends, target)
    for number in range(WORK):
        ends.given.send_json(number)
    finish(sup, "worker")
    assert ends.all_taken(1000 if target is raw_loop else 300) == list(range(WORK))
    assert child.wait() == 0
    assert child.err == ""


def test_without_drain_it_stops_at_once(sup: Supervisor, ends: Ends) -> None:
    child = between(sup, ends, slow)
    for number in range(WORK):
        ends.given.send_json(number)
    sup.stop("worker")
    assert child.wait() == 0
    assert len(ends.all_taken()) < WORK


class Asker(Node):
    """Has a message in hand while it waits for an answer."""

    def on_work(self, message: int) -> None:
        self.sockets.results.send(self.sockets.expert.request(message, timeout=5))


def test_a_message_in_hand_is_finished_however_quiet_it_is(sup: Supervisor, ends: Ends) -> None:
    given, taken = ends.addresses()
    expert = sup.context.socket(zmq.REP)
    port = expert.bind_to_random_port("tcp://127.0.0.1")
    child = sup.start(
        instance(
            "asker",
            Asker,
            socket("work", "PULL", connects=to(given), codec=CodecName.JSON),
            socket("results", "PUSH", connects=to(taken), codec=CodecName.JSON),
            socket("expert", "REQ", connects=to(f"tcp://127.0.0.1:{port}"), codec=CodecName.JSON),
        )
    )
    ends.given.send_json(7)
    assert expert.recv_json() == 7
    finish(sup, "asker")
    time.sleep(0.4)
    assert child.poll() is None
    expert.send_json(8)
    assert ends.all_taken() == [8]
    assert child.wait() == 0
    expert.close(0)


async def long_step(work: int) -> int:
    await asyncio.sleep(0.7)
    return work


def test_a_handler_on_asyncio_is_waited_for(sup: Supervisor, ends: Ends) -> None:
    child = between(sup, ends, long_step)
    ends.given.send_json(1)
    until(lambda: (b := sup.heard(Kind.BEAT, "worker")).body["sockets"]["work"]["received"] and b, "begun")
    finish(sup, "worker")
    assert ends.all_taken(1500) == [1]
    assert child.wait() == 0


def test_one_that_never_gets_quiet_ends_in_time_and_says_so(sup: Supervisor, ends: Ends) -> None:
    child = between(sup, ends, slow, stop_grace_s=2.0)
    finish(sup, "worker")
    began = time.monotonic()
    while child.poll() is None and time.monotonic() - began < DEADLINE_S:
        with contextlib.suppress(zmq.Again):  # it has ended just now
            ends.given.send_json(1, zmq.NOBLOCK)
        time.sleep(0.005)
    assert child.wait() == 0
    assert 0.9 < time.monotonic() - began < 3
    assert "not finished within 1 s" in child.err


class Twin(Node):
    """The second half of a pair in one process: it must not end before the first."""

    def on_work(self, message: int) -> None:
        time.sleep(0.25)
        self.sockets.results.send(message)


def test_instances_of_one_process_end_together(sup: Supervisor, ends: Ends) -> None:
    given, taken = ends.addresses()
    link = "inproc://between"
    child = sup.start(
        instance(
            "first",
            Twin,
            socket("work", "PULL", connects=to(given), codec=CodecName.JSON),
            socket("results", "PUSH", connects=to(link), codec=CodecName.JSON),
        ),
        instance(
            "second",
            slow,
            socket("work", "PULL", binds=(link,), codec=CodecName.JSON),
            socket("results", "PUSH", connects=to(taken), codec=CodecName.JSON),
        ),
        unit="pair",
    )
    sup.heard(Kind.READY, "second")
    for number in range(4):
        ends.given.send_json(number)
    finish(sup, "pair")
    assert ends.all_taken(1000) == [0, 1, 2, 3]
    assert child.wait() == 0


# ------------------------------------------------------------------------------ senders


def numbers(node: NodeContext, pause: float = 0.0) -> Iterator[int]:
    number = 0
    while not pause or node.sleep(pause):
        yield number
        number += 1


def pushes(*sockets: SocketLaunch, **params: Any) -> Any:
    return instance("source", numbers, *sockets, params=params)


def test_one_that_receives_nothing_has_nothing_to_finish(sup: Supervisor, ends: Ends) -> None:
    out = socket("out", "PUSH", connects=to(ends.addresses()[1]), codec=CodecName.JSON)
    child = sup.start(pushes(out), stop_grace_s=60.0)
    sup.heard(Kind.READY, "source")
    ends.taken.recv()
    began = time.monotonic()
    finish(sup, "source")
    while ends.taken.poll(200):
        ends.taken.recv()
    assert child.wait() == 0
    assert time.monotonic() - began < DEADLINE_S


def hold(sup: Supervisor, number: int, seconds: float) -> None:
    body = {"hold": number, "sockets": [["source", "out"], ["source", "none"], 3], "seconds": seconds}
    sup.tell("source", Kind.HOLD, body)
    until(lambda: sup.heard(Kind.HELD, "source").body["hold"] == number, "the answer")


def test_sends_wait_while_they_are_held(sup: Supervisor, ends: Ends) -> None:
    out = socket("out", "PUSH", connects=to(ends.addresses()[1]), codec=CodecName.JSON)
    sup.start(pushes(out, pause=0.002))
    last = -1
    for number in (1, 2):
        assert ends.taken.poll(2000)
        hold(sup, number, 60)
        for each in ends.all_taken(100):
            assert each == last + 1
            last = each
        assert not ends.taken.poll(300)
        until(lambda: not sup.heard(Kind.BEAT, "source").body["busy_s"], "it is not taken for stalled")
        hold(sup, number + 10, 60)
        sup.tell("source", Kind.RELEASE, {"hold": number})
        assert not ends.taken.poll(100)  # the second hold is still there
        sup.tell("source", Kind.RELEASE, {"hold": number + 10})
    assert ends.taken.poll(2000)
    hold(sup, 3, 0.5)
    while ends.taken.poll(100):
        last = ends.taken.recv_json()
    assert ends.taken.poll(2000)  # nobody had to end it
    assert ends.taken.recv_json() == last + 1
    hold(sup, 4, 60)
    ends.all_taken(100)
    sup.stop("source")
    assert sup.children[0].wait() == 0


def test_other_targets_while_it_runs(sup: Supervisor) -> None:
    addresses = a, b, c = [f"ipc://{sup.directory}/{name}" for name in "abc"]
    readers = [sup.context.socket(zmq.PULL) for _ in addresses]
    for reader, address in zip(readers, addresses, strict=True):
        reader.bind(address)
    out = socket("out", "PUSH", connects=(*to(a), *to(b)), codec=CodecName.JSON)
    child = sup.start(pushes(out, pause=0.002))
    sup.heard(Kind.READY, "source")
    until(lambda: all(reader.poll(0) for reader in readers[:2]), "both are fed")
    targets = [["source", "out", [[b, None, None, 0], [None, "late", "in", 0]]]]
    sup.tell("source", Kind.CONNECT, {"targets": targets})
    sup.tell("source", Kind.CONNECT, {"addresses": [["late", "in", [c]]], "targets": [["source", "out", 3]]})
    assert readers[2].poll(5000)
    at_a = _all_of(readers[0])  # no more comes
    hold(sup, 1, 60)
    everything = sorted(at_a + _all_of(readers[1]) + _all_of(readers[2]))
    assert everything == list(range(len(everything)))
    assert at_a
    sup.stop("source")
    assert child.wait() == 0


def pass_on(message: int) -> int:
    time.sleep(0.002)
    return message


def test_what_has_come_is_read_before_its_sender_is_left(sup: Supervisor, ends: Ends) -> None:
    inbox = socket("inbox", "PULL", connects=to(ends.addresses()[0]), codec=CodecName.JSON)
    results = socket("results", "PUSH", connects=to(ends.addresses()[1]), codec=CodecName.JSON)
    child = sup.start(instance("sink", pass_on, inbox, results))
    sup.heard(Kind.READY, "sink")
    for number in range(2 * WORK):
        ends.given.send_json(number)
    assert ends.taken.poll(2000)
    sup.tell("sink", Kind.CONNECT, {"targets": [["sink", "inbox", []]]})
    assert ends.all_taken() == list(range(2 * WORK))
    until(lambda: not ends.given.poll(0, zmq.POLLOUT), "then it leaves")
    sup.stop("sink")
    assert child.wait() == 0


def _all_of(reader: zmq.Socket[bytes]) -> list[int]:
    found = []
    while reader.poll(200):
        found.append(int(reader.recv()))
    return found
