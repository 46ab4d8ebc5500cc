"""The resolved topology means what the file means, is clean where that is, and is its own resolved form."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.app.config import resolve_file, write
from orchestrator.diagnostics import Diagnostic
from orchestrator.errors import RunError
from orchestrator.model.links import links
from orchestrator.model.load import load
from orchestrator.model.types import Topology
from orchestrator.planning import build
from orchestrator.rules import run
from orchestrator.span import Span

ROOT = Path(__file__).parents[3]
REAL = sorted((ROOT / "tests/cases/real").glob("*.yaml"))
EXAMPLES = sorted((ROOT / "topologies").glob("*.yaml"))

SECRETS = re.compile(r"(curve_secretkey|plain_password): *(\"[^\"]*\"|'[^']*'|[^,}\n]*)")

RICH = """\
version: 1
name: rich
description: "Costs $${5} and $${{ nothing }}"
messages:
  Tick: {codec: json, schema: {type: object, properties: {password: {type: string}}}}
  Order: {codec: protobuf, schema: protos/order.proto, type: t.Order}
endpoints:
  exchange: {address: "tcp://10.0.0.5:9000", type: PUB, external: true}
  shared: {address: "ipc://${{ run.dir }}/shared"}
defaults:
  heartbeat: {interval: 200ms, stall: 5s}
  restart: {policy: always, backoff: {factor: 1.5}}
  env: {LEVEL: "${LEVEL:-info}", GONE: x}
  options: {sndhwm: 10, linger: 0}
  cwd: work
x-mine: {a: 1}
nodes:
  feed:
    run: m:Feed
    params: {symbols: [AAPL], api_key: abc, nested: [{token: 5}], at: "${{ sockets.ticks.address }}"}
    sockets:
      raw: {type: SUB, connect: exchange, subscribe: ""}
      ticks: {type: PUB, bind: "tcp://*:5556", message: Tick, topics: AAPL}
    stop: {signal: SIGINT, grace: 1m30s, ok_exit: [3]}
    env: {GONE: , PORT: 010, DB_PASSWORD: hunter2}
  strategy:
    command: 'run --i ${{ replica.index }} --n "${{ node.name }}" --password=hunter2 --token hunter2 $${{ x }}
      --db ${DB_PASSWORD} ${{ nodes.feed.sockets.ticks.port }} ${{ nodes.out.sockets.in.address }}'
    replicas: 3
    min_replicas: 2
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [AAPL]}
      orders: {type: PUSH, bind: ["tcp://127.0.0.1:6000", "ipc:///tmp/o"], options: {sndhwm: 5}}
    depends_on: {feed: healthy}
    ready: {tcp: [orders, 80], interval: 50ms}
    health: {exec: "check it", retries: 5}
  out:
    command: [sink, "${{ sockets.in.addresses }}"]
    kind: task
    timeout: 1h
    done: {log: "done ${{ topology.name }}"}
    ready: {zmq: {socket: in, send: "a\\nb"}}
    sockets:
      in: {type: PULL, connect: strategy.orders}
      back: {type: PAIR, bind: auto}
    expendable: true
    profiles: [dev]
    labels: {a: b}
