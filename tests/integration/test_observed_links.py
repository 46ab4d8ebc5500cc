"""`ps --links`: what the file declares beside what real sockets do."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import Any

import pytest
import zmq
from project_support import Desk
from up_support import until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tables are those of Linux"),
]

NODES = '''
import time

def sink(message: bytes) -> None:
    """Takes."""

def source():
    while True:
        time.sleep(0.05)
        yield b"x"
'''
CONNECTS = f"""{sys.executable}, -c, "import sys, time, zmq; s = zmq.Context().socket(getattr(zmq, sys.argv[1])); s.connect(sys.argv[2]); time.sleep(1e6)" """


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def topology(nodes: str) -> str:
    return f"version: 1\nname: wires\ndefaults: {{heartbeat: {{interval: 100ms}}}}\nnodes:\n{nodes}"


@pytest.fixture
def wires(desk: Desk):
    (desk.directory / "nodes.py").write_text(NODES)
    yield desk
    desk.run("down", code=None)


def up(desk: Desk, nodes: str) -> None:
    desk.write(topology(nodes))
    desk.run("up", "-d", "topology.yaml")


def links(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.run("ps", "--links", "--format", "json").stdout)
    return found


def link(found: dict[str, Any], unit: str) -> dict[str, Any]:
    return next(link for link in found["links"] if link["connector"]["unit"] == unit)


def until_link(desk: Desk, unit: str, state: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def fits() -> bool:
        seen.clear()
        seen.update(link(links(desk), unit))
        return bool(seen["state"] == state)

    until(fits, what=lambda: f"{unit} never was {state}: {seen}")
    return seen


@pytest.mark.parametrize("address", ["auto", "tcp://127.0.0.1:*"])
def test_every_link_is_up(wires: Desk, address: str) -> None:
    up(
        wires,
        f"""
  sink: {{run: nodes:sink, sockets: {{in: {{type: PULL, bind: "{address}"}}}}}}
  source: {{run: nodes:source, replicas: 2, sockets: {{out: {{type: PUSH, connect: sink.in}}}}}}
  program: {{command: [{CONNECTS}, PUSH, "${{{{ sockets.out.address }}}}"], sockets: {{out: {{type: PUSH, connect: sink.in}}}}}}
""",
    )
    for unit in ("source-0", "source-1", "program"):
        until_link(wires, unit, "up")
    found = links(wires)
    assert (found["up"], found["declared"], found["strangers"]) == (3, 3, [])
    assert found["version"] == 1
    assert link(found, "source-0")["handshakes"] is None or link(found, "source-0")["handshakes"] >= 1
    assert "3 of 3 links are up" in wires.run("ps", "--links").stdout
    shown = [line.split() for line in wires.run("ps").stdout.splitlines()]
    column = shown[0].index("LINKS")
    assert {row[0]: row[column + 1] for row in shown[1:]} == {
        "sink": "3/3",
        "source-0": "1/1",
        "source-1": "1/1",
        "program": "1/1",
    }  # `SINCE` is two words


def test_a_program_that_opens_another_type_than_the_file_says(wires: Desk) -> None:
    up(
        wires,
        f"""
  sink: {{run: nodes:sink, sockets: {{in: {{type: PULL, bind: auto}}}}}}
  source: {{run: nodes:source, sockets: {{out: {{type: PUSH, connect: sink.in}}}}}}
  program: {{command: [{CONNECTS}, SUB, "${{{{ sockets.out.address }}}}"], sockets: {{out: {{type: PUSH, connect: sink.in}}}}}}
""",
    )
    failing = until_link(wires, "program", "failing")
    # who finds out first closes without a word; the other one sees the connection break off
    assert "socket types may not" in failing["reason"]
    assert "PUSH and PULL" in failing["reason"]
    assert "restart `program`" in failing["remedy"]
    assert until_link(wires, "source", "up")["failed"] == {}


def test_a_node_whose_binder_opens_another_type(wires: Desk) -> None:
    port = free_port()
    binds = f"""{sys.executable}, -c, "import time, zmq; s = zmq.Context().socket(zmq.REP); s.bind('tcp://127.0.0.1:{port}'); time.sleep(1e6)" """
    up(
        wires,
        f"""
  program: {{command: [{binds}], ready: {{tcp: in}}, sockets: {{in: {{type: PULL, bind: "tcp://127.0.0.1:{port}"}}}}}}
  source: {{run: nodes:source, sockets: {{out: {{type: PUSH, connect: program.in}}}}}}
