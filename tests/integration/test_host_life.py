"""The life of a real node process: hello, bound, ready, messages, stop."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from orchestrator.vocabulary import CodecName
from orchestrator.wire.control import Kind
from orchestrator.wire.launch import ConnectTarget

from .host_support import Supervisor, instance, socket, supervisor, to, until

pytestmark = pytest.mark.integration


@pytest.fixture
def sup(tmp_path: Path) -> Any:
    with supervisor(tmp_path) as playing:
        yield playing


def double(number: int) -> int:
    return number * 2


def test_a_function_between_two_sockets(sup: Supervisor) -> None:
    child = sup.start(
        instance(
            "double",
            double,
            socket("numbers", "PULL", binds=("tcp://127.0.0.1:*",), codec=CodecName.JSON),
            socket("doubles", "PUSH", binds=("tcp://127.0.0.1:*",), codec=CodecName.JSON),
        )
    )
    bound = sup.heard(Kind.BOUND, "double").body["addresses"]
    sup.heard(Kind.READY, "double")
    push, pull = sup.context.socket(zmq.PUSH), sup.context.socket(zmq.PULL)
    push.connect(bound["numbers"][0])
    pull.connect(bound["doubles"][0])
    for n in range(3):
        push.send_json(n)
    assert [pull.recv_json() for _ in range(3)] == [0, 2, 4]
    beat = until(lambda: (b := sup.heard(Kind.BEAT, "double")).body["steps"] == 3 and b, "three steps")
    assert beat.body["sockets"]["numbers"]["received"] == 3
    assert beat.body["sockets"]["doubles"]["sent"] == 3
    push.close(0)
    pull.close(0)
    sup.stop("double")
    assert child.wait() == 0
    assert child.err == ""


def test_it_connects_when_it_is_told_where(sup: Supervisor) -> None:
    seen = sup.directory / "seen"

    def sink(message: str) -> None:
        with seen.open("a") as file:
            file.write(message + "\n")

    child = sup.start(
        instance(
            "sink",
            sink,
            socket(
                "words",
                "PULL",
                codec=CodecName.TEXT,
                connects=(ConnectTarget(address=None, instance="feed", socket="out"),),
            ),
        )
    )
    sup.heard(Kind.BOUND, "sink")
    assert not [m for m in sup.messages if m.kind is Kind.READY]
    first, second = (sup.context.socket(zmq.PUSH) for _ in range(2))
    for n, push in enumerate((first, second)):
        push.bind(f"ipc://{sup.directory}/feed{n}")
    sup.tell("sink", Kind.CONNECT, {"addresses": [["feed", "out", [f"ipc://{sup.directory}/feed0"]]]})
    sup.heard(Kind.READY, "sink")
    first.send_string("one")
    until(lambda: seen.exists() and seen.read_text() == "one\n", "the first word")

    sup.tell("sink", Kind.CONNECT, {"addresses": [["feed", "out", [f"ipc://{sup.directory}/feed1"]]]})
    second.send_string("two")
    until(lambda: seen.read_text() == "one\ntwo\n", "the second word, from where the binder moved")
    until(lambda: not first.poll(0, zmq.POLLOUT), "the first binder has lost its peer")
    first.close(0)
    second.close(0)
    os.kill(child.pid, signal.SIGTERM)
    assert child.wait() == 0


def test_sigint_is_the_supervisors_business(sup: Supervisor) -> None:
    child = sup.start(instance("double", double, socket("numbers", "PULL", binds=("tcp://127.0.0.1:*",))))
    sup.heard(Kind.READY, "double")
    os.kill(child.pid, signal.SIGINT)
    sup.ping("double", b"still there")
    sup.pong(b"still there")
    sup.stop("double")
    assert child.wait() == 0


def test_a_source_that_ends_waits_until_everything_is_taken(sup: Supervisor) -> None:
    def source() -> Iterator[bytes]:
        for _ in range(300):
            yield b"x" * 100_000

    with sup.context.socket(zmq.PULL) as pull:
        pull.rcvhwm = 1
        pull.bind(f"ipc://{sup.directory}/sink")
        child = sup.start(
            instance(
                "source",
                source,
                socket("out", "PUSH", connects=to(f"ipc://{sup.directory}/sink"), options={"sndhwm": 0}),
            )
        )
        until(
            lambda: sup.heard(Kind.BEAT, "source").body["steps"] == 300,
            "all is sent, and little can have left",
        )
        sup.ping("source", b"still there")
        sup.pong(b"still there")
        assert child.poll() is None
        for _ in range(300):
            assert pull.poll(5000)
            assert len(pull.recv()) == 100_000
    assert child.wait() == 0


@pytest.mark.parametrize("end", ["sink", "source"], ids=["reader binds", "writer binds"])
def test_a_reader_at_its_high_water_mark_loses_nothing_when_the_writer_ends(
    sup: Supervisor, end: str
) -> None:
    def source(count: int) -> Iterator[bytes]:
        for n in range(count):
            yield b"%064d" % n

    count, address = 20_000, f"ipc://{sup.directory}/line"
    ends = {"connects": to(address)} if end == "sink" else {"binds": (address,)}
    with sup.context.socket(zmq.PULL) as pull:
        pull.rcvhwm = 100
        if end == "sink":
            pull.bind(address)
        child = sup.start(
            instance(
                "source",
                source,
                socket("out", "PUSH", options={"sndhwm": 0}, **ends),
                params={"count": count},
            )
        )
        sup.heard(Kind.READY, "source")
        if end == "source":
            pull.connect(address)
        until(lambda: sup.heard(Kind.BEAT, "source").body["steps"] == count, "all is sent")
        for n in range(count):
            assert pull.poll(5000), f"{count - n} of {count} are lost"
            assert int(pull.recv()) == n
            if n % 1000 == 0:
                time.sleep(0.005)
        assert child.wait() == 0, "the reader is still there: its hang-up is not waited for"


def test_a_stop_ends_the_waiting_for_a_peer_that_never_comes(sup: Supervisor) -> None:
    def source() -> Iterator[bytes]:
        yield b"x"

    child = sup.start(
        instance("source", source, socket("out", "PUSH", connects=to(f"ipc://{sup.directory}/nobody"))),
        stop_grace_s=60.0,
    )
    until(lambda: sup.heard(Kind.BEAT, "source").body["steps"] == 1, "it has sent")
    assert child.poll() is None
    started = time.monotonic()
    sup.stop("source")
    assert child.wait() == 0
    assert time.monotonic() - started < 10
