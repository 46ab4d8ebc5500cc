"""Processes are replaced, added and taken away under full load: every message arrives exactly once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from up_support import until

pytestmark = pytest.mark.integration

NODES = '''
import json
from pathlib import Path

from orchestrator.sdk import Node, Socket, Timeout


def numbers(node, out):
    """As fast as they are taken, until it is enough."""
    number = 0
    while not node.stopping and not Path("enough").exists():
        for _ in range(100):
            out.send(number)
            number += 1
    Path("sent").write_text(str(number))
    while node.sleep(1):
        pass


def work(number):
    return number


def collect(inbox: Socket):
    """Counts, and tells whenever it has nothing to do."""
    seen, twice, told = set(), 0, 0
    while True:
        try:
            number = inbox.recv(0.05)
        except Timeout:
            if len(seen) != told:
                told = len(seen)
                Path("new").write_text(json.dumps({"seen": len(seen), "twice": twice, "last": max(seen)}))
                Path("new").rename("seen")
            continue
        twice += number in seen
        seen.add(number)


class Client(Node):
    """Asks; an answer that does not come, or is another one's, is its end."""

    def run(self):
        number = self.replica * 1_000_000
        while not self.stopping and not Path("enough").exists():
            number += 1
            answer = self.sockets.ask.request(number, timeout=4)
            assert answer == -number, (number, answer)
        Path(f"answered-{self.replica}").write_text(str(number % 1_000_000))
        while self.sleep(1):
            pass


def negative(number):
    return -number
'''

WORKERS_CONNECT = """
version: 1
name: drain
nodes:
  source:
    run: nodes:numbers
    sockets: {out: {type: PUSH, bind: auto, codec: json}}
  worker:
    run: nodes:work
    replicas: 3
    sockets:
      in: {type: PULL, connect: source.out, codec: json}
      out: {type: PUSH, connect: sink.inbox, codec: json}
  sink:
    run: nodes:collect
    sockets: {inbox: {type: PULL, bind: auto, codec: json}}
"""
WORKERS_BIND = """
version: 1
name: drain
nodes:
  source:
    run: nodes:numbers
    sockets: {out: {type: PUSH, connect: worker.in, codec: json}}
  worker:
    run: nodes:work
    replicas: 3
    sockets:
      in: {type: PULL, bind: auto, codec: json}
      out: {type: PUSH, bind: auto, codec: json}
  sink:
    run: nodes:collect
    sockets: {inbox: {type: PULL, connect: worker.out, codec: json}}
"""
REQUESTS = """
version: 1
name: drain
nodes:
  client:
    run: nodes:Client
    replicas: 2
    sockets: {ask: {type: REQ, connect: queue.frontend, codec: json}}
  queue:
    use: queue
    sockets:
      frontend: {type: ROUTER, bind: auto}
      backend: {type: DEALER, bind: auto}
  worker:
    run: nodes:negative
    replicas: 3
    sockets: {requests: {type: REP, connect: queue.backend, codec: json}}
"""


REQUESTS_TO_WORKERS = """
version: 1
name: drain
nodes:
  client:
    run: nodes:Client
    replicas: 2
    sockets: {ask: {type: REQ, connect: worker.requests, codec: json}}
  worker:
    run: nodes:negative
    replicas: 3
    sockets: {requests: {type: REP, bind: auto, codec: json}}
"""


@pytest.fixture
def bring_up(desk: Any) -> Iterator[Callable[[str], Any]]:
    def up(topology: str) -> Any:
        desk.write(topology)
        desk.write(NODES, "nodes.py")
        desk.run("up", "-d", "topology.yaml")
        return desk

    yield up
    desk.run("down", "drain", code=None)


def counted(desk: Any, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((desk.directory / name).read_text())
    except FileNotFoundError:
        return {"seen": 0}
    return found


def workers(desk: Any) -> dict[str, tuple[int, int]]:
    """unit -> pid and restarts, for all that run."""
    units = desk.status()["units"]
    return {u["unit"]: (u["pid"], u["restarts"]) for u in units if u["node"] == "worker" and u["pid"]}


def change_the_workers(desk: Any) -> None:
    """All of them are replaced, then there is one, then there are three again."""
    before = workers(desk)
    assert desk.run("restart", "--rolling", "worker").stdout.endswith("done\n")
    after = workers(desk)
    assert before.keys() == after.keys()
    assert all(before[name][0] != after[name][0] for name in before)
    assert desk.run("scale", "worker=1").stdout.endswith("done\n")
    assert workers(desk) == {"worker-0": after["worker-0"]}
    assert desk.run("scale", "worker=3").stdout.endswith("done\n")
    (desk.directory / "enough").touch()


def others(desk: Any) -> dict[str, tuple[int, int]]:
    return {u["unit"]: (u["pid"], u["restarts"]) for u in desk.status()["units"] if u["node"] != "worker"}


# The kernel's buffers for TCP hold far more small messages than can be handled within the grace.
WORKERS_MOVE = WORKERS_BIND.replace(
    "PULL, bind: auto", 'PULL, bind: "tcp://127.0.0.1:*", options: {rcvbuf: 8192}'
).replace("connect: worker.in", "connect: worker.in, options: {sndbuf: 8192}")


@pytest.mark.parametrize(
    "topology",
    [WORKERS_CONNECT, WORKERS_BIND, WORKERS_MOVE],
    ids=["workers connect", "workers bind", "workers bind elsewhere each time"],
)
def test_every_number_arrives_once(bring_up: Callable[[str], Any], topology: str) -> None:
    desk = bring_up(topology)
    before = others(desk)
    change_the_workers(desk)
    until(lambda: _number(desk, "sent") > 1000, what=lambda: "the source has enough")
    sent = _number(desk, "sent")
    until(
        lambda: counted(desk, "seen")["seen"] >= sent,
        what=lambda: f"{counted(desk, 'seen')} of {sent}",
        patience_s=5,
    )
    assert counted(desk, "seen") == {"seen": sent, "twice": 0, "last": sent - 1}
    assert others(desk) == before


@pytest.mark.parametrize("topology", [REQUESTS, REQUESTS_TO_WORKERS], ids=["by a queue", "to the workers"])
def test_every_request_is_answered_once(bring_up: Callable[[str], Any], topology: str) -> None:
    desk = bring_up(topology)
    before = others(desk)
    change_the_workers(desk)
    until(
        lambda: all(_number(desk, f"answered-{n}") > 100 for n in (0, 1)),
        what=lambda: desk.run("logs", code=None).stdout,
    )
    assert others(desk) == before  # a client without its answer would have failed


def _number(desk: Any, name: str) -> int:
    path: Path = desk.directory / name
    return int(path.read_text() or 0) if path.exists() else 0
