"""Metrics of a running topology, as Prometheus reads them, and the alert rules on top of them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from up_support import until

pytestmark = pytest.mark.integration

ALERTS = Path(__file__).parents[2] / "docs/examples/alerts.yaml"
LAB = """
version: 1
name: lab
nodes:
  feed:
    run: lab:feed
    sockets: {out: {type: PUSH, bind: auto, codec: text}}
  sink:
    run: lab:sink
    sockets: {in: {type: PULL, connect: feed.out, codec: text}}
  program: {command: [sleep, infinity], restart: {policy: on-failure, backoff: {initial: 10ms}}}
"""
CODE = """
import time

def feed():
    while True:
        yield "12345"
        time.sleep(0.01)

def sink(text):
    pass
"""


def scrape(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found, name, **labels):
    return found[(name, *sorted({"project": "lab", **labels}.items()))]


@pytest.fixture
def lab(desk):
    desk.write(LAB)
    desk.write(CODE, "lab.py")
    yield desk
    desk.run("down", "lab", code=None)


def served(desk):
    said = desk.run("up", "-d", "topology.yaml", "--metrics", "0").stdout
    return re.search(r"metrics at (http://127.0.0.1:\d+/metrics)", said).group(1)


def test_states_restarts_and_traffic_are_measured(lab):
    url = served(lab)
    sent = {"node": "feed", "instance_name": "feed", "socket": "out"}

    def flows():
        found = scrape(url)
        key = ("orchestrator_socket_sent_messages_total", *sorted({"project": "lab", **sent}.items()))
        return found.get(key, 0) > 10

    until(flows, what="nothing was sent")
    found = scrape(url)
    messages = value(found, "orchestrator_socket_sent_messages_total", **sent)
    assert value(found, "orchestrator_socket_sent_bytes_total", **sent) == 5 * messages
    assert value(found, "orchestrator_topology_up") == 1
    program = {"node": "program", "unit": "program"}
    assert value(found, "orchestrator_unit_state", state="ready", **program) == 1
    assert value(found, "orchestrator_unit_state", state="failed", **program) == 0
    assert value(found, "orchestrator_unit_memory_bytes", **program) > 0
    assert value(found, "orchestrator_unit_heartbeat_age_seconds", node="sink", unit="sink") < 60
    assert value(found, "orchestrator_unit_links_declared", node="sink", unit="sink") == 1
    lab.run("kill", "program")
    lab.until_unit("program", restarts=1, state="ready")
    assert value(scrape(url), "orchestrator_unit_restarts_total", **program) == 1


def test_the_end_of_the_topology_frees_the_port(lab):
    url = served(lab)
    lab.run("down")
    with pytest.raises(urllib.error.URLError):
        scrape(url)


def test_a_port_that_is_taken_is_told_and_starts_nothing(lab):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        refused = lab.run("up", "topology.yaml", "--metrics", str(port), code=1)
    assert f"metrics cannot be served at 127.0.0.1:{port}" in refused.stderr


@pytest.mark.parametrize("address", ["x", "localhost", "1:2:3", "70000", "::1:80"])
def test_what_is_no_address_is_a_usage_error(lab, address):
    assert "no address" in lab.run("up", "topology.yaml", "--metrics", address, code=2).stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool (Debian: prometheus)")
class TestAlerts:
    def test_prometheus_takes_the_metrics(self, lab):
        with urllib.request.urlopen(served(lab), timeout=10) as answer:
            text = answer.read()
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, check=False
        )
        assert checked.returncode == 0, checked.stderr.decode()
        assert checked.stderr == b""

    def test_prometheus_takes_the_rules(self):
        checked = subprocess.run(
            ["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr
        assert "SUCCESS: 11 rules found" in checked.stdout

    def test_the_rules_fire_when_they_should_and_not_else(self, tmp_path):
        tests = tmp_path / "tests.yaml"
        tests.write_text(RULE_TESTS.replace("RULES", os.fspath(ALERTS)))
        checked = subprocess.run(
            ["promtool", "test", "rules", str(tests)], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


RULE_TESTS = """
rule_files: [RULES]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'orchestrator_topology_up{project="lab"}', values: '1 1 1 0 0 0 0 1 1 1'}
      - {series: 'orchestrator_unit_state{project="lab",node="a",unit="a",state="failed"}', values: '0 0 0 1 1 1 1 0 0 0'}
      - {series: 'orchestrator_unit_restarts_total{project="lab",node="b",unit="b"}', values: '0 0 0 0 5 5 5 5 5 5'}
      - {series: 'orchestrator_unit_heartbeat_age_seconds{project="lab",node="c",unit="c"}', values: '1 1 1 1 20 1 1 1 1 1'}
      - {series: 'orchestrator_unit_links_up{project="lab",node="c",unit="c"}', values: '2 2 2 1 1 1 1 2 2 2'}
      - {series: 'orchestrator_unit_links_declared{project="lab",node="c",unit="c"}', values: '2 2 2 2 2 2 2 2 2 2'}
      - {series: 'orchestrator_link_received_messages_total{project="lab",sender="a.out",receiver="b.in"}', values: '0+60x9'}
      - {series: 'orchestrator_link_dropped_messages_total{project="lab",sender="a.out",receiver="b.in"}', values: '0+20x9'}
      - {series: 'orchestrator_link_received_messages_total{project="lab",sender="a.out",receiver="c.in"}', values: '0+80x9'}
      - {series: 'orchestrator_link_dropped_messages_total{project="lab",sender="a.out",receiver="c.in"}', values: '0+0x9'}
    alert_rule_test:
      - eval_time: 6m
        alertname: LinkLosesMessages
        exp_alerts:
          - exp_labels: {severity: warning, project: lab, sender: a.out, receiver: b.in}
            exp_annotations:
              summary: b.in of lab misses 25% of the messages of a.out
              description: "It is slower than they come. `orchestrator doctor lab` says what helps. With `delivery: latest` this is meant to be."
      - {eval_time: 2m, alertname: TopologyNotReady, exp_alerts: []}
      - {eval_time: 2m, alertname: NodeFailed, exp_alerts: []}
      - {eval_time: 3m, alertname: NodeRestartsOften, exp_alerts: []}
      - {eval_time: 3m, alertname: HeartbeatLate, exp_alerts: []}
      - {eval_time: 2m, alertname: LinkDown, exp_alerts: []}
      - eval_time: 5m
        alertname: TopologyNotReady
        exp_alerts:
          - exp_labels: {severity: warning, project: lab}
            exp_annotations:
              summary: lab has not been ready for a minute
              description: "`orchestrator status lab` says who is not, and why."
      - eval_time: 5m
        alertname: LinkDown
        exp_alerts:
          - exp_labels: {severity: warning, project: lab, node: c, unit: c}
            exp_annotations:
              summary: c of lab has links that are not up
              description: "`orchestrator ps --links lab` says which, and why."
      - eval_time: 4m
        alertname: HeartbeatLate
        exp_alerts:
          - exp_labels: {severity: warning, project: lab, node: c, unit: c}
            exp_annotations:
              summary: c of lab has not answered for 20s
              description: Its process is frozen, or its host is overloaded.
"""
