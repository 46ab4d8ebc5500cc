"""`delivery`, `wait_for` and the end of a stream, with real processes: the numbers add up."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.up_support import Up

pytestmark = pytest.mark.integration

PARTS = Path(__file__).parent / "delivery" / "parts.py"
MESSAGE = {"N": {"codec": "msgpack", "envelope": True}}


def source(socket: Mapping[str, Any], **params: Any) -> dict[str, Any]:
    return {
        "run": "parts:flood",
        "kind": "task",
        "params": params,
        "sockets": {"out": {"bind": "auto", "message": "N", **socket}},
    }


def sink(socket: Mapping[str, Any], *, replicas: int | None = None, **params: Any) -> dict[str, Any]:
    node = {
        "run": "parts:sink",
        "kind": "task",
        "params": params,
        "sockets": {"into": {"connect": "feed.out", "message": "N", **socket}},
    }
    return node if replicas is None else {**node, "replicas": replicas}


def run(tmp_path: Path, nodes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Bring the topology of tasks up, wait for its end; what each node told, by its name."""
    shutil.copy(PARTS, tmp_path / "parts.py")
    file = tmp_path / "topology.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "version": 1,
                "name": f"delivery-{os.urandom(4).hex()}",
                "messages": MESSAGE,
                "nodes": dict(nodes),
            }
        )
    )
    up = Up(file)
    try:
        assert up.finish() == 0, up.story()
        up.prove_clean()
    finally:
        up.end()
    lines = [line for name in up_units(up) for line in up.lines(name) if line.startswith("{")]
    return {told["node"]: told for told in map(json.loads, lines)}


def up_units(up: Up) -> set[str]:
    return {event["unit"] for event in up.seen if event.get("unit")}


def test_a_publisher_that_waits_for_its_subscribers_and_drops_nothing(tmp_path):
    told = run(
        tmp_path,
        {
            "feed": source({"type": "PUB", "delivery": "lossless", "wait_for": "all"}, count=20_000),
            "quick": sink({"type": "SUB", "subscribe": [""]}),
            "slow": sink({"type": "SUB", "subscribe": [""], "options": {"rcvhwm": 10}}, first=0.5),
        },
    )
    assert told["feed"]["sent"] == 20_000
    for name in ("quick", "slow"):
        assert (told[name]["count"], told[name]["ordered"]) == (20_000, True)
        assert "dropped" not in told[name]["senders"]["feed.out"]


def test_what_a_flood_loses_is_counted_for_each_subscriber(tmp_path):
    """sent = received + dropped, at a publisher that drops at its high-water mark (RFC 29)."""
    told = run(
        tmp_path,
        {
            "feed": source(
                {"type": "PUB", "delivery": "drop", "wait_for": "all", "options": {"sndhwm": 50}},
                count=30_000,
                size=1000,
                topics=["a", "b"],
            ),
            "quick": sink({"type": "SUB", "subscribe": [""]}),
            "half": sink({"type": "SUB", "subscribe": ["b"], "options": {"rcvhwm": 10}}, first=1.0),
            "slow": sink({"type": "SUB", "subscribe": [""], "options": {"rcvhwm": 10}}, first=1.0),
        },
    )
    assert told["feed"]["sent"] == 30_000
    for name, sent in (("quick", 30_000), ("half", 15_000), ("slow", 30_000)):
        account = told[name]["senders"]["feed.out"]
        assert told[name]["ordered"], name
        assert account["received"] == told[name]["count"], name
        assert account["received"] + account.get("dropped", 0) == sent, (name, told[name])
        assert "before" not in account, name
    assert told["slow"]["senders"]["feed.out"]["dropped"] > 0
    assert told["half"]["senders"]["feed.out"]["dropped"] > 0


def test_a_sender_that_drops_counts_what_it_drops(tmp_path):
    told = run(
        tmp_path,
        {
            "feed": source(
                {"type": "PUSH", "delivery": "drop", "wait_for": 1, "options": {"sndhwm": 10}},
                count=20_000,
                size=500,
            ),
            "slow": sink({"type": "PULL", "options": {"rcvhwm": 10}}, first=0.7),
        },
    )
    assert told["feed"]["dropped"] > 0
    assert told["feed"]["sent"] + told["feed"]["dropped"] == 20_000
    assert told["slow"]["count"] == told["feed"]["sent"]
    assert "dropped" not in told["slow"]["senders"]["feed.out"], (
        "it was never sent, and is the sender's to count"
    )


@pytest.mark.parametrize("types", [("PUB", "SUB"), ("PUSH", "PULL")])
def test_the_newest_message_always_arrives(tmp_path, types):
    told = run(
        tmp_path,
        {
            "feed": source(
                {"type": types[0], "delivery": "latest", "wait_for": "all"}, count=5000, pause=0.0001
            ),
            "slow": sink(
                {
                    "type": types[1],
                    "delivery": "latest",
                    **({"subscribe": [""]} if types[1] == "SUB" else {}),
                },
                slow=0.02,
                last=4999,
            ),
        },
    )
    assert told["slow"]["last"] == 4999
    assert told["slow"]["ordered"]
    assert told["slow"]["count"] < 2500, "it was to see the newest, not all"


def test_the_first_message_reaches_everyone_whatever_starts_first(tmp_path):
    chance = random.Random(5)
    delays = [round(chance.uniform(0, 0.4), 3) for _ in range(3)]
    told = run(
        tmp_path,
        {
            **{
                f"sink{n}": {
                    **sink({"type": "SUB", "subscribe": ["", "x"][n % 2 : n % 2 + 1] or [""]}),
                    "env": {"START_DELAY": str(delay)},
                }
                for n, delay in enumerate(delays)
            },
            "feed": source({"type": "PUB", "wait_for": "all"}, count=3, topics=["x"]),
        },
    )
    for n in range(3):
        assert told[f"sink{n}"]["first"] == 0
        assert told[f"sink{n}"]["count"] == 3
