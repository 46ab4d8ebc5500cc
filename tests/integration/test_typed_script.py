"""A script that declares sockets and types in nodes of its own, which travel to their processes by value."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

SCRIPT = """
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestrator import Topology
from orchestrator.sdk import In, Node, Out, every


@dataclass
class Job:
    number: int


@every("20ms")
def source(node, out: Out[Job]):
    counter = node.counter("made")
    counter.add()
    out.send(Job(int(counter.value)))


def own(jobs: In[Job], done: Out[Job]):
    for job in jobs:
        done.send(Job(job.number * 2))


class Sink(Node):
    done: In[Job]

    @dataclass
    class Params:
        mode: Literal["fast", "safe"]

    def on_done(self, job: Job):
        assert type(job) is Job and self.params.mode == "fast"
        print("got", job.number, flush=True)


topology = Topology("typed", messages={"Job": {"codec": "json"}})
job = {"message": "Job"}
topology.node("source", source, sockets={"out": {"type": "PUSH", "connect": "own.jobs", **job}})
topology.node(
    "own",
    own,
    sockets={"jobs": {"type": "PULL", "bind": "auto", **job}, "done": {"type": "PUSH", "connect": "sink.done", **job}},
)
topology.node("sink", Sink, params={"mode": "fast"}, sockets={"done": {"type": "PULL", "bind": "auto", **job}})
assert not topology.check(), topology.check()
with topology.up() as system:
    system.wait_ready(timeout=20)
    system.wait_for(lambda event: getattr(event, "text", "") == "got 4", timeout=20)
"""


def test_a_script_with_typed_nodes_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
