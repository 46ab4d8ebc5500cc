"""Every kind of change, what is no change, and what is recognised under another name."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.comparison import KINDS, Class, Comparison, compare
from orchestrator.model.load import load
from orchestrator.model.types import Topology

BASE = """\
version: 1
name: base
description: Base.
messages:
  Tick: {codec: json, schema: {type: object, required: [a, b], properties: {a: {type: string, description: A}}}}
  Order: {codec: protobuf, schema: o.proto, type: t.Order}
  Unused: {codec: json}
endpoints:
  exchange: {address: "tcp://10.0.0.5:9000", type: PUB, external: true}
nodes:
  feed:
    run: m:Feed
    params: {symbols: [A, B], api_key: one}
    sockets:
      raw: {type: SUB, connect: exchange, subscribe: [a, b]}
      ticks: {type: PUB, bind: "tcp://127.0.0.1:5556", message: Tick, topics: [A, B]}
  strategy:
    command: [strategy, "--at", "${{ nodes.feed.sockets.ticks.address }}", "${{ sockets.ticks.address }}"]
    replicas: 2
    sockets:
      ticks: {type: SUB, connect: feed.ticks, subscribe: [A], options: {sndhwm: 5, curve_serverkey: K}}
      orders: {type: PUSH, connect: gateway.orders, message: Order}
    depends_on: [gateway]
    ready: {tcp: orders}
    env: {LEVEL: info, DB_PASSWORD: one}
    labels: {team: a}
    profiles: [x, y]
    description: Trades.
  gateway:
    command: gate
    sockets: {orders: {type: PULL, bind: auto, message: Order}}
  alone: {use: forwarder}
  job: {run: "m:job", kind: task, timeout: 5s, resources: {nice: 5, memory: 1GiB}, process: p, stdin: a, cwd: d}
