"""Rules about the keys of the data path, beyond the samples of their pages."""

from __future__ import annotations

import pytest

from orchestrator.codecs import foreign
from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.fixing import apply
from orchestrator.model.load import load
from orchestrator.rules import run

HEAD = "version: 1\nname: t\n"


def judge(text: str) -> tuple[Diagnostic, ...]:
    loaded = load("t.yaml", text=HEAD + text, environ={})
    assert loaded.topology is not None, [d.message for d in loaded.diagnostics]
    return run(loaded.topology)


def codes(text: str) -> list[str]:
    return [d.code for d in judge(text)]


def pair(one: str, other: str, top: str = "", run_other: str = "run: m:B") -> str:
    """A node `a` whose socket binds, and a node `b` whose socket connects to it."""
    return (
        f"{top}nodes:\n  a:\n    run: m:A\n    sockets:\n      s: {{bind: auto, {one}}}\n"
        f"  b:\n    {run_other}\n    sockets:\n      s: {{connect: a.s, {other}}}\n"
    )


def lossy(keys: str, kinds: str = "PUSH PULL", other: str = "", top: str = "") -> str:
    first, _, second = kinds.partition(" ")
    sub = 'subscribe: [""], ' if second == "SUB" else ""
    return pair(
        f"type: {first}, codec: json, {keys}", f"type: {second}, codec: json, {sub}{other or keys}", top
    )


@pytest.mark.parametrize(
    ("key", "severity"),
    [
        ("batch: {}", Severity.ERROR),
        ("shared_memory: true", Severity.ERROR),
        ("delivery: latest", Severity.WARNING),
        ("delivery: drop", Severity.WARNING),
    ],
)
def test_what_needs_the_envelope(key: str, severity: Severity) -> None:
    found = [d for d in judge(lossy(key, other="description: x")) if d.code == "ZMQ409"]
    assert [(d.severity, d.span.line, d.path[-1]) for d in found] == [(severity, 7, key.partition(":")[0])]
    assert codes(lossy(f"envelope: true, {key}", other="envelope: true")) == []


def test_what_does_not_need_it() -> None:
    assert codes(lossy("delivery: lossless, wait_for: all", other="limits: {frames: 3}")) == []
    assert codes(lossy("shared_memory: false", other="description: x")) == []


def test_the_age_of_messages_needs_it_where_they_arrive() -> None:
    found = judge(lossy("description: x", "PUB SUB", "max_lag: 1s"))
    assert [(d.code, d.path) for d in found] == [("ZMQ409", ("nodes", "b", "sockets", "s", "max_lag"))]


@pytest.mark.parametrize(
    ("kinds", "run_other", "expected"),
    [
        ("ROUTER DEALER", "run: m:B", [Severity.ERROR]),
        ("REP REQ", "run: m:B", [Severity.WARNING]),
    ],
)
def test_requests_that_are_asked_again(kinds: str, run_other: str, expected: list[Severity]) -> None:
    server, _, client = kinds.partition(" ")
    text = pair(f"type: {server}, codec: json", f"type: {client}, codec: json, retry: {{}}", "", run_other)
    assert [d.severity for d in judge(text) if d.code == "ZMQ409"] == expected


def test_a_request_to_a_program_of_ones_own_is_asked_again_without_it() -> None:
    text = "nodes:\n  a: {command: ./a, sockets: {s: {type: REP, bind: 'tcp://127.0.0.1:5555'}}}\n"
    text += "  b: {run: m:B, sockets: {s: {type: REQ, connect: a.s, codec: json, retry: {}}}}\n"
    assert codes(text) == []


def test_compression_needs_it_at_a_message_that_travels() -> None:
    top = "messages: {M: {codec: json, compression: zstd}}\n"
    (found,) = judge(pair("type: PUSH, message: M", "type: PULL, message: M", top))
    assert (found.code, found.path) == ("ZMQ409", ("messages", "M", "compression"))
    said = pair("type: PUSH, message: M, envelope: true", "type: PULL, message: M, envelope: true", top)
    assert codes(said) == []


