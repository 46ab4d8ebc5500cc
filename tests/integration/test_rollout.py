"""Real processes under supervision as a whole: rolling restarts, strategies, a limit of restarts for all, and
essential nodes."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq
from up_support import alive, until

pytestmark = pytest.mark.integration

WORKERS = ("worker-0", "worker-1", "worker-2")
POOL = """
version: 1
name: pool
nodes:
  worker:
    run: parts:work
    replicas: 3
    stop: {grace: 1s}
    sockets: {jobs: {type: REP, bind: auto, codec: text}}
"""
PARTS = """
import os

def work(job):
    return f"{os.getpid()}"
"""
LINE = """
version: 1
name: line
supervision: {%s}
defaults: {restart: {backoff: {initial: 10ms}}}
nodes:
  a: {command: [sleep, infinity]}
  b: {command: [sleep, infinity], depends_on: [a]}
  c: {command: [sleep, infinity], depends_on: [b]}
"""


# ---------------------------------------------------------------------- rolling restarts


class Client:
    """Asks every worker in rounds, each over a REQ of its own, until told to stop."""

    def __init__(self, addresses: list[str]) -> None:
        self.rounds: list[set[str]] = []
        """The processes that answered, round by round."""
        self._over = threading.Event()
        self._addresses = addresses
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with zmq.Context() as context:
            sockets = [self._socket(context, address) for address in self._addresses]
            while not self._over.is_set():
                for socket in sockets:
                    socket.send(b"who?")
                self.rounds.append(set(self._answers(sockets)))
            for socket in sockets:
                socket.close(linger=0)

    def _socket(self, context: zmq.Context[zmq.Socket[bytes]], address: str) -> zmq.Socket[bytes]:
        socket = context.socket(zmq.REQ)
        socket.setsockopt(zmq.REQ_RELAXED, 1)
        socket.setsockopt(zmq.REQ_CORRELATE, 1)
        socket.setsockopt(zmq.RECONNECT_IVL, 10)
        socket.connect(address)
        return socket

    def _answers(self, sockets: list[zmq.Socket[bytes]]) -> Iterator[str]:
        """Whatever comes within a short time after the first answer, which may take long."""
        poller = zmq.Poller()
        for socket in sockets:
            poller.register(socket, zmq.POLLIN)
        wait_ms = 10_000
        while poller.sockets and (found := poller.poll(wait_ms)):
            for socket, _ in found:
                yield socket.recv().decode()
                poller.unregister(socket)
            wait_ms = 50

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture
def pool(desk: Any) -> Iterator[Any]:
    desk.write(POOL)
    desk.write(PARTS, "parts.py")
    desk.run("up", "-d", "topology.yaml")
    yield desk
    desk.run("down", "pool", code=None)


def pids(desk: Any) -> dict[str, int]:
    return {unit["unit"]: unit["pid"] for unit in desk.status()["units"]}


def journal(desk: Any, project: str) -> list[dict[str, Any]]:
    path = Path(desk.environ["XDG_STATE_HOME"]) / "orchestrator" / project / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def fewest_ready(events: list[dict[str, Any]]) -> int:
    """The smallest number of workers that were ready at once, from when all were."""
    states: dict[str, str] = {}
    fewest = len(WORKERS)
    up = False
    for event in events:
        if event["event"] == "state" and event["unit"] in WORKERS:
            states[event["unit"]] = event["state"]
            ready = list(states.values()).count("ready")
            up = up or ready == len(WORKERS)
            fewest = min(fewest, ready) if up else fewest
    return fewest


def test_a_client_is_served_by_two_of_three_all_the_time(pool: Any) -> None:
    before = pids(pool)
    run_dir = pool.runtime / "orchestrator" / "pool"
    client = Client([f"ipc://{run_dir}/{name}.jobs" for name in WORKERS])
    try:
        until(lambda: client.rounds and len(client.rounds[-1]) == 3, what=lambda: str(client.rounds[-3:]))
        pool.run("restart", "--rolling", "worker")
        after = pids(pool)
        until(
            lambda: client.rounds[-1] == {str(pid) for pid in after.values()},
            what=lambda: str(client.rounds[-3:]),
        )
    finally:
        client.stop()
    assert not set(before.values()) & set(after.values())
    assert all(client.rounds)  # somebody has answered in each
    events = journal(pool, "pool")
    assert fewest_ready(events) == 2
    (end,) = [event for event in events if event["event"] == "rollout_ended"]
    assert (end["ok"], end["done"], end["left"]) == (True, list(WORKERS), [])


def test_a_replacement_that_is_not_ready_in_time_ends_it_and_heals_later(desk: Any) -> None:
    flag = desk.directory / "flag"
    flag.touch()
    desk.write(f"""
version: 1
name: pool
supervision: {{max_restarts: 0}}
nodes:
  worker:
    command: [sleep, infinity]
    replicas: 3
    ready: {{file: {flag}, timeout: 300ms}}
    restart: {{backoff: {{initial: 10ms}}}}
