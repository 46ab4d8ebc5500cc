"""The nodes of the pattern topologies beside this file, as far as they are no stock nodes."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.sdk import Node, NodeContext, Peer, Socket


def clock(question: dict[str, Any], node: NodeContext) -> dict[str, Any]:
    """request-reply.yaml, queue.yaml: the reply to each question."""
    return {"time": time.strftime(question["format"]), "by": node.name}


def station(node: NodeContext, readings: Socket, rate: float) -> None:
    """publish-subscribe.yaml: one made-up reading after the other, under its topic."""
    values = {"temperature": 21.0, "humidity": 55.0, "wind": 4.0}
    while node.sleep(1 / rate):
        topic = random.choice(list(values))
        values[topic] = abs(values[topic] + random.uniform(-0.5, 0.5))
        readings.send(round(values[topic], 1), topic=topic)


def ventilator(jobs: int) -> Iterator[dict[str, int]]:
    """pipeline.yaml: each value that is yielded is sent; the task is done at the end."""
    yield from ({"number": number} for number in range(jobs))


class Worker(Node):
    """pipeline.yaml: works until it is told that the work is done."""

    def on_jobs(self, job: dict[str, int]) -> None:
        self.sleep(0.02)
        self.sockets.results.send({"number": job["number"], "by": self.name})

    def on_finish(self, _word: str) -> None:
        self.stop()


class Sink(Node):
    """pipeline.yaml: counts the results by worker, and tells the workers when all are there."""

    @dataclass
    class Params:
        jobs: int

    def setup(self) -> None:
        self.counts: Counter[str] = Counter()

    def on_results(self, result: dict[str, Any]) -> None:
        self.counts[result["by"]] += 1
        if self.counts.total() == self.params.jobs:
            print(", ".join(f"{worker}: {count} jobs" for worker, count in sorted(self.counts.items())))
            self.sockets.finish.send("done")
            self.stop()


class Client(Node):
    """router-dealer.yaml: sends without waiting, and takes the replies as they come."""

    @dataclass
    class Params:
        rate: float

    def run(self) -> None:
        number = 0
        while self.sleep(1 / self.params.rate):
            number += 1
            self.sockets.service.send({"number": number})
            while (reply := self.sockets.service.take()) is not None:
                print(reply[0])


def square(request: dict[str, int], peer: Peer) -> dict[str, int]:
    """router-dealer.yaml: what is returned goes back to the peer that asked."""
    return {"number": request["number"], "square": request["number"] ** 2}


def count(node: NodeContext, next: Socket) -> None:  # noqa: A002 - named after its socket
    """pair-line.yaml: the beginning of the line."""
    number = 0
    while node.sleep(0.5):
        next.send(number)
        number += 10


def add_one(previous: Socket, next: Socket) -> None:  # noqa: A002 - named after its socket
    """pair-line.yaml: the step in the middle; a socket is iterated over until the node is to stop."""
    for number in previous:
        next.send(number + 1)