@pytest.mark.parametrize(
    "text",
    [
        lossy("batch: {}", other="description: x"),
        "messages: {M: {codec: json, compression: lz4}}\n"
        "nodes: {a: {run: m:A, sockets: {s: {type: PUSH, bind: auto, message: M}}},\n"
        "  b: {run: m:B, sockets: {s: {type: PULL, connect: a.s, message: M}}}}\n",
        """\
messages:
  M:
    codec: json  # the usual
    compression: gzip
nodes:
  a:
    run: m:A
    sockets:
      s:
        type: PUSH
        bind: auto
        message: M
  b:
    run: m:B
    sockets:
      s:
        type: PULL
        message: M
        connect: a.s
""",
    ],
)
def test_the_fixes_end_the_findings(text: str) -> None:
    text = HEAD + text
    for _ in range(3):
        loaded = load("t.yaml", text=text, environ={})
        assert loaded.topology is not None, (text, loaded.diagnostics)
        found = [d for d in run(loaded.topology) if d.fix is not None]
        if not found:
            break
        text = apply({"t.yaml": text}, found).texts["t.yaml"]
    assert codes(text.removeprefix(HEAD)) == []
    assert "# the usual\n" in text or "#" not in text


def test_ends_that_disagree_on_the_envelope() -> None:
    (found,) = judge(lossy("description: x", other="envelope: true"))
    assert (found.code, found.severity) == ("ZMQ410", Severity.ERROR)
    assert found.message.startswith("`b.s` sends or expects the envelope, and `a.s` at the other end")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("", [("ZMQ410", Severity.WARNING)]),
        (", message: M", [("ZMQ410", Severity.ERROR)]),
        (", envelope: true", []),
    ],
)
def test_a_program_of_ones_own_that_says_nothing(keys: str, expected: list[tuple[str, Severity]]) -> None:
    text = "messages: {M: {codec: json}}\nnodes:\n"
    text += f"  a: {{command: ./a, sockets: {{s: {{type: PULL, bind: 'tcp://127.0.0.1:5555'{keys}}}}}}}\n"
    text += "  b: {run: m:B, sockets: {s: {type: PUSH, connect: a.s, codec: json, envelope: true}}}\n"
    assert [(d.code, d.severity) for d in judge(text) if d.code != "ZMQ912"] == expected


def test_a_forwarder_hands_on_what_comes() -> None:
    text = """\
nodes:
  feed: {run: m:A, sockets: {out: {type: PUB, connect: hub.frontend, codec: json, envelope: true}}}
  hub: {use: forwarder, sockets: {frontend: {type: XSUB, bind: auto}, backend: {type: XPUB, bind: auto}}}
  desk:
    run: m:B
    sockets: {in: {type: SUB, connect: hub.backend, subscribe: [""], codec: json, envelope: true}}
"""
    assert "ZMQ410" not in codes(text)


def test_codecs_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "foreign_names", lambda: ["acme.fast"])
    top = "messages: {{M: {{codec: {}}}}}\n"
    assert codes(pair("type: PUSH, message: M", "type: PULL, message: M", top.format("acme.fast"))) == []
    (found,) = judge(pair("type: PUSH, message: M", "type: PULL, message: M", top.format("acme.fest")))
    assert (found.code, found.help) == ("ZMQ411", "did you mean `acme.fast`?")


SCHEMA = "{type: object, required: [a], properties: {a: {type: string}}}"


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        (f"codec: cbor, schema: {SCHEMA}", []),
        ("codec: cbor, schema: {type: record}", ["ZMQ405"]),
        ("codec: cbor, schema: a.avsc", ["ZMQ406"]),
        ("codec: avro, schema: {type: record, name: R, fields: [{name: a, type: int}]}, type: R", []),
        ("codec: avro, schema: schemas/a.avsc", []),
        ("codec: avro", ["ZMQ414"]),
        (f"codec: numpy, schema: {SCHEMA}", ["ZMQ406"]),
        ("codec: arrow, type: a.B", ["ZMQ406"]),
        ("codec: json, check: always", ["ZMQ406"]),
        (f"codec: json, check: always, schema: {SCHEMA}", []),
        ("codec: json, check: never", []),
    ],
)
def test_contracts_of_codecs(contract: str, expected: list[str]) -> None:
    text = pair("type: PUSH, message: M", "type: PULL, message: M", f"messages: {{M: {{{contract}}}}}\n")
    assert codes(text) == expected


