"""What the SDK offers, in one running topology: steady sources, declared sockets and types, errors that are passed
over, dead letters, peers, counters of the author's own, backpressure that is seen."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from up_support import until

pytestmark = pytest.mark.integration

TOPOLOGY = """
version: 1
name: features
messages:
  Job: {codec: json}
  Done: {codec: msgpack}
nodes:
  source:
    run: features:source
    sockets: {out: {type: PUB, bind: auto, message: Job, topics: [job, test]}}
  foul:
    run: features:foul
    sockets: {out: {type: PUB, bind: auto, message: Job, topics: [job]}}
  worker:
    run: features:Worker
    params: {limit: 3}
    on_error: dead-letter
    dead_letter: dead
    sockets:
      jobs: {type: SUB, connect: [source.out, foul.out], subscribe: [""], message: Job}
      done: {type: PUSH, connect: desk.done, message: Done}
      asks: {type: DEALER, connect: desk.asked, codec: text}
      dead: {type: PUSH, connect: undertaker.in}
      nobody: {type: PUSH, bind: auto, codec: text}
  desk:
    run: features:Desk
    sockets:
      done: {type: PULL, bind: auto, message: Done}
      asked: {type: ROUTER, bind: auto, codec: text}
  asker:
    run: features:asker
    kind: service
    sockets: {ask: {type: REQ, connect: queue.frontend, codec: text}}
  queue:
    use: queue
    sockets:
      frontend: {type: ROUTER, bind: auto, codec: text}
      backend: {type: DEALER, bind: auto, codec: text}
  dealer:
    run: features:Dealer
    sockets: {work: {type: DEALER, connect: queue.backend, codec: text}}
  undertaker:
    run: features:undertaker
    sockets: {in: {type: PULL, bind: auto}}
"""
CODE = """
import asyncio
import json
from dataclasses import dataclass

from orchestrator.sdk import Answer, Ask, In, InOut, Node, Out, Peer, every, on

@dataclass
class Job:
    number: int

@dataclass
class Done:
    number: int
    half: float

@every("20ms")
def source(node, out: Out[Job]):
    number = node.counter("made").value
    node.counter("made").add()
    out.send(Job(int(number)), topic="test" if number % 10 == 9 else "job")

@every("50ms")
async def foul():
    await asyncio.sleep(0)
    return {"number": "not one"}

class Worker(Node):
    jobs: In[Job]
    done: Out[Done]
    asks: InOut[str, str]
    dead: Out[bytes]
    nobody: Out[str]
    missing: In[str] | None

    @dataclass
    class Params:
        limit: int

    async def setup(self):
        assert self.missing is None
        self.answers = 0

    async def on_jobs(self, job: Job, topic: str):
        assert type(job) is Job and topic == "job", (job, topic)
        self.done.send(Done(job.number, 1 / (job.number % self.params.limit)))

    @on("jobs", topic="test")
    def rehearsal(self, job):
        self.counter("rehearsals", "Jobs that are none.", kind="test").add()

    def on_asks(self, answer):
        self.answers += 1
        self.gauge("answers").set(self.answers)

    @every("30ms")
    async def ask(self):
        self.asks.send(["return", "reply", "peer", "later"][self.answers % 4])

    @every("100ms")
    async def push(self):
        assert not self.nobody.try_send("x") and not self.nobody.ready_to_send()
        try:
            await asyncio.wait_for(self.nobody.room(), 0.05)
        except TimeoutError:
            self.counter("no_room").add()

class Desk(Node):
    done: In[Done]
    asked: Answer[str, str]

    def setup(self):
        self.late = []

    def on_done(self, done):
        assert type(done) is Done and done.half in (1.0, 0.5)
        self.counter("halves", value=done.half).add()

    def on_asked(self, question, peer: Peer):
        match question:
            case "return":
                return "returned"
            case "reply":
                self.reply("replied")
            case "peer":
                peer.reply("to the peer")
            case "later":
                self.late.append(peer)

    @every("10ms")
    def answer(self):
        while self.late:
            self.late.pop().reply("later")

@every("20ms")
def asker(node, ask: Ask[str, str]):
    for how in ("return", "reply", "peer"):
        assert ask.request(how, timeout=5) == "by " + how
    node.counter("rounds").add()

class Dealer(Node):
    # behind a queue: what comes to its DEALER has the way back in front
    work: InOut[str, str]

    def on_work(self, how, peer):
        match how:
            case "return":
                return "by return"
            case "reply":
                self.reply("by reply")
            case "peer":
                peer.reply("by peer")

def undertaker(frames):
    print("buried", json.dumps([json.loads(frames[0]), [f.decode() for f in frames[1:]]]), flush=True)
"""


@pytest.fixture
def features(desk: Any) -> Iterator[Any]:
    desk.write(TOPOLOGY)
    desk.write(CODE, "features.py")
    assert desk.run("validate", "--import", "--ignore", "ZMQ203", "topology.yaml").returncode == 0
    yield desk
    desk.run("down", "features", code=None)


def test_all_of_it(features: Any) -> None:
    said = features.run("up", "-d", "topology.yaml", "--metrics", "0").stdout
    url = re.search(r"metrics at (http://127.0.0.1:\d+/metrics)", said).group(1)

    def scrape() -> dict[str, float]:
        with urllib.request.urlopen(url, timeout=10) as answer:
            text = answer.read().decode()
        return {
            f"{s.labels.get('instance_name', '')}.{s.labels.get('socket', '')} {s.name}": s.value
            for family in text_string_to_metric_families(text)
            for s in family.samples
        }

    wanted = (
        "source. made_total",
        "worker. rehearsals_total",
        "worker. no_room_total",
        "desk. halves_total",
        "asker. rounds_total",
        "worker.jobs orchestrator_socket_failed_messages_total",
        "worker.jobs orchestrator_socket_undecodable_messages_total",
        "worker.nobody orchestrator_socket_blocked_seconds_total",
    )
    until(lambda: (n := scrape()) and all(n.get(name, 0) > 0 for name in wanted), what=lambda: f"{scrape()}")
    until(lambda: scrape()["worker. answers"] >= 4, what=lambda: f"{scrape()}")
    status = json.loads(features.run("status", "--format", "json").stdout)
    rehearsals = next(m for m in status["meters"] if m["name"] == "rehearsals")
    assert (rehearsals["labels"], rehearsals["kind"]) == ({"kind": "test"}, "counter")

    def buried() -> list[Any]:
        lines = features.run("logs", "undertaker", "--format", "json").stdout.splitlines()
        texts = [json.loads(line)["text"] for line in lines]
        return [json.loads(text.removeprefix("buried ")) for text in texts if text.startswith("buried ")]

    until(lambda: {b[0]["reason"][:4] for b in buried()} == {"Zero", "no J"}, what=lambda: f"{buried()}")
    letters = buried()
    failed = next(letter for letter in letters if letter[0]["reason"].startswith("Zero"))
    assert failed[0]["reason"].startswith(
        "ZeroDivisionError: float division by zero (features.py:"
    ) or failed[0]["reason"].startswith("ZeroDivisionError: division by zero (features.py:")
    assert (failed[0]["node"], failed[0]["socket"], failed[1][0]) == ("worker", "jobs", "job")
    assert json.loads(failed[1][1])["number"] % 3 == 0
    unread = next(letter for letter in letters if letter[0]["reason"].startswith("no J"))
    assert unread[1] == ["job", '{"number":"not one"}']
    log = features.run("logs", "worker").stdout
    assert log.count("Traceback") == 1