""",
    )
    failing = until_link(wires, "source", "failing")
    assert failing["failed"].keys() <= {"types", "broken"}
    assert "PUSH and PULL" in failing["reason"]


def test_a_port_that_another_process_took(wires: Desk) -> None:
    port = free_port()
    up(
        wires,
        f"""
  program: {{command: [sleep, infinity], sockets: {{in: {{type: PULL, bind: "tcp://127.0.0.1:{port}"}}}}}}
  source: {{run: nodes:source, sockets: {{out: {{type: PUSH, connect: program.in}}}}}}
""",
    )
    down = until_link(wires, "source", "down")
    assert down["reason"] == f"nobody accepts connections at tcp://127.0.0.1:{port}"
    thief = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import zmq; s = zmq.Context().socket(zmq.PULL); s.bind('tcp://127.0.0.1:{port}'); s.poll()\nwhile True: s.recv()",
        ]
    )
    try:
        stolen = until_link(wires, "source", "failing")
        assert f"is held by pid {thief.pid} (" in stolen["reason"]
        assert stolen["reason"].endswith("not by `program`")
    finally:
        thief.kill()
        thief.wait()


@pytest.mark.parametrize("kind", ["tcp", "ipc"])
def test_a_peer_that_nobody_declared(wires: Desk, kind: str) -> None:
    address = f"tcp://127.0.0.1:{free_port()}" if kind == "tcp" else f"ipc://{wires.runtime}/in"
    up(
        wires,
        f"""
  sink: {{run: nodes:sink, sockets: {{in: {{type: PULL, bind: "{address}"}}}}}}
  source: {{run: nodes:source, sockets: {{out: {{type: PUSH, connect: sink.in}}}}}}
""",
    )
    until_link(wires, "source", "up")
    assert links(wires)["strangers"] == []
    tap = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import time, zmq; s = zmq.Context().socket(zmq.PUSH); s.connect('{address}'); time.sleep(1e6)",
        ]
    )
    try:
        until(lambda: bool(links(wires)["strangers"]), what=lambda: str(links(wires)))
        (stranger,) = links(wires)["strangers"]
        assert (stranger["pid"], stranger["address"]) == (tap.pid, address)
        assert stranger["socket"]["unit"] == "sink"
        assert "nobody declared it" in wires.run("ps", "--links").stdout
    finally:
        tap.kill()
        tap.wait()
    until(lambda: links(wires)["strangers"] == [], what=lambda: str(links(wires)))


def test_security_on_one_side_alone(wires: Desk) -> None:
    public, secret = "$", "$"
    while "$" in public + secret:  # would begin a variable in the file
        public, secret = (key.decode() for key in zmq.curve_keypair())
    port = free_port()
    binds = f"""{sys.executable}, -c, "import time, zmq; s = zmq.Context().socket(zmq.PULL); s.curve_server = True; s.curve_publickey = '{public}'.encode(); s.curve_secretkey = '{secret}'.encode(); s.bind('tcp://127.0.0.1:{port}'); time.sleep(1e6)" """
    up(
        wires,
        f"""
  program: {{command: [{binds}], ready: {{tcp: in}}, sockets: {{in: {{type: PULL, bind: "tcp://127.0.0.1:{port}"}}}}}}
  source: {{run: nodes:source, sockets: {{out: {{type: PUSH, connect: program.in}}}}}}
""",
    )
    # it tries again as long as the other side closes first
    until(lambda: "mechanism" in link(links(wires), "source")["failed"], what=lambda: str(links(wires)))
    failing = link(links(wires), "source")
    assert failing["state"] == "failing"
    assert "security (CURVE or PLAIN)" in failing["reason"]


def test_a_link_comes_back_with_its_binder(wires: Desk) -> None:
    up(
        wires,
        """
  sink: {run: nodes:sink, sockets: {in: {type: PULL, bind: auto}}}
  source: {run: nodes:source, sockets: {out: {type: PUSH, connect: sink.in}}}
""",
    )
    until_link(wires, "source", "up")
    wires.run("stop", "-t", "wires", "sink")
    down = until_link(wires, "source", "down")
    assert down["reason"].startswith("`sink` is ")
    wires.run("start", "-t", "wires", "sink")
    until(lambda: (until_link(wires, "source", "up")["handshakes"] or 0) >= 2, what=lambda: str(links(wires)))