def test_a_cbor_receiver_that_asks_for_more() -> None:
    top = "messages:\n  M: {codec: cbor, schema: {type: object, properties: {a: {type: [string, number]}}}}\n"
    top += f"  N: {{codec: cbor, schema: {SCHEMA}}}\n"
    assert "ZMQ407" in codes(pair("type: PUSH, message: M", "type: PULL, message: N", top))


@pytest.mark.parametrize(
    ("address", "keys", "expected"),
    [
        ("tcp://127.0.0.1:5555", "", ["ZMQ412"]),
        ("tcp://127.0.0.1:5555", ", security: curve", []),
        ("tcp://127.0.0.1:5555", ", security: null", ["ZMQ412"]),
        ("ipc:///tmp/x", "", []),
        ("auto", "", []),
    ],
)
def test_pickle(address: str, keys: str, expected: list[str]) -> None:
    text = (
        f"nodes:\n  a: {{run: m:A, sockets: {{s: {{type: PULL, bind: '{address}', codec: pickle{keys}}}}}}}\n"
    )
    assert [code for code in codes(text) if code == "ZMQ412"] == expected


@pytest.mark.parametrize(
    ("kinds", "key", "blamed"),
    [
        ("PUSH PULL", "retry: {}", "as bs"),
        ("PUSH PULL", "breaker: {}", "as bs"),
        ("PUSH PULL", "failover: shotgun", "as bs"),
        ("PUSH PULL", "wait_for: all", "bs"),
        ("PUB SUB", "wait_for: 1", "bs"),
        ("PUB SUB", "shared_memory: true", "bs"),
        ("PUB SUB", "shared_memory: false", ""),
        ("PUSH PULL", "batch: {}", "bs"),
        ("PUB SUB", "max_lag: 1s", "as"),
        ("PUSH PULL", "delivery: lossless", "bs"),
        ("PUSH PULL", "delivery: drop", ""),
        ("PUB SUB", "delivery: latest", ""),
        ("PUSH PULL", "on_lag: drop", "as bs"),
        ("REP REQ", "wait_for: all", "as"),
        ("REP REQ", "batch: {}", "as bs"),
        ("REP REQ", "delivery: latest", "as bs"),
        ("ROUTER DEALER", "delivery: latest", "as"),
        ("ROUTER DEALER", "retry: {}", "as"),
        ("ROUTER DEALER", "failover: sequential", "as bs"),
        ("PUSH PULL", "limits: {frames: 2}", ""),
    ],
)
def test_keys_where_they_mean_nothing(kinds: str, key: str, blamed: str) -> None:
    found = [d for d in judge(lossy(f"envelope: true, {key}", kinds)) if d.code == "ZMQ143"]
    assert " ".join(f"{d.path[1]}{d.path[3]}" for d in found) == blamed
    assert {d.severity for d in found} <= {Severity.WARNING}


def test_failover_to_the_replicas_of_one_node_is_one() -> None:
    text = "nodes:\n  a: {run: m:A, replicas: 2, sockets: {s: {type: REP, bind: auto, codec: json}}}\n"
    text += "  b: {run: m:B, sockets: {s: {type: REQ, connect: a.s, codec: json, failover: shotgun}}}\n"
    assert "ZMQ143" not in codes(text)


def test_raw_tcp_can_do_nothing_of_it() -> None:
    text = "nodes:\n  a: {run: m:A, sockets: {s: {type: STREAM, bind: 'tcp://127.0.0.1:5555', %s}}}\n"
    found = [d for d in judge(text % "batch: {}, security: curve, limits: {frames: 2}") if d.code == "ZMQ143"]
    assert [(d.path[-1], d.severity) for d in found] == [
        ("batch", Severity.WARNING),
        ("security", Severity.ERROR),
    ]
    assert "ZMQ143" not in codes(text % "security: null")


