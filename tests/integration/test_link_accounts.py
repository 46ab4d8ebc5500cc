"""Where messages went, as those see it who look from outside: `ps --links`, the metrics, the journal. The numbers
add up for each receiver, after the end of the nodes and of the topology."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from project_support import Desk
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.integration

PARTS = Path(__file__).parent / "delivery" / "parts.py"
FLOOD = """
version: 1
name: accounts
messages: {N: {codec: msgpack, envelope: true}}
nodes:
  feed:
    run: parts:flood
    kind: task
    params: {count: 20000, size: 1000, topics: [a, b]}
    sockets: {out: {type: PUB, bind: auto, message: N, delivery: drop, wait_for: all, options: {sndhwm: 50}}}
  quick:
    run: parts:sink
    kind: task
    sockets: {into: {type: SUB, connect: feed.out, message: N, subscribe: [""]}}
  half:
    run: parts:sink
    kind: task
    params: {first: 0.7}
    sockets: {into: {type: SUB, connect: feed.out, message: N, subscribe: [b], options: {rcvhwm: 10}}}
  slow:
    run: parts:sink
    kind: task
    params: {first: 0.7}
    sockets: {into: {type: SUB, connect: feed.out, message: N, subscribe: [""], options: {rcvhwm: 10}}}
  pusher:
    run: parts:flood
    kind: task
    params: {count: 5000, size: 500}
    sockets: {out: {type: PUSH, bind: auto, message: N, delivery: drop, wait_for: all, options: {sndhwm: 10}}}
  puller:
    run: parts:sink
    kind: task
    params: {first: 0.7}
    sockets: {into: {type: PULL, connect: pusher.out, message: N, options: {rcvhwm: 10}}}
  keeper: {command: [sleep, infinity]}
"""
SENT = {"quick": 20_000, "half": 10_000, "slow": 20_000}


def flows(desk: Desk) -> dict[str, dict[str, Any]]:
    found = json.loads(desk.run("ps", "--links", "--format", "json").stdout)
    return {flow["receiver"]: flow for link in found["links"] for flow in link["flows"]}


def measured(url: str) -> dict[tuple[str, str], float]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {
        (sample.name, sample.labels.get("receiver", sample.labels.get("instance_name", ""))): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_numbers_add_up(desk: Desk):
    shutil.copy(PARTS, desk.directory / "parts.py")
    desk.write(FLOOD)
    said = desk.run("up", "-d", "topology.yaml", "--metrics", "0").stdout
    try:
        for unit in ("quick", "half", "slow", "puller"):
            desk.until_unit(unit, state="exited")
        told = flows(desk)
        for name, sent in SENT.items():
            flow = told[f"{name}.into"]
            assert (flow["sender"], flow["sent"], flow["partial"]) == ("feed.out", 20_000, name == "half")
            assert flow["before"] == flow["unsent"] == 0
            assert flow["received"] + flow["dropped"] == sent, flow
        assert told["slow.into"]["lost"] == told["slow.into"]["dropped"] > 0
        pushed = told["puller.into"]
        assert pushed["received"] == pushed["sent"]
        assert pushed["sent"] + pushed["unsent"] == 5_000
        assert pushed["lost"] == pushed["unsent"] > 0
        text = desk.run("ps", "--links").stdout
        assert f"{told['slow.into']['dropped']:,} !" in text
        assert "slow.into has missed" in text

        numbers = measured(re.search(r"metrics at (http://127.0.0.1:\d+/metrics)", said).group(1))
        for name in SENT:
            receiver = f"{name}.into"
            for key in ("received", "dropped", "reordered", "late"):
                assert numbers[f"orchestrator_link_{key}_messages_total", receiver] == told[receiver][key]
        assert numbers["orchestrator_link_max_lag_seconds", "slow.into"] > 0
        assert numbers["orchestrator_socket_dropped_messages_total", "pusher"] == pushed["unsent"]
    finally:
        desk.run("down", code=None)

    events = desk.run("events", "--kind", "messages_lost", "--format", "json").stdout
    lost = {event["receiver"]: event for event in map(json.loads, events.splitlines())}
    for name, sent in SENT.items():
        if told[f"{name}.into"]["dropped"]:
            event = lost[f"{name}.into"]
            assert (event["sender"], event["sent"]) == ("feed.out", sent)
            assert event["received"] + event["dropped"] == sent
            assert event["dropped"] == told[f"{name}.into"]["dropped"]
    assert lost["puller.into"]["unsent"] == pushed["unsent"]
    assert lost["puller.into"]["left"] == 0