"""


def resolved_text(text: str, file: str = "t.yaml", environ: Mapping[str, str] | None = None) -> str:
    found = resolve_file(file, text=text, environ=environ or {})
    assert found.data is not None, found.findings
    return write(found.data, "yaml")


def loaded(text: str, environ: Mapping[str, str] | None = None) -> Topology:
    found = load("t.yaml", text=text, environ=environ or {})
    assert found.topology is not None, found.diagnostics
    return found.topology


def without_places(value: Any) -> Any:
    """A value without the spans and paths in it, which say where it was written."""
    if isinstance(value, Span) or callable(value):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [f.name for f in dataclasses.fields(value) if f.name not in ("path", "span")]
        return {name: without_places(getattr(value, name)) for name in fields}
    if isinstance(value, Mapping):
        return {key: without_places(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [without_places(item) for item in value]
    return value


def plan_of(topology: Topology) -> Any:
    """What would be run: the whole meaning of a topology."""
    ports = iter(range(40000, 60000))
    plan = build(
        topology,
        run_dir="/run/x",
        environ={},
        pick_port=lambda *_: next(ports),
        read_text=lambda _: "",
    )
    return without_places(plan)


def links_of(topology: Topology) -> list[tuple[str | None, str | None]]:
    return [(x.binder and x.binder.ref, x.connector and x.connector.ref) for x in links(topology)]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestTheSameMeaning:
    @pytest.mark.parametrize("file", [*EXAMPLES, *REAL], ids=lambda file: file.stem)
    def test_for_every_topology_there_is(self, file: Path) -> None:
        text = SECRETS.sub(r'\1: "***"', file.read_text())
        before = load("t.yaml", text=text, environ={})
        assert before.topology is not None
        written = resolved_text(text)
        after = loaded(written)
        assert plan_of(after) == plan_of(before.topology)
        assert links_of(after) == links_of(before.topology)
        assert resolved_text(written) == written
        codes = lambda found: sorted({(d.code, d.severity) for d in found})  # noqa: E731
        assert set(codes(run(after))) <= set(codes((*before.diagnostics, *run(before.topology))))

    def test_for_one_that_has_it_all(self) -> None:
        environ = {"DB_PASSWORD": "***"}
        plain = RICH.replace("hunter2", "***").replace("api_key: abc", "api_key: '***'")
        plain = plain.replace("token: 5", "token: '***'").replace("DB_PASSWORD: ***", "DB_PASSWORD: '***'")
        written = resolved_text(RICH, environ=environ)
        assert plan_of(loaded(written)) == plan_of(loaded(plain, environ))
        assert resolved_text(written) == written

    def test_json_is_the_same(self) -> None:
        found = resolve_file("t.yaml", text=RICH, environ={"DB_PASSWORD": "x"})
        assert found.data is not None
        as_json = write(found.data, "json")
        json.loads(as_json)
        assert resolved_text(as_json) == write(found.data, "yaml")


class TestWhatIsFilledIn:
    def data(self) -> Any:
        return resolve_file("t.yaml", text=RICH, environ={"DB_PASSWORD": "hunter3"}).data

    def test_defaults_are_in_their_places(self) -> None:
        data = self.data()
        assert "defaults" not in data
        feed = data["nodes"]["feed"]
        assert feed["heartbeat"] == {"interval": "200ms", "liveness": 3, "stall": "5s"}
        assert feed["restart"]["backoff"] == {"initial": "100ms", "factor": 1.5, "max": "10s", "jitter": 0.1}
        assert feed["stop"] == {"signal": "SIGINT", "grace": "90s", "ok_exit": [3]}
        assert feed["sockets"]["ticks"]["options"] == {"sndhwm": 10, "linger": 0}
        assert data["nodes"]["strategy"]["sockets"]["orders"]["options"] == {"linger": 0, "sndhwm": 5}
        assert feed["env"] == {"LEVEL": "info", "PORT": "010", "DB_PASSWORD": "***"}
        assert feed["cwd"] == str(Path.cwd() / "work")
        assert data["messages"]["Order"]["schema"] == str(Path.cwd() / "protos/order.proto")

    def test_expressions_are_evaluated_where_one_value_holds_for_all(self) -> None:
        data = self.data()
        assert data["nodes"]["feed"]["params"]["at"] == "tcp://*:5556"
        command = data["nodes"]["strategy"]["command"]
        assert command[:5] == ["run", "--i", "${{ replica.index }}", "--n", "strategy"]
        assert command[-2:] == ["5556", "tcp://127.0.0.1:6000"]
        assert "$${{ x }}" in command
        assert data["nodes"]["out"]["done"]["log"] == "done rich"

    def test_addresses_of_replicas_are_told(self) -> None:
        data = self.data()
        sockets = data["nodes"]["strategy"]["sockets"]
        assert sockets["orders"]["bind"] == ["tcp://127.0.0.1:6000", "ipc:///tmp/o"]
        assert sockets["orders"]["x-addresses"] == {
            f"strategy-{i}": [f"tcp://127.0.0.1:{6000 + i}", f"ipc:///tmp/o-{i}"] for i in range(3)
        }
        assert sockets["ticks"]["x-addresses"]["strategy-2"] == ["tcp://127.0.0.1:5556"]
        assert "x-addresses" not in data["nodes"]["feed"]["sockets"]["ticks"]
        assert "x-addresses" not in data["nodes"]["out"]["sockets"]["back"]

    def test_an_address_that_only_a_run_can_tell_stays_open(self) -> None:
        text = """\
version: 1
name: a
nodes:
  one: {command: [a, "${{ sockets.o.address }}", "${{ nodes.two.sockets.i.address }}", "${{ run.dir }}"],
        sockets: {o: {type: PUSH, bind: auto}}}
  two: {command: [b, "${{ sockets.i.address }}"], sockets: {i: {type: PULL, connect: one.o},
        w: {type: PULL, bind: "tcp://127.0.0.1:*"}, r: {type: PULL, bind: "ipc://${{ run.dir }}/x"}}}
"""
        data: Any = resolve_file("t.yaml", text=text, environ={}).data
        words = [word for node in data["nodes"].values() for word in node["command"]]
        assert sum("${{" in word for word in words) == 4
        assert all("x-addresses" not in s for n in data["nodes"].values() for s in n["sockets"].values())


class TestSecrets:
    def test_no_secret_is_told(self) -> None:
        text = (
            RICH
            + "  x:\n    run: m:x\n    stdin: ${GITHUB_TOKEN:-hunter2}\n"
            + (
                "    sockets: {s: {type: PUB, bind: auto, options: {plain_password: hunter2, "
                f"curve_secretkey: {'hunter2' * 5}12345}}}}}}\n"
            )
        )
        written = resolved_text(text, environ={"DB_PASSWORD": "hunter2"})
        assert "hunter2" not in written
        assert "abc" not in written
        assert written.count("***") == 9
        assert "password:\n" in written, "a schema's property is no secret"
        assert [d.code for d in findings(written)] == [d.code for d in findings(text)]

    def test_a_secret_that_cannot_be_hidden_is_refused(self) -> None:
        text = "version: 1\nname: a\nnodes:\n  a:\n    run: m:a\n    replicas: ${SECRET}\n"
        assert load("t.yaml", text=text, environ={"SECRET": "3"}).topology is not None
        with pytest.raises(RunError, match="can't be hidden"):
            resolve_file("t.yaml", text=text, environ={"SECRET": "3"})


def findings(text: str) -> list[Diagnostic]:
    found = load("t.yaml", text=text, environ={"DB_PASSWORD": "x"})
    assert found.topology is not None
    return [d for d in run(found.topology) if d.code in ("ZMQ110", "ZMQ111", "ZMQ112", "ZMQ113")]
