"""Alive and progress, told apart; and stopping, whatever the node's own code is doing."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from orchestrator.sdk import Node, Socket
from orchestrator.vocabulary import CodecName
from orchestrator.wire.control import Kind

from .host_support import Supervisor, instance, socket, supervisor, to, until

pytestmark = pytest.mark.integration


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing


def test_the_echo_comes_back_while_user_code_holds_the_gil(sup: Supervisor) -> None:
    mark = sup.directory / "holding"

    def hold() -> None:
        mark.touch()
        ctypes.PyDLL(None).usleep(3_000_000)  # PyDLL: the GIL is not released

    child = sup.start(instance("a", hold))
    until(mark.exists, "the user code runs")
    started = time.monotonic()
    for n in range(20):
        sup.ping("a", str(n).encode())
        sup.pong(str(n).encode(), 2.0)
    assert time.monotonic() - started < 2.5, "the echoes waited for the GIL"
    assert child.poll() is None
    assert not [m for m in sup.messages if m.kind is Kind.BEAT], "a BEAT needs the GIL"
    assert child.wait() == 0


def test_a_regular_expression_that_backtracks_is_alive_and_makes_no_progress(sup: Supervisor) -> None:
    def match(text: str) -> None:
        re.match(r"(a+)+$", text)

    address = f"ipc://{sup.directory}/in"
    child = sup.start(instance("a", match, socket("in", "PULL", binds=(address,), codec=CodecName.TEXT)))
    sup.heard(Kind.READY, "a")
    with sup.context.socket(zmq.PUSH) as push:
        push.connect(address)
        push.send_string("aa")
        until(lambda: sup.heard(Kind.BEAT, "a").body["steps"] == 1, "one step")
        push.send_string("a" * 40 + "b")
        while sup.heard(Kind.HELLO, "a") and push.poll(0, zmq.POLLOUT) and _beats_stopped(sup):
            pass
        sup.ping("a", b"alive")
        sup.pong(b"alive", 2.0)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL


def _beats_stopped(sup: Supervisor, quiet_s: float = 1.0) -> bool:
    """Wait until no BEAT came for ten intervals. Returns False, to end the loop it is called in."""
    count, since = -1, time.monotonic()
    while time.monotonic() - since < quiet_s:
        sup.hear()
        now = len([m for m in sup.messages if m.kind is Kind.BEAT])
        if now != count:
            count, since = now, time.monotonic()
        time.sleep(0.01)
    return False


def test_a_step_that_does_not_end_is_told_with_its_age(sup: Supervisor) -> None:
    def wait_for_ever() -> None:
        while True:
            time.sleep(0.05)

    sup.start(instance("a", wait_for_ever))
    sup.heard(Kind.READY, "a")
    until(lambda: sup.heard(Kind.BEAT, "a").body["busy_s"] >= 0.8, "a busy loop that grows old")
    assert sup.heard(Kind.BEAT, "a").body["steps"] == 0


def test_a_node_that_waits_for_messages_is_not_busy(sup: Supervisor) -> None:
    def sink(message: bytes) -> None: ...

    sup.start(instance("a", sink, socket("in", "PULL", binds=(f"ipc://{sup.directory}/in",))))
    sup.heard(Kind.READY, "a")
    beat = sup.heard(Kind.BEAT, "a")
    assert beat.body["busy_s"] == 0
    assert set(beat.body["sockets"]["in"].values()) == {0}


def test_an_iterating_loop_makes_steps(sup: Supervisor) -> None:
    def loop(numbers: Socket) -> None:
        for _ in numbers:
            pass
        print("the loop has ended")

    address = f"ipc://{sup.directory}/in"
    child = sup.start(instance("a", loop, socket("numbers", "PULL", binds=(address,))))
    sup.heard(Kind.READY, "a")
    with sup.context.socket(zmq.PUSH) as push:
        push.connect(address)
        for _ in range(7):
            push.send(b"x")
        until(lambda: sup.heard(Kind.BEAT, "a").body["steps"] == 7, "seven steps")
    sup.stop("a")
    assert child.wait() == 0
    assert child.out == "the loop has ended\n"


def test_stop_while_a_send_waits_for_room(sup: Supervisor) -> None:
    class Blocked(Node):
        def run(self) -> None:
            while True:
                self.sockets.out.send(b"x" * 1000)

        def teardown(self) -> None:
            print("torn down")

    address = f"ipc://{sup.directory}/nobody"
    child = sup.start(
        instance("a", Blocked, socket("out", "PUSH", connects=to(address), options={"sndhwm": 5})),
        stop_grace_s=60.0,  # it would be interrupted in the course of that
    )
    sup.heard(Kind.READY, "a")
    until(lambda: sup.heard(Kind.BEAT, "a").body["sockets"]["out"]["sent"] == 5, "a full queue")
    started = time.monotonic()
    sup.stop("a")
    assert child.wait() == 0
    assert time.monotonic() - started < 10
    assert child.out == "torn down\n"
    assert child.err == ""


@pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("by", ["signal", "message"])
def test_sleeping_user_code_is_interrupted_at_once(sup: Supervisor, by: str) -> None:
    class Sleepy(Node):
        def run(self) -> None:
            print("good night")
            try:
                time.sleep(600)
            finally:
                print("woken")

        def teardown(self) -> None:
            print("torn down")

    child = sup.start(instance("a", Sleepy), stop_grace_s=60.0)  # what is busy is interrupted in its course
    until(lambda: child.out == "good night\n", "it sleeps")
    started = time.monotonic()
    if by == "signal":
        os.kill(child.pid, signal.SIGTERM)
    else:
        sup.stop("a")
    assert child.wait() == 0
    assert time.monotonic() - started < 10
    assert child.out == "good night\nwoken\ntorn down\n"
    assert child.err == ""


def test_a_step_may_finish_before_it_is_interrupted(sup: Supervisor) -> None:
    def work() -> None:
        print("working")
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            sum(range(1000))
        print("finished")

    child = sup.start(instance("a", work), stop_grace_s=10.0)
    until(lambda: child.out == "working\n", "it works")
    sup.stop("a")
    assert child.wait() == 0
    assert child.out == "working\nfinished\n"


def test_a_step_that_does_not_end_is_interrupted_within_the_grace(sup: Supervisor) -> None:
    def work() -> None:
        print("working")
        while True:
            sum(range(1000))

    child = sup.start(instance("a", work), stop_grace_s=4.0)
    until(lambda: child.out == "working\n", "it works")
    started = time.monotonic()
    sup.stop("a")
    assert child.wait() == 0
    assert time.monotonic() - started < 4


def test_what_was_sent_before_the_stop_still_arrives(sup: Supervisor) -> None:
    class Goodbye(Node):
        def run(self) -> None:
            while self.sleep(10):
                pass

        def teardown(self) -> None:
            for n in range(100):
                self.sockets.out.send(str(n).encode())

    with sup.context.socket(zmq.PULL) as pull:
        pull.bind(f"ipc://{sup.directory}/out")
        child = sup.start(
            instance("a", Goodbye, socket("out", "PUSH", connects=to(f"ipc://{sup.directory}/out")))
        )
        sup.heard(Kind.READY, "a")
        sup.stop("a")
        assert [int(pull.recv()) for _ in range(100)] == list(range(100))
    assert child.wait() == 0
