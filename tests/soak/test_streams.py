"""The beginnings and the ends of streams, hundreds of times: nobody misses the first message or the last."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.up_support import CLI, Up

pytestmark = pytest.mark.soak

PARTS = Path(__file__).parents[1] / "integration" / "delivery" / "parts.py"
BEGINNINGS = int(os.environ.get("SOAK_BEGINNINGS", "200"))
STOPS = int(os.environ.get("SOAK_STOPS", "500"))
MESSAGES = {"N": {"codec": "msgpack", "envelope": True}}


def up(directory: Path, nodes: dict[str, Any]) -> Up:
    shutil.copy(PARTS, directory / "parts.py")
    file = directory / "topology.yaml"
    name = f"streams-{os.urandom(4).hex()}"
    file.write_text(yaml.safe_dump({"version": 1, "name": name, "messages": MESSAGES, "nodes": nodes}))
    return Up(file)


def told(run: Up) -> list[dict[str, Any]]:
    texts = [e["text"] for e in run.seen if e["event"] == "output" and e["text"].startswith("{")]
    return [json.loads(text) for text in texts]


@pytest.mark.timeout(3600)
def test_the_first_message_is_never_missed(tmp_path):
    chance = random.Random(int(os.environ.get("SOAK_SEED", "1")))
    for number in range(BEGINNINGS):
        directory = tmp_path / str(number)
        directory.mkdir()
        replicas = [chance.randint(1, 3) for _ in range(chance.randint(1, 3))]
        nodes: dict[str, Any] = {
            f"sink{n}": {
                "run": "parts:sink",
                "kind": "task",
                "replicas": count,
                "env": {"START_DELAY": str(round(chance.uniform(0, 0.2), 3))},
                "sockets": {
                    "into": {
                        "type": "SUB",
                        "connect": "feed.out",
                        "message": "N",
                        "subscribe": chance.choice([[""], ["x"]]),
                    }
                },
            }
            for n, count in enumerate(replicas)
        }
        nodes["feed"] = {
            "run": "parts:flood",
            "kind": "task",
            "params": {"count": 3, "topics": ["x"]},
            "env": {"START_DELAY": str(round(chance.uniform(0, 0.2), 3))},
            "sockets": {
                "out": {
                    "type": "PUB",
                    "bind": chance.choice(["auto", "tcp://127.0.0.1:*"]),
                    "message": "N",
                    "wait_for": "all",
                }
            },
        }
        order = list(nodes)
        chance.shuffle(order)
        run = up(directory, {name: nodes[name] for name in order})
        try:
            assert run.finish() == 0, run.story()
        finally:
            run.end()
        got = {t["node"]: t for t in told(run)}
        assert len(got) == sum(replicas) + 1, (number, run.story())
        for name, one in got.items():
            assert (one["first"], one["count"]) == (0, 3), (number, name, one)
        shutil.rmtree(directory)


@pytest.mark.parametrize("bind", ["auto", "tcp://127.0.0.1:*"], ids=["ipc", "tcp"])
@pytest.mark.timeout(3600)
def test_stops_under_flood_lose_nothing(tmp_path, bind):
    """libzmq issue 4660: the tail of an ipc stream is lost where the reader is at its high-water mark."""
    run = up(
        tmp_path,
        {
            "feed": {
                "run": "parts:endless",
                "sockets": {
                    "out": {
                        "type": "PUSH",
                        "connect": "sink.into",
                        "message": "N",
                        "options": {"sndhwm": 100},
                    }
                },
            },
            "sink": {
                "run": "parts:counting_sink",
                "sockets": {
                    "into": {"type": "PULL", "bind": bind, "message": "N", "options": {"rcvhwm": 100}}
                },
            },
        },
    )
    try:
        run.wait_ready()
        project = yaml.safe_load((tmp_path / "topology.yaml").read_text())["name"]
        for _ in range(STOPS):
            subprocess.run([*CLI, "restart", "feed", "-t", project], check=True, capture_output=True)
        subprocess.run([*CLI, "stop", "feed", "-t", project], check=True, capture_output=True)
        run.wait_line("sink", f"{STOPS + 1} streams ended")
        assert run.stop() == 0
    finally:
        run.end()
    last = [e["text"] for e in run.seen if e["event"] == "output" and "streams ended" in e["text"]][-1]
    ended, dropped = (int(word) for word in last.split() if word.isdigit())
    assert (ended, dropped) == (STOPS + 1, 0)
