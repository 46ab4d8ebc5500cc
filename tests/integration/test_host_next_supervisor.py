"""A node that may outlive its supervisor: it goes on, is found by the next one, and tells again what it told."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.runtime.control import ControlServer, Member
from orchestrator.runtime.reaching import routing_id
from orchestrator.sdk import Socket
from orchestrator.supervision.events import Bound, Event, ReadyReported
from orchestrator.wire.control import Kind

from .host_support import Child, Supervisor, instance, socket, supervisor, until

pytestmark = pytest.mark.integration

TOKEN = "secret"
INTERVAL_S = 0.05


def echo(inbox: Socket) -> None:
    """Answers; makes the test's node one that works."""
    inbox.send(inbox.recv())


def holds_the_gil(inbox: Socket) -> None:
    """Its own code lets nobody else in the process run."""
    sys.setswitchinterval(1000)
    print("begun")
    end = time.monotonic() + 3
    while time.monotonic() < end:
        pass


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing


def start(
    sup: Supervisor, program: Callable[..., None], parent: subprocess.Popen[bytes], **more: Any
) -> Child:
    ids = tuple(routing_id(TOKEN, "n", 1, role) for role in ("control", "heartbeat"))
    node = instance("n", program, socket("inbox", "REP", binds=("tcp://127.0.0.1:*",)))
    return sup.start(
        node,
        routing_ids=ids,
        supervisor_pid=parent.pid,
        heartbeat_interval_s=INTERVAL_S,
        liveness=3,
        token=TOKEN,
        **more,
    )


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[bytes]]:
    """Stands for the first supervisor's process."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]) as process:
        yield process
        process.kill()


class Next:
    """The next supervisor's control channel, on a loop of its own."""

    def __init__(self, sup: Supervisor, *, foreign: bool = False, ready: bool = True) -> None:
        self.told: list[Event] = []
        members = {"n": Member({"n": "n"}, INTERVAL_S, foreign=foreign)}
        self.server = ControlServer(sup.address, TOKEN, members, self.told.append, lasting=True)
        self._ready = ready

    async def __aenter__(self) -> Next:
        self.server.open(asyncio.get_running_loop())
        self.server.adopt("n", 1, 10.0, ready=self._ready)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0.01)

    def answered(self, since: float) -> bool:
        return since < self.server.pongs.get("n", 0.0) <= time.monotonic()


def die(sup: Supervisor, parent: subprocess.Popen[bytes]) -> None:
    """The first supervisor dies."""
    # The node was forked from this process and holds its listening socket open; one from a zygote holds none.
    Path(sup.address.removeprefix("ipc://")).unlink()
    sup.router.close()
    parent.kill()
    parent.wait()


def leave(sup: Supervisor, parent: subprocess.Popen[bytes], child: Child) -> None:
    """The first supervisor dies, and the node has noticed."""
    die(sup, parent)
    until(lambda: "going on until another one comes" in child.err, "the node notices")
    assert child.poll() is None


def test_it_goes_on_and_tells_the_next_one(sup: Supervisor, parent: subprocess.Popen[bytes]) -> None:
    child = start(sup, echo, parent)
    bound = sup.heard(Kind.BOUND, "n").body["addresses"]
    sup.heard(Kind.READY, "n")
    leave(sup, parent, child)

    async def follow() -> None:
        for _ in range(3):  # one after the other
            async with Next(sup) as after:
                begin = time.monotonic()
                await after.until(lambda after=after, begin=begin: after.answered(begin))
                await after.until(lambda after=after: len(after.told) >= 2)
                addresses = {name: tuple(found) for name, found in bound.items()}
                assert after.told[:2] == [
                    Bound(unit="n", instance="n", attempt=1, addresses=addresses),
                    ReadyReported(unit="n", instance="n", attempt=1),
                ]
                await after.until(lambda after=after: not after.server.stalled(time.monotonic()).get("n"))
        async with Next(sup) as last:
            last.server.stop("n", "test")  # before it can have come back
            await last.until(lambda: child.poll() is not None)

    asyncio.run(follow())
    assert child.code == 0
    assert child.err.count("going on until") == 1


def test_one_that_has_not_said_ready_in_time_says_it_to_the_next(
    sup: Supervisor, parent: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """What is said while nobody is there is not lost."""
    (tmp_path / "waits.py").write_text(
        "import time, pathlib\n"
        "from orchestrator.sdk import Node\n"
        "class Waits(Node):\n"
        "    def setup(self):\n"
        f"        while not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.01)\n"
        "    def on_inbox(self, message): return message\n"
    )
    child = start(sup, "waits:Waits", parent, directory=str(tmp_path))
    sup.heard(Kind.BOUND, "n")
    die(sup, parent)

    async def follow() -> None:
        async with Next(sup, ready=False) as after:
            after.server.connect("n", {("other", "s"): ("tcp://127.0.0.1:9",)})
            (tmp_path / "go").touch()
            await after.until(lambda: any(isinstance(event, ReadyReported) for event in after.told))
            after.server.stop("n", "test")
            await after.until(lambda: child.poll() is not None)

    asyncio.run(follow())
    assert child.code == 0, child.err


def test_one_that_holds_the_interpreters_lock_still_answers(
    sup: Supervisor, parent: subprocess.Popen[bytes]
) -> None:
    child = start(sup, holds_the_gil, parent)
    sup.heard(Kind.READY, "n")
    until(lambda: "begun" in child.out, "its own code runs")
    die(sup, parent)

    async def follow() -> None:
        async with Next(sup) as after:
            begin = time.monotonic()
            await after.until(lambda: after.answered(begin))
            assert after.told == []  # its control thread cannot speak

    asyncio.run(follow())
    os.kill(child.pid, 9)
    assert child.wait() == -9


FOREIGN = """
import json, os, zmq
context = zmq.Context()
dealer = context.socket(zmq.DEALER)
dealer.setsockopt(zmq.ROUTING_ID, os.environb[b"ORCHESTRATOR_ROUTING_ID"])
dealer.connect(os.environ["ORCHESTRATOR_CONTROL"])
hello = {"unit": "n", "attempt": 1, "token": "secret", "pid": os.getpid(), "role": "heartbeat"}
dealer.send_multipart([b"ORC1", b"HELLO", b"n", json.dumps(hello).encode()])
zmq.proxy(dealer, dealer)
"""


def test_a_foreign_program_that_has_its_routing_id_is_pinged_again(
    sup: Supervisor, parent: subprocess.Popen[bytes]
) -> None:
    """It can say nothing again: its connection is in the hands of zmq_proxy."""
    spoken = {
        "ORCHESTRATOR_CONTROL": sup.address,
        "ORCHESTRATOR_ROUTING_ID": routing_id(TOKEN, "n", 1, "control").decode(),
    }
    with subprocess.Popen([sys.executable, "-c", FOREIGN], env={**os.environ, **spoken}) as program:
        sup.heard(Kind.HELLO, "n")
        die(sup, parent)

        async def follow() -> None:
            for _ in range(2):
                async with Next(sup, foreign=True) as after:
                    begin = time.monotonic()
                    await after.until(lambda after=after, begin=begin: after.answered(begin))

        asyncio.run(follow())
        program.kill()