""")
    desk.run("up", "-d", "topology.yaml")
    before = pids(desk)
    flag.unlink()
    failed = desk.run("restart", "--rolling", "worker", code=1)
    assert "worker-0 is not ready" in failed.stdout, failed.stdout
    flag.touch()
    desk.until_unit("worker-0", state="ready")
    after = pids(desk)
    assert {name for name, pid in before.items() if after[name] != pid} == {"worker-0"}
    assert not alive(before["worker-0"])
    desk.run("down", "pool")


# ---------------------------------------------------------------------- what a failure means for the others


def start_line(start_up: Any, supervision: str) -> tuple[Any, dict[str, int]]:
    """The three nodes, ready, and their processes."""
    up = start_up(LINE % supervision)
    found = {name: up.wait_state(name, "ready")["pid"] for name in ("a", "b", "c")}
    up.wait_ready()
    return up, found


def test_rest_for_one_restarts_the_later_ones_and_not_the_earlier(start_up: Any) -> None:
    up, first = start_line(start_up, "strategy: rest-for-one")
    os.kill(first["b"], signal.SIGKILL)
    later = {name: up.wait_state(name, "ready")["pid"] for name in ("b", "c")}
    assert alive(first["a"])
    assert not alive(first["c"])
    assert later["c"] not in (first["c"], None)
    assert up.stop() == 0
    assert up.states("a") == ["starting", "ready", "stopping", "stopped"]


def test_one_for_all_restarts_everybody_in_order(start_up: Any) -> None:
    up, first = start_line(start_up, "strategy: one-for-all")
    os.kill(first["c"], signal.SIGKILL)
    for name in ("a", "b", "c"):  # in this order
        assert up.wait_state(name, "ready")["pid"] != first[name]
    assert not any(map(alive, first.values()))
    assert up.stop() == 0


def test_one_restart_too_many_of_all_together_stops_everything(start_up: Any) -> None:
    up, first = start_line(start_up, "max_restarts: 2, window: 1h")
    os.kill(first["a"], signal.SIGKILL)
    up.wait_state("a", "ready")
    os.kill(first["b"], signal.SIGKILL)
    second = up.wait_state("b", "ready")["pid"]
    os.kill(second, signal.SIGKILL)
    assert up.finish() == 1
    (end,) = [event for event in up.seen if event["event"] == "topology_ended"]
    assert "supervision.max_restarts" in end["reason"] and "b has failed" in end["reason"]
    assert up.states("c")[-1] == "stopped"


def test_the_end_of_an_essential_node_is_the_end_of_all(start_up: Any) -> None:
    up = start_up("""
version: 1
name: line
nodes:
  helper: {command: [sleep, infinity]}
  job: {command: [sh, -c, "sleep 0.2"], kind: task, essential: true, depends_on: [helper]}
""")
    assert up.finish() == 0
    (end,) = [event for event in up.seen if event["event"] == "topology_ended"]
    assert end["reason"] == "job, which is essential, has finished"
    assert up.states("helper")[-1] == "stopped"


# ---------------------------------------------------------------------- more and fewer of those that bind

STREAM = """
version: 1
name: stream
nodes:
  source:
    run: flow:numbers
    sockets: {out: {type: PUSH, connect: worker.in, codec: json}}
  worker:
    run: flow:work
    replicas: 2
    sockets:
      in: {type: PULL, bind: auto, codec: json}
      out: {type: PUSH, bind: auto, codec: json}
  sink:
    run: flow:collect
    sockets: {inbox: {type: PULL, connect: worker.out, codec: json}}
"""
FLOW = """
import os
from pathlib import Path

from orchestrator.sdk import Socket, Timeout

def numbers(node, out):
    number = 0
    while not node.stopping and not Path("enough").exists():
        out.send(number)
        number += 1
        node.sleep(0.001)
    Path("sent").write_text(str(number))
    while node.sleep(1):
        pass

def work(number):
    return [os.environ["ORCHESTRATOR_REPLICA"], number]

def collect(inbox: Socket):
    seen, by, told = set(), set(), 0
    while True:
        try:
            replica, number = inbox.recv(0.05)
        except Timeout:
            if len(seen) != told:
                told = len(seen)
                Path("new").write_text(str(told))
                Path("new").rename("seen")
            continue
        assert number not in seen
        seen.add(number)
        if replica not in by:
            by.add(replica)
            Path(f"by-{replica}").touch()
"""


def test_connectors_keep_their_processes_and_lose_nothing_when_binders_come_and_go(desk: Any) -> None:
    desk.write(STREAM)
    desk.write(FLOW, "flow.py")
    desk.run("up", "-d", "topology.yaml")
    before = pids(desk)
    told = desk.run("scale", "worker=3").stdout
    assert "source: connected anew, its process stays" in told, told
    until(lambda: (desk.directory / "by-2").exists(), what=lambda: "the third gets its share")
    desk.run("scale", "worker=1")
    after = pids(desk)
    assert after == {name: before[name] for name in ("source", "worker-0", "sink")}
    (desk.directory / "enough").touch()
    until(lambda: read(desk, "sent"), what=lambda: "the source has enough")
    until(
        lambda: read(desk, "seen") == read(desk, "sent"),
        what=lambda: f"{read(desk, 'seen')} of {read(desk, 'sent')}",
        patience_s=10,
    )
    desk.run("down", "stream")


def read(desk: Any, name: str) -> str:
    path = desk.directory / name
    return path.read_text() if path.exists() else ""
