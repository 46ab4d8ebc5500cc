"""Topologies whose keys are right and whose meaning is not."""

from __future__ import annotations

import pytest

from orchestrator.diagnostics import Diagnostic
from orchestrator.model.load import load

HEAD = "version: 1\nname: t\n"
FEED = """\
  feed:
    run: m:f
    sockets: {ticks: {type: PUB, bind: 'tcp://*:5556'}, raw: {type: SUB, bind: auto}}
"""


def findings(text: str) -> tuple[Diagnostic, ...]:
    return load("t.yaml", text=HEAD + text, environ={}).diagnostics


@pytest.mark.parametrize(
    ("lines", "code", "column", "words", "remedy"),
    [
        ("depends_on: [feeed]", "ZMQ050", 18, "no such node", "did you mean `feed`?"),
        ("depends_on: {Feed: ready}", "ZMQ050", 18, "no such node", "did you mean `feed`?"),
        ("depends_on: [n]", "ZMQ065", 18, "itself", "remove"),
        ("sockets: {s: {type: SUB, connect: feed.tiks}}", "ZMQ052", 39, "no socket `tiks`", "`feed.ticks`"),
        ("sockets: {s: {type: SUB, connect: fed.ticks}}", "ZMQ052", 39, "no node `fed`", "`feed.ticks`"),
        ("sockets: {s: {type: SUB, connect: feed}}", "ZMQ052", 39, "a node, not a socket", "`feed.ticks`"),
        ("sockets: {s: {type: SUB, connect: exchang}}", "ZMQ052", 39, "no endpoint", "`exchange`"),
        ("sockets: {s: {type: SUB, connect: auto}}", "ZMQ052", 39, "only `bind`", "`node.socket`"),
        ("sockets: {s: {type: SUB, connect: [feed.ticks, n.x]}}", "ZMQ052", 52, "no socket `x`", "`n.s`"),
        (
            "sockets: {s: {type: PUB, bind: feed.ticks}}",
            "ZMQ052",
            36,
            "another socket",
            "`connect: feed.ticks`",
        ),
        ("sockets: {s: {type: PUB, bind: exchnge}}", "ZMQ052", 36, "no address", "`exchange`"),
        ("sockets: {s: {type: PUB, bind: auto, message: Tik}}", "ZMQ051", 51, "no such message", "`Tick`"),
        ("ready: {tcp: [orders]}", "ZMQ053", 19, "no socket `orders`", "declare it"),
        ("ready: {zmq: {socket: x}}", "ZMQ053", 27, "no socket `x`", None),
        ("health: {peers: {socket: x}}", "ZMQ053", 30, "no socket `x`", None),
        ("dead_letter: bad", "ZMQ053", 18, "no socket `bad`", "as a PUSH or PUB"),
        ("replicas: 2\nmin_replicas: 3", "ZMQ055", 19, "3 replicas", "`min_replicas: 2`"),
        ("health: {log: '(['}", "ZMQ061", 19, "no regular expression", None),
        ("done: {file: x}", "ZMQ062", 5, "this is a service", "`kind: task`"),
        ("timeout: 1s", "ZMQ062", 5, "this is a service", "`kind: task`"),
        ("restart: {backoff: {factor: .nan}}", "ZMQ063", 33, "must be a number", None),
        ("restart: {backoff: {initial: 5s, max: 1s}}", "ZMQ064", 43, "shorter", None),
        ("resources: {cpus: 3-1}", "ZMQ068", 23, "ends before", "`0-3`"),
        ("ready: {exec: ' '}", "ZMQ060", 19, "empty", None),
        ('ready: {exec: "\'a"}', "ZMQ060", 19, "never closed", None),
        ('env: {A: "\\0"}', "ZMQ066", 14, "NUL", None),
        ("process: feed", "ZMQ054", 14, "`feed`", "rename"),
        ("stdin: ${{ run.dri }}", "ZMQ058", 16, "`run.dri`", "did you mean `run.dir`?"),
        ("stdin: ${{ sockets.x.address }}", "ZMQ058", 16, "no socket `x`", None),
        (
            "stdin: a ${{ nodes.fed.sockets.ticks.address }}",
            "ZMQ058",
            18,
            "no node `fed`",
            "did you mean `feed`?",
        ),
        ("stdin: ${{ nodes.feed.sockets.tick.address }}", "ZMQ058", 16, "no socket `tick`", "`ticks`"),
        ("stdin: ${{ nodes.feed.sockets.ticks.adress }}", "ZMQ058", 16, "no `adress`", "`address`"),
        ("stdin: ${{ nodes.feed.ticks }}", "ZMQ058", 16, "incomplete", "`nodes.feed.sockets.ticks.address`"),
        ("stdin: ${{ nodes.feed.sockets.raw.port }}", "ZMQ058", 16, "no port", "tcp"),
        ("stdin: ${{ run.dir", "ZMQ057", 12, "never closed", None),
        ("stdin: ${{ }}", "ZMQ057", 12, "refers to nothing", None),
        ("stdin: ${{ 1 + 1 }}", "ZMQ057", 12, "is no reference", None),
        ("labels: {a: '${{ run.dir }}'}", "ZMQ059", 18, "nothing can be referred to", None),
        (
            "sockets: {s: {type: PUB, bind: 'ipc://${{ sockets.s.address }}'}}",
            "ZMQ059",
            43,
            "not known yet",
            None,
        ),
    ],
)
def test_one_mistake_is_one_finding_at_its_place(
    lines: str, code: str, column: int, words: str, remedy: str | None
) -> None:
    node = "".join(f"    {line}\n" for line in f"run: m:f\n{lines}".splitlines())
    text = "messages: {Tick: {codec: json}}\nendpoints: {exchange: {address: 'tcp://h:1'}}\nnodes:\n"
    (finding,) = findings(f"{text}{FEED}  n:\n{node}")
    assert (finding.code, finding.span.column) == (code, column)
    assert words in finding.message
    assert remedy is None or remedy in (finding.help or "")