"""


def topology(text: str, file: str = "t.yaml") -> Topology:
    found = load(file, text=text, environ={})
    assert found.topology is not None, found.diagnostics
    return found.topology


def changed(*edits: tuple[str, str], base: str = BASE) -> Comparison:
    text = base
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return compare(topology(base), topology(text, "u.yaml"))


def told(comparison: Comparison) -> list[tuple[str, str, str]]:
    return [(c.key, c.subject, c.message) for c in comparison.changes]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


SAMPLES = [
    ("type", [("type: PUB, external", "type: XPUB, external")], "endpoint exchange", "type: PUB → XPUB"),
    ("type", [("{type: PUB, bind", "{type: XPUB, bind")], "feed.ticks", "type: PUB → XPUB"),
    ("payload", [("Tick: {codec: json", "Tick: {codec: msgpack")], "message Tick", "codec: json → msgpack"),
    ("payload", [("type: t.Order", "type: t.Buy")], "message Order", "type: t.Order → t.Buy"),
    ("payload", [(", message: Tick", "")], "feed.ticks", "codec: json → raw"),
    ("payload", [("message: Tick", "message: Order")], "feed.ticks", "codec: json → protobuf"),
    ("schema", [("o.proto", "p.proto")], "message Order", "schema: o.proto → p.proto"),
    ("schema", [("{type: string,", "{type: integer,")], "message Tick",
     "schema.properties.a.type: string → integer"),
    ("schema-notes", [("description: A}", "description: B}")], "message Tick",
     "schema.properties.a.description: A → B"),
    ("wire-option", [("serverkey: K", "serverkey: L")], "strategy.ticks", "options.curve_serverkey: K → L"),
    ("topics-removed", [("topics: [A, B]", "topics: [A]")], "feed.ticks", "topics not sent any more: 'B'"),
    ("topics-added", [("topics: [A, B]", "topics: [A, C, B]")], "feed.ticks", "topics sent now: 'C'"),
    ("bind", [("127.0.0.1:5556", "127.0.0.1:5557")], "feed.ticks",
     "bind: tcp://127.0.0.1:5556 → tcp://127.0.0.1:5557"),
    ("endpoint-address", [(":9000", ":9001")], "endpoint exchange",
     "address: tcp://10.0.0.5:9000 → tcp://10.0.0.5:9001"),
    ("node-added", [("  alone:", "  more: {run: 'm:x'}\n  alone:")], "more", "new"),
    ("lone-node-removed", [("  alone: {use: forwarder}\n", "")], "alone", "removed"),
    ("socket-added", [("    sockets: {orders:", "    sockets: {x: {type: PULL, bind: auto}, orders:")],
     "gateway.x", "new: PULL"),
    ("program", [("m:Feed", "m:Feed2")], "feed", "run: m:Feed → m:Feed2"),
    ("program", [("command: gate", "use: gate")], "gateway", "command → use: gate"),
    ("program", [("command: gate", "command: [gate, --token, x]")], "gateway",
     "command: gate → gate --token ***"),
    ("subscribe", [("subscribe: [A]", "subscribe: [B]")], "strategy.ticks", "subscribe: A → B"),
    ("option", [("sndhwm: 5", "sndhwm: 6")], "strategy.ticks", "options.sndhwm: 5 → 6"),
    ("params", [("symbols: [A, B]", "symbols: [B, A]")], "feed", 'params.symbols: ["A", "B"] → ["B", "A"]'),
    ("params", [("api_key: one", "api_key: two")], "feed", "params.api_key: changed"),
    ("params", [("    params: {symbols: [A, B], api_key: one}\n", "    params: {symbols: [A, B]}\n")], "feed",
     "params.api_key: no more, was ***"),
    ("replicas", [("replicas: 2", "replicas: 3")], "strategy", "replicas: 2 → 3"),
    ("replicas", [("replicas: 2", "replicas: 2\n    min_replicas: 1")], "strategy", "min_replicas: now 1"),
    ("expendable", [("command: gate", "command: gate\n    expendable: true")], "gateway",
     "expendable: false → true"),
    ("essential", [("command: gate", "command: gate\n    essential: true")], "gateway",
     "essential: false → true"),
    ("supervision", [("nodes:", "supervision: {strategy: one-for-all}\nnodes:")],
     "the topology", "supervision.strategy: one-for-one → one-for-all"),
    ("kind", [("command: gate", "command: gate\n    kind: task")], "gateway", "kind: service → task"),
    ("depends_on", [("depends_on: [gateway]", "depends_on: {gateway: started}")], "strategy",
     "depends_on.gateway.condition: ready → started"),
    ("probe", [("{tcp: orders}", "{tcp: orders, timeout: 2m}")], "strategy", "ready.timeout: 1m → 2m"),
    ("heartbeat", [("command: gate", "command: gate\n    heartbeat: {stall: 5s}")], "gateway",
     "heartbeat.stall: now 5s"),
    ("restart", [("command: gate", "command: gate\n    restart: always")], "gateway",
     "restart.policy: on-failure → always"),
    ("stop", [("command: gate", "command: gate\n    stop: {grace: 1s}")], "gateway", "stop.grace: 5s → 1s"),
    ("timeout", [("timeout: 5s", "timeout: 6s")], "job", "timeout: 5s → 6s"),
    ("resources", [("nice: 5", "nice: 6")], "job", "resources.nice: 5 → 6"),
    ("resources", [(", memory: 1GiB", "")], "job", "resources.memory: no more, was 1GiB"),
    ("env", [("LEVEL: info", "LEVEL: debug")], "strategy", "env.LEVEL: info → debug"),
    ("env", [("DB_PASSWORD: one", "DB_PASSWORD: two")], "strategy", "env.DB_PASSWORD: changed"),
    ("env", [("command: gate", "command: gate\n    env_file: a.env")], "gateway", "env_file: now a.env"),
    ("cwd", [("cwd: d", "cwd: e")], "job", "cwd: d → e"),
    ("stdin", [("stdin: a", "stdin: b")], "job", "stdin: a → b"),
    ("process", [("process: p", "process: q")], "job", "process: p → q"),
    ("profiles", [("profiles: [x, y]", "profiles: [x]")], "strategy", 'profiles: ["x", "y"] → x'),
    ("topology-name", [("name: base", "name: other")], "the topology", "name: base → other"),
    ("description", [("description: Base.", "description: Other.")], "the topology",
     "description: Base. → Other."),
    ("description", [("description: Trades.", "description: Trades well.")], "strategy",
     "description: Trades. → Trades well."),
    ("labels", [("team: a", "team: b")], "strategy", "labels.team: a → b"),
    ("message-name", [("Tick", "Price")], "message Price", "renamed, was Tick"),
    ("unused-message", [("Unused: {codec: json", "Unused: {codec: text")], "message Unused",
     "codec: json → text"),
    ("unused-message", [("  Unused: {codec: json}\n", "")], "message Unused", "removed; no socket names it"),
    ("unused-message", [("  Unused:", "  More: {codec: raw}\n  Unused:")], "message More",
     "new; no socket names it"),
    ("endpoint-name", [("endpoints:\n", "endpoints:\n  more: {address: 'tcp://h.x:1'}\n")], "endpoint more",
     "new: tcp://h.x:1"),
    ("socket-renamed", [("      raw:", "      input:")], "feed.input", "renamed, was raw"),
]  # fmt: skip


class TestOneChange:
    @pytest.mark.parametrize(("key", "edits", "subject", "message"), SAMPLES)
    def test_is_told_once(self, key: str, edits: list[tuple[str, str]], subject: str, message: str) -> None:
        assert told(changed(*edits)) == [(key, subject, message)]

    def test_its_class_and_places(self) -> None:
        [change] = changed(("replicas: 2", "replicas: 3")).changes
        assert change.severity is KINDS["replicas"].usual is Class.PROCESS
        assert str(change.old_place) == "t.yaml:19:15"
        assert str(change.new_place) == "u.yaml:19:15"
        assert change.path == ("nodes", "strategy", "replicas")
        assert (change.old, change.new) == (2, 3)

    def test_the_way_back_has_the_same_classes(self) -> None:
        for key, edits, _, _ in SAMPLES:
            text = BASE
            for old, new in edits:
                text = text.replace(old, new)
            back = compare(topology(text), topology(BASE))
            assert len(back.changes) == 1, key


class TestLinksAndSockets:
    def test_a_connect_that_leads_elsewhere(self) -> None:
        found = changed(
            ("connect: gateway.orders, message: Order}", "connect: other.orders, message: Order}"),
            (
                "  alone:",
                "  other: {command: o, sockets: {orders: {type: PULL, bind: auto, message: Order}}}\n  alone:",
            ),
        )
        assert told(found) == [
            ("link-removed", "strategy.orders", "meets gateway.orders no more"),
            ("connect", "strategy.orders", "connect: gateway.orders → other.orders"),
            ("node-added", "other", "new"),
        ]

    def test_a_link_between_sockets_that_were_there(self) -> None:
        found = changed(("connect: feed.ticks,", "connect: [feed.ticks, 'tcp://127.0.0.1:7000'],"),
                        ("bind: auto, message: Order", "bind: [auto, 'tcp://127.0.0.1:7000'], message: Order"),
                        )  # fmt: skip
        assert [c[0] for c in told(found)] == ["connect", "bind", "link-added"]
        assert told(found)[-1] == ("link-added", "strategy.ticks", "meets gateway.orders now")

    def test_a_socket_that_others_were_linked_to(self) -> None:
        found = changed(
            ("    sockets: {orders: {type: PULL, bind: auto, message: Order}}\n", ""),
            ("      orders: {type: PUSH, connect: gateway.orders, message: Order}\n", ""),
            ("    ready: {tcp: orders}\n", ""),
        )
        assert ("socket-removed", "gateway.orders", "removed; linked to strategy") in told(found)
        assert ("socket-removed", "strategy.orders", "removed; linked to gateway") in told(found)

    def test_a_socket_that_nobody_was_linked_to(self) -> None:
        raw = "      raw: {type: SUB, connect: exchange, subscribe: [a, b]}\n"
        assert told(changed((raw, ""))) == [("lone-socket-removed", "feed.raw", "removed")]

    def test_a_node_that_others_were_linked_to(self) -> None:
        text = BASE[: BASE.index("  gateway:\n")] + BASE[BASE.index("  alone:") :]
        text = text.replace("connect: gateway.orders", "connect: 'tcp://127.0.0.1:1'")
        text = text.replace("    depends_on: [gateway]\n", "")
        found = compare(topology(BASE), topology(text))
        assert ("node-removed", "gateway", "removed; linked to strategy") in told(found)
        assert found.fails(Class.WIRE)


class TestNoChange:
    @pytest.mark.parametrize(
        "edits",
        [
            [("name: base\n", "name: base # a comment\n")],
            [("subscribe: [a, b]", "subscribe: [b, a]"), ("topics: [A, B]", "topics: [B, A]")],
            [("profiles: [x, y]", "profiles: [y, x]")],
            [("connect: exchange,", "connect: 'tcp://10.0.0.5:9000',")],
            [("replicas: 2", "replicas: 2\n    expendable: false\n    restart: on-failure")],
            [("timeout: 5s", "timeout: 5000ms")],
            [("command: gate", "command: [gate]")],
            [("required: [a, b]", "required: [b, a]")],
            [("depends_on: [gateway]", "depends_on: {gateway: {condition: ready}}")],
            [("name: base\n", "name: base\nx-mine: 1\n")],
            [("name: base\n", "name: base\ndefaults: {stop: {grace: 5s}}\n")],
        ],
    )
    def test_of_meaning(self, edits: list[tuple[str, str]]) -> None:
        assert told(changed(*edits)) == []

    def test_by_order(self) -> None:
        head, _, nodes = BASE.partition("nodes:\n")
        blocks = ("  " + nodes.replace("\n  ", "\0").replace("\0  ", "\n    ")).split("\0")
        text = "nodes:\n" + "\n  ".join(reversed([b.strip("\n").removeprefix("    ") for b in blocks]))
        reordered = text.replace("nodes:\n", "nodes:\n  ", 1) + "\n" + head
        assert told(compare(topology(BASE), topology(reordered))) == []

    def test_in_another_directory(self, tmp_path: Path) -> None:
        other = tmp_path / "elsewhere" / "t.yaml"
        other.parent.mkdir()
        text = BASE.replace("command: gate", "command: gate\n    env_file: a.env")
        assert told(compare(topology(text), topology(text, str(other)))) == []


class TestRenamed:
    def test_a_node_and_everything_that_refers_to_it(self) -> None:
        found = changed(("  feed:\n", "  quotes:\n"), ("feed.", "quotes."))
        assert told(found) == [("node-renamed", "quotes", "renamed, was feed")]

    def test_several_at_once_that_refer_to_each_other(self) -> None:
        found = changed(
            ("  strategy:\n", "  trader:\n"), ("  gateway:\n", "  gate:\n"), ("gateway.orders", "gate.orders"),
            ("[gateway]", "[gate]"), ("Order", "Buy"), ("t.Buy", "t.Order"),
        )  # fmt: skip
        assert told(found) == [
            ("node-renamed", "trader", "renamed, was strategy"),
            ("node-renamed", "gate", "renamed, was gateway"),
            ("message-name", "message Buy", "renamed, was Order"),
        ]

    def test_a_socket_and_everything_that_refers_to_it(self) -> None:
        found = changed(
            ("      orders: {type: PUSH", "      out: {type: PUSH"),
            ("{tcp: orders}", "{tcp: out}"),
            ("      ticks: {type: PUB", "      prices: {type: PUB"),
            ("feed.ticks", "feed.prices"),
            ("nodes.feed.sockets.ticks", "nodes.feed.sockets.prices"),
        )
        assert told(found) == [
            ("socket-renamed", "feed.prices", "renamed, was ticks"),
            ("socket-renamed", "strategy.out", "renamed, was orders"),
        ]

    def test_a_description_may_change_with_it(self) -> None:
        found = changed(("  strategy:\n", "  trader:\n"), ("Trades.", "Buys."))
        assert [key for key, _, _ in told(found)] == ["node-renamed", "description"]

    def test_one_of_two_that_look_the_same_is_not_guessed(self) -> None:
        twins = BASE + "  one: {run: 'm:x'}\n  two: {run: 'm:x'}\n"
        found = changed(("  one:", "  three:"), base=twins)
        assert [key for key, _, _ in told(found)] == ["node-renamed"], "two is still there, so one is three"
        found = changed(("  one:", "  three:"), ("  two:", "  four:"), base=twins)
        assert sorted(key for key, _, _ in told(found)) == [
            "lone-node-removed", "lone-node-removed", "node-added", "node-added",
        ]  # fmt: skip

    def test_a_node_that_changed_as_well_is_another_one(self) -> None:
        found = changed(("  alone: {use: forwarder}", "  other: {use: queue}"))
        assert [key for key, _, _ in told(found)] == ["lone-node-removed", "node-added"]

    def test_a_node_in_another_file(self) -> None:
        Path("more.yaml").write_text("nodes:\n  alone: {use: forwarder}\n")
        text = BASE.replace("  alone: {use: forwarder}\n", "").replace("nodes:", "include: more.yaml\nnodes:")
        found = compare(topology(BASE), topology(text))
        assert told(found) == [("node-moved", "alone", "moved from the main file to more.yaml")]


class TestClasses:
    def test_an_override(self) -> None:
        old, new = topology(BASE), topology(BASE.replace(":9000", ":9001"))
        assert not compare(old, new).fails(Class.WIRE)
        found = compare(old, new, {"endpoint-address": Class.WIRE})
        assert found.fails(Class.WIRE)
        assert not found.fails(None)
        assert not compare(old, new, {"endpoint-address": Class.COSMETIC}).fails(Class.PROCESS)

    def test_one_of_a_key_that_is_none(self) -> None:
        with pytest.raises(KeyError):
            compare(topology(BASE), topology(BASE), {"nonsense": Class.WIRE})

    def test_every_kind_has_been_seen(self) -> None:
        elsewhere = {
            "link-removed", "link-added", "connect", "node-removed", "socket-removed", "lone-socket-removed",
            "node-renamed", "node-moved", "hooks", "logs",
            # tests/unit/model/test_model_service.py
            "envelope", "security", "limits", "delivery", "wait_for", "lag", "requests", "batch", "compression",
            "shared_memory", "check", "on_error",
        }  # fmt: skip
        assert {key for key, _, _, _ in SAMPLES} | elsewhere == set(KINDS)

    def test_the_page_lists_every_kind_with_its_class(self) -> None:
        page = (Path(__file__).parents[3] / "docs/reference/diff.md").read_text()
        for kind in KINDS.values():
            assert f"| `{kind.key}` | {kind.usual} | {kind.means} |" in page