def test_a_program_makes_its_sockets_itself() -> None:
    text = "nodes:\n  a: {command: ./a, sockets: {s: {type: PUSH, bind: auto, batch: {}, envelope: true}}}\n"
    assert [d.path[-1] for d in judge(text) if d.code == "ZMQ143"] == ["batch"]


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ("dead_letter: s, sockets: {s: {type: PUB, bind: auto}}", None),
        ("on_error: skip, sockets: {s: {type: PUB, bind: auto}}", None),
        ("dead_letter: s, sockets: {s: {type: PUB, bind: auto, codec: raw}}", None),
        ("dead_letter: s, sockets: {s: {type: PUB, bind: auto, codec: json}}", "expect json"),
        ("dead_letter: s, sockets: {s: {type: PUB, bind: auto, envelope: true}}", "expect the envelope"),
        ("on_error: dead-letter, sockets: {s: {type: PUB, bind: auto}}", "no `dead_letter` socket"),
        ("dead_letter: s, sockets: {s: {type: PULL, bind: auto}}", "which cannot send"),
        ("dead_letter: s, sockets: {s: {type: REP, bind: auto}}", "which may only send in its turn"),
        ("dead_letter: s, sockets: {s: {type: ROUTER, bind: auto}}", "only to a peer it knows"),
    ],
)
def test_dead_letters(node: str, said: str | None) -> None:
    found = [d.message for d in judge(f"nodes: {{a: {{run: m:A, {node}}}}}\n") if d.code == "ZMQ144"]
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("type: PUB, delivery: lossless, options: {conflate: true}", Severity.ERROR),
        ("type: PUB, delivery: lossless, options: {xpub_nodrop: false}", Severity.ERROR),
        ("type: PUB, delivery: lossless, options: {xpub_nodrop: true}", None),
        ("type: ROUTER, delivery: lossless, options: {router_mandatory: false}", Severity.ERROR),
        ("type: PUB, delivery: lossless, options: {sndhwm: 0}", Severity.WARNING),
        ("type: PUB, delivery: lossless, options: {sndhwm: 10}", None),
        ("type: PUSH, limits: {message_size: 1KiB}, options: {maxmsgsize: 10}", Severity.WARNING),
        ("type: PUSH, limits: {message_size: 1KiB}, options: {maxmsgsize: 1024}", None),
    ],
)
def test_options_that_say_the_opposite(keys: str, expected: Severity | None) -> None:
    found = judge(f"nodes: {{a: {{run: m:A, sockets: {{s: {{bind: auto, {keys}}}}}}}}}\n")
    assert [d.severity for d in found if d.code == "ZMQ145"] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("wanted", "expected"), [("2", None), ("all", None), ("{count: 3}", Severity.WARNING)]
)
def test_more_peers_than_there_are(wanted: str, expected: Severity | None) -> None:
    text = f"nodes:\n  a: {{run: m:A, sockets: {{s: {{type: PUB, bind: auto, wait_for: {wanted}}}}}}}\n"
    text += "  b: {run: m:B, replicas: 2, sockets: {s: {type: SUB, connect: a.s, subscribe: ['']}}}\n"
    assert [d.severity for d in judge(text) if d.code == "ZMQ146"] == ([] if expected is None else [expected])


def test_a_connector_waits_for_those_it_connects_to() -> None:
    text = "nodes:\n  a: {run: m:A, sockets: {s: {type: PULL, bind: auto}}}\n"
    text += "  b: {run: m:B, sockets: {s: {type: PUSH, connect: a.s, wait_for: 2}}}\n"
    assert [d.severity for d in judge(text) if d.code == "ZMQ146"] == [Severity.ERROR]


@pytest.mark.parametrize(
    ("size", "expected"), [("65KiB", ["ZMQ413"]), ("256KiB", ["ZMQ413"]), ("257KiB", []), ("1MiB", [])]
)
def test_batches_and_limits(size: str, expected: list[str]) -> None:
    text = lossy("envelope: true, batch: {}", other=f"envelope: true, limits: {{message_size: {size}}}")
    assert codes(text) == expected


def secured(one: str, other: str, top: str = "", address: str = "tcp://127.0.0.1:5555") -> list[str]:
    text = f"{top}nodes:\n  a: {{run: m:A, sockets: {{s: {{type: PUSH, bind: '{address}'{one}}}}}}}\n"
    text += f"  b: {{run: m:B, sockets: {{s: {{type: PULL, connect: a.s{other}}}}}}}\n"
    return [code for code in codes(text) if code.startswith("ZMQ5")]


CURVE, PLAIN, NULL = ", security: curve", ", security: plain", ", security: null"
USERS = "security: {plain: {users: u}}\n"
ALL = "security: {curve: {}}\n"