@pytest.mark.parametrize(
    ("lines", "code", "column"),
    [
        ("command: [x]\nparams: {a: 1}", "ZMQ062", 5),
        ("command: [x]\nprocess: shared", "ZMQ062", 5),
        ("command: [x]\non_error: skip", "ZMQ062", 5),
        ("command: [x]\ndead_letter: bad", "ZMQ062", 5),
        ("command: [x]\nsockets: {s: {type: PUB, bind: auto}}\nready: {peers: {socket: s}}", "ZMQ062", 13),
        ('command: ["a\\0b"]', "ZMQ066", 14),
        ('command: "x \'y"', "ZMQ060", 14),
    ],
)
def test_mistakes_of_foreign_programs(lines: str, code: str, column: int) -> None:
    node = "".join(f"    {line}\n" for line in lines.splitlines())
    assert [(d.code, d.span.column) for d in findings(f"nodes:\n  n:\n{node}")] == [(code, column)]


@pytest.mark.parametrize(
    ("command", "words", "remedy"),
    [
        ("./a && ./b", "`&&` is passed to the program as an argument", "[sh, -c,"),
        ("./a | tee log", "`|`", "[sh, -c,"),
        ("./a > log", "`>`", None),
        ("./a >log 2>&1", "`>log`", None),
        ("./a 2>/dev/null", "`2>/dev/null`", None),
        ("./a &", "`&`", None),
        ("cd x; ./a", "`x;`", None),
        ("A=1 ./a", "`A=1` is taken for the program", "`env: {A: 1}`"),
        ("./a --home $HOME", "`$HOME` is passed to the program as it stands", "`${HOME}`"),
        ("./a --at=$(hostname)", "`--at=$(hostname)`", None),
    ],
)
def test_a_command_that_is_written_for_a_shell(command: str, words: str, remedy: str | None) -> None:
    (finding,) = findings(f"nodes:\n  n:\n    command: {command}\n")
    assert (finding.code, finding.severity.value, finding.span.column) == ("ZMQ067", "warning", 14)
    assert words in finding.message
    assert remedy is None or remedy in (finding.help or "")


@pytest.mark.parametrize(
    "command",
    [
        "sh -c 'a && b > c; echo $HOME'",
        "grep '>' f",
        "find . -exec rm {} \\;",
        "./a --pattern='^x$' --price 5$ --and a&b",
        "[./a, '&&', '>', $HOME]",
        "./a --at ${{ run.dir }}/x --x=$${HOME}",
        "make CC=gcc",
    ],
)
def test_commands_that_are_meant_as_they_stand(command: str) -> None:
    assert findings(f"nodes:\n  n:\n    command: {command}\n") == ()


def test_a_topology_without_nodes() -> None:
    assert [(d.code, d.span.line) for d in findings("")] == [("ZMQ056", 2)]
    assert [(d.code, d.span.line) for d in findings("x-a: 1\nnodes: {}\n")] == [("ZMQ056", 4)]


def test_replicas_do_not_take_the_names_of_others() -> None:
    (finding,) = findings("nodes:\n  a: {run: 'm:f', replicas: 3}\n  a-1: {run: 'm:f'}\n")
    assert (finding.code, finding.span.line, finding.related[0].span.line) == ("ZMQ054", 4, 5)
    assert "`a-1`" in finding.message
    assert findings("nodes:\n  a: {run: 'm:f', replicas: 3}\n  a-3: {run: 'm:f'}\n") == ()


def test_nodes_may_share_a_process_named_like_one_of_them() -> None:
    assert findings("nodes:\n  a: {run: 'm:f', process: a}\n  b: {run: 'm:f', process: a}\n") == ()


def test_what_may_be_referred_to_may_be_referred_to_everywhere_it_is_known() -> None:
    text = """\
endpoints: {e: {address: "ipc://${{ run.dir }}/e"}}
defaults: {env: {H: "${{ nodes.a.sockets.s.host }}"}, cwd: "${{ run.dir }}"}
nodes:
  a:
    command: [x, "--at=${{ sockets.s.address }}:${{ sockets.s.port }}", "${{ nodes.b.sockets.s.addresses }}"]
    sockets:
      s: {type: ROUTER, bind: "tcp://*:1", connect: e, options: {routing_id: "a-${{ replica.index }}"}}
    stdin: "$${{ not.evaluated }} ${{ topology.name }}"
    ready: {file: "${{ run.dir }}/x", timeout: 1s}
    health: {zmq: {socket: s, send: "${{ node.name }}"}}
    description: prose may say ${{ anything }}
    x-mine: ${{ anything }}
  b:
    run: m:f
    params: {deep: [{er: "${{ topology.dir }}"}]}
    sockets: {s: {type: DEALER, bind: "ipc:///tmp/${{ replica.index }}"}}
"""
    assert findings(text) == ()


def test_findings_come_in_the_order_of_the_file() -> None:
    text = "nodes:\n  b: {run: 'm:f', depends_on: [x]}\n  a: {run: 'm:f', timeout: 1s, depends_on: [y]}\n"
    assert [(d.code, d.span.line) for d in findings(text)] == [("ZMQ050", 4), ("ZMQ062", 5), ("ZMQ050", 5)]
