"""What the schema has to say, in words: one finding per cause, at the key or value that is to change."""

from __future__ import annotations

import pytest

from orchestrator.diagnostics import Diagnostic
from orchestrator.source import Document, read_document
from orchestrator.spec import validate

NODE = "version: 1\nname: t\nnodes:\n  n:\n    run: m:f\n"


def document(text: str) -> Document:
    found = read_document("t.yaml", text=text, environ={}).document
    assert found is not None
    return found


def findings(text: str) -> list[Diagnostic]:
    return validate(document(text))


@pytest.mark.parametrize(
    ("line", "expected", "words", "remedy"),
    [
        ("replicass: 3", ("ZMQ030", 5), "`replicass` is no key of a node", "did you mean `replicas`?"),
        ("Replicas: 3", ("ZMQ030", 5), "`Replicas`", "did you mean `replicas`?"),
        ("environment: {}", ("ZMQ030", 5), "`environment`", "did you mean `env`?"),
        ("depends-on: []", ("ZMQ030", 5), "`depends-on`", "did you mean `depends_on`?"),
        ("bind: tcp://x", ("ZMQ030", 5), "`bind`", "`bind` is a key of a socket"),
        ("placement: {}", ("ZMQ030", 5), "`placement`", "`x-`"),
        ("resources: {memory: 512}", ("ZMQ032", 25), "a size above zero", "add the unit: `512MiB`"),
        ("resources: {memory: 512m}", ("ZMQ034", 25), "a size above zero, not `512m`", "`512MiB`"),
        ("resources: {cpus: 2}", ("ZMQ032", 23), "ranges, such as `0-3,6`", None),
        ("replicas: '3'", ("ZMQ032", 15), "must be a whole number, not text", "remove the quotes: 3"),
        ("replicas: 0", ("ZMQ035", 15), "is 0; it must be from 1", "a whole number from 1"),
        ("replicas: 1.5", ("ZMQ032", 15), "not a number", None),
        ("replicas:", ("ZMQ032", 5), "has no value", "write a whole number"),
        (
            "expendable: yes",
            ("ZMQ032", 17),
            "true or false, not text",
            "write `true`: `yes` is text in YAML 1.2",
        ),
        ("expendable: off", ("ZMQ032", 17), "true or false", "write `false`"),
        ("kind: sevice", ("ZMQ033", 11), "`sevice` is not one of", "did you mean `service`?"),
        ("timeout: 5", ("ZMQ032", 14), "must be a duration", "add the unit: `5s`"),
        ("timeout: 5 seconds", ("ZMQ034", 14), "must be a duration", "`250ms`"),
        ("timeout: 0s", ("ZMQ034", 14), "above zero", None),
        ("heartbeat: {interval: '5'}", ("ZMQ034", 27), "`heartbeat.interval`", "add the unit: `5s`"),
        ("heartbeat: {intervall: 5s}", ("ZMQ030", 17), "of heartbeat", "did you mean `interval`?"),
        ("restart: sometimes", ("ZMQ033", 14), "`sometimes`", "`always`"),
        ("restart: {policy: allways}", ("ZMQ033", 23), "`allways`", "did you mean `always`?"),
        ("restart: [always]", ("ZMQ032", 14), "a policy or a mapping, not a list", None),
        ("stop: {signal: TERM}", ("ZMQ033", 20), "`TERM`", "did you mean `SIGTERM`?"),
        ("stop: {ok_exit: [300]}", ("ZMQ035", 22), "item 1 of `stop.ok_exit`", None),
        ("depends_on: [a, b, a]", ("ZMQ038", 24), "`a` stands twice", "remove one"),
        ("depends_on: {a: {condition: redy}}", ("ZMQ033", 33), "`redy`", "did you mean `ready`?"),
        ("ready: {}", ("ZMQ037", 5), "does not say what is asked", "`heartbeat`, `tcp`"),
        ("ready: {tcp: 1, log: x}", ("ZMQ037", 21), "`tcp` and `log`", "remove all but one"),
        ("ready: {tpc: 1}", ("ZMQ030", 13), "`tpc`", "did you mean `tcp`?"),
        ("ready: {tcp: 70000}", ("ZMQ035", 18), "70000", "65535"),
        ("ready: {zmq: {send: x}}", ("ZMQ031", 13), "has no `socket`", None),
        ("ready: hartbeat", ("ZMQ033", 12), "`hartbeat`", "write `heartbeat`"),
        ("ready: {heartbeat: false}", ("ZMQ033", 24), "can only be `true`", None),
        ("run: market/feed.py", ("ZMQ034", 10), "`module:name`", "write `market.feed:NAME`"),
        ("env: {A: [1]}", ("ZMQ032", 14), "`env.A` of the node `n` must be text, not a list", None),
        ("env: [A B]", ("ZMQ034", 11), "`NAME=value`", None),
        ("cwd: ''", ("ZMQ035", 10), "is empty", None),
        ("profiles: dev", ("ZMQ032", 15), "a list", "write a list"),
        ("process: A.B", ("ZMQ034", 14), "`A.B`", "`A-B`"),
        ("sockets: {1 tick: {type: PUB}}", ("ZMQ034", 15), "`1 tick` can't be a socket's name", "`_tick`"),
        ("sockets: {t: {bind: auto}}", ("ZMQ031", 15), "the socket `n.t` has no `type`", "write `type: PUB`"),
        ("sockets: {t: {typ: PUB}}", ("ZMQ030", 19), "`typ` is no key of a socket", "did you mean `type`?"),
        ("sockets: {t: {type: pub}}", ("ZMQ033", 25), "`pub`", "did you mean `PUB`?"),
        ("sockets: {t: {type: PUB, bind: []}}", ("ZMQ035", 36), "an empty list", None),
        ("sockets: {t: {type: PUB, bind: 5}}", ("ZMQ032", 36), "an address or a list", None),
        ("sockets: {t: {type: PUB, topics: [1]}}", ("ZMQ032", 39), "item 1 of `topics`", "put it in quotes"),
        ("sockets: {t: {type: PUB, options: {x: [1]}}}", ("ZMQ032", 43), "`options.x`", None),
    ],
)
def test_a_mistake_in_a_node(line: str, expected: tuple[str, int], words: str, remedy: str | None) -> None:
    text = NODE if not line.startswith("run:") else NODE.replace("    run: m:f\n", "")
    (finding,) = findings(f"{text}    {line}\n")
    assert (finding.code, finding.span.column) == expected
    assert words in finding.message
    assert remedy is None or remedy in (finding.help or "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: t\n", [("ZMQ031", 1, 1)]),
        ("version: 2\nname: t\n", [("ZMQ039", 1, 10)]),
        ("version: '1'\nname: t\n", [("ZMQ032", 1, 10)]),
        ("version: 1\nname: Market_Data\n", [("ZMQ034", 2, 7)]),
        ('version: 1\nname: "t\\n"\n', [("ZMQ034", 2, 7)]),
        ("version: 1\nname: t\nplacement: {}\n", [("ZMQ030", 3, 1)]),
        ("version: 1\nname: t\nnodes: [a]\n", [("ZMQ032", 3, 8)]),
        ("version: 1\nname: t\nnodes:\n  a:\n", [("ZMQ032", 4, 3)]),
        ("version: 1\nname: t\nnodes:\n  a: {}\n", [("ZMQ036", 4, 3)]),
        ("version: 1\nname: t\nnodes:\n  a: {run: m:f, use: x}\n", [("ZMQ036", 4, 17)]),
        ("version: 1\nname: t\nnodes:\n  A.b: {run: m:f}\n", [("ZMQ034", 4, 3)]),
        ("version: 1\nname: t\nendpoints: {auto: {address: x}}\n", [("ZMQ034", 3, 13)]),
        ("version: 1\nname: t\nendpoints: {a.b: {address: x}}\n", [("ZMQ034", 3, 13)]),
        ("version: 1\nname: t\nmessages: {M: {codec: bson}}\n", [("ZMQ033", 3, 23)]),
        ("version: 1\nname: t\ninclude: 3\n", [("ZMQ032", 3, 10)]),
    ],
)
def test_a_mistake_at_the_top(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert [(d.code, d.span.line, d.span.column) for d in findings(text)] == expected


def test_a_value_with_a_finding_of_its_own_is_not_spoken_of_again() -> None:
    assert findings(NODE + "    replicas: ${UNDEFINED}\n    expendable: ${ALSO}\n") == []


def test_keys_of_ones_own_are_allowed_everywhere() -> None:
    extra = "x-a: {b: 1}\ndefaults: {x-b: 1, heartbeat: {x-c: 1}}\nmessages: {M: {codec: raw, x-d: 1}}\n"
    assert findings(NODE + "    x-e: 1\n    ready: {delay: 1s, x-f: 1}\n" + extra) == []


def test_every_mistake_is_told_in_one_run() -> None:
    text = "version: 1\nnodes:\n  A.b:\n    replica: 1\n    sockets: {s: {typ: PUB}}\n"
    codes = sorted(d.code for d in findings(text))
    assert codes == ["ZMQ030", "ZMQ030", "ZMQ031", "ZMQ034", "ZMQ036"]