@pytest.mark.parametrize(
    ("one", "other", "top", "expected"),
    [
        (CURVE, CURVE, "", []),
        (CURVE, "", "", ["ZMQ502"]),
        ("", CURVE, "", ["ZMQ502"]),
        (CURVE, PLAIN, USERS, ["ZMQ502"]),
        (PLAIN, PLAIN, USERS, []),
        (PLAIN, PLAIN, "", ["ZMQ509", "ZMQ509"]),
        (NULL, "", "", []),
        ("", "", ALL, []),
        (NULL, "", ALL, ["ZMQ502"]),
        (NULL, NULL, ALL, []),
        (", options: {plain_server: true}", "", ALL, ["ZMQ507"]),
        (CURVE, ", options: {plain_username: a, plain_password: '${P:-b}'}", "", ["ZMQ502"]),
    ],
)
def test_the_security_of_both_ends(one: str, other: str, top: str, expected: list[str]) -> None:
    assert secured(one, other, top) == expected


def test_a_password_for_the_network_is_seen_by_the_key_too() -> None:
    assert secured(PLAIN, PLAIN, USERS, "tcp://10.0.0.1:5555") == ["ZMQ506"]
    trusted = ", security: {mechanism: plain, unencrypted: true}"
    assert secured(trusted, trusted, USERS, "tcp://10.0.0.1:5555") == []


def test_a_secured_socket_is_no_finding_of_open_doors() -> None:
    text = "nodes: {a: {run: m:A, sockets: {s: {type: PUSH, bind: 'tcp://*:5555'%s}}}}\n"
    assert "ZMQ322" in codes(text % "")
    assert "ZMQ322" not in codes(text % CURVE)


def test_promises_end_older_findings() -> None:
    """What `wait_for`, `retry` and `delivery` look after is no finding any more."""
    late = "nodes:\n  a: {run: m:A, kind: task, sockets: {s: {type: PUB, bind: auto%s}}}\n"
    late += "  b: {run: m:B, sockets: {s: {type: SUB, connect: a.s, subscribe: ['']}}}\n"
    assert codes(late % "") == ["ZMQ131"]
    assert codes(late % ", wait_for: all") == []
    short = lossy("description: x, options: {sndhwm: 3}%s", "PUB SUB", "description: x")
    assert codes(short % "") == ["ZMQ133"]
    assert codes(short % ", delivery: lossless") == []
    asked = "nodes:\n  a: {run: m:A, restart: always, sockets: {s: {type: REP, bind: auto}}}\n"
    asked += "  b: {run: m:B, sockets: {s: {type: REQ, connect: a.s%s}}}\n"
    assert codes(asked % "") == ["ZMQ134"]
    assert "ZMQ134" not in codes(asked % ", retry: {}")
    ring = (
        "nodes:\n  a: {run: m:A, sockets: {o: {type: PUSH, connect: b.i%s}, i: {type: PULL, bind: auto}}}\n"
    )
    ring += "  b: {run: m:B, sockets: {o: {type: PUSH, connect: a.i}, i: {type: PULL, bind: auto}}}\n"
    assert codes(ring % "") == ["ZMQ205"]
    assert "ZMQ205" not in codes(ring % ", delivery: drop")


def test_several_servers_of_ours_say_who_they_are() -> None:
    text = "nodes:\n"
    for name in ("a", "b"):
        text += f"  {name}: {{run: m:A, sockets: {{s: {{type: REP, bind: auto, security: curve}}}}}}\n"
    text += "  c: {run: m:C, sockets: {s: {type: REQ, connect: [a.s, b.s%s], security: curve}}}\n"
    text += "endpoints: {far: {address: 'tcp://10.0.0.5:9000', external: true}}\n"
    assert "ZMQ510" not in codes(text % "")
    assert "ZMQ510" in codes(text % ", far")


def test_one_role_each() -> None:
    text = "nodes: {a: {run: m:A, sockets: {s: {type: DEALER, bind: 'tcp://127.0.0.1:5555', \
connect: 'tcp://10.0.0.1:5556'%s}}}}\n"
    assert "ZMQ508" not in codes(text % "")
    assert "ZMQ508" in codes(text % CURVE)
