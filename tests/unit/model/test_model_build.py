"""From a file to a Topology: what every key becomes."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from orchestrator.model import (
    Backoff,
    DelayProbe,
    ExecProbe,
    FileProbe,
    ForeignProgram,
    Health,
    Heartbeat,
    HeartbeatProbe,
    LogProbe,
    Node,
    PeersProbe,
    ProbeKind,
    PythonProgram,
    Resources,
    Restart,
    StockProgram,
    Stop,
    TcpProbe,
    Topology,
    ZmqProbe,
)
from orchestrator.model.load import from_data, load
from orchestrator.vocabulary import CodecName, Condition, NodeKind, RestartPolicy, SocketType


def topology(text: str, **environ: str) -> Topology:
    loaded = load("t.yaml", text=f"version: 1\nname: t\n{text}", environ=environ)
    assert loaded.diagnostics == ()
    assert loaded.topology is not None
    return loaded.topology


def node(lines: str, rest: str = "") -> Node:
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    return topology(f"nodes:\n  n:\n{indented}{rest}").nodes["n"]


def test_a_node_that_says_nothing_has_every_default() -> None:
    made = node("run: m:f")
    assert made.heartbeat == Heartbeat(interval_s=1.0, liveness=3, stall_s=None)
    assert made.restart == Restart(
        policy=RestartPolicy.ON_FAILURE,
        backoff=Backoff(initial_s=0.1, factor=2.0, max_s=10.0, jitter=0.1),
        max_restarts=5,
        window_s=60.0,
    )
    assert made.stop == Stop(signal="SIGTERM", grace_s=5.0, ok_exit=())
    assert (made.replicas, made.min_replicas, made.expendable, made.kind) == (
        1,
        None,
        False,
        NodeKind.SERVICE,
    )
    assert (made.ready, made.done, made.health, made.timeout_s) == (None, None, None, None)
    assert (made.env, made.env_files, made.cwd, made.stdin, made.process) == ({}, (), None, None, None)


def test_defaults_are_merged_key_by_key() -> None:
    defaults = """\
defaults:
  heartbeat: {interval: 200ms, stall: 2s}
  restart: {policy: always, backoff: {initial: 1s, max: 5s}, window: 10s}
  stop: {grace: 1s, ok_exit: [143]}
  env: {A: a, B: b}
  options: {linger: 0, sndhwm: 5}
"""
    made = node(
        """\
run: m:f
heartbeat: {liveness: 9, stall: }
restart: {backoff: {factor: 3}, max_restarts: 0}
stop: {signal: SIGINT}
env: {B: x, A: }
sockets: {s: {type: PUB, bind: auto, options: {sndhwm: 7, x-mine: 1}}}
""",
        defaults,
    )
    assert made.heartbeat == Heartbeat(interval_s=0.2, liveness=9, stall_s=None)
    assert made.restart == Restart(
        policy=RestartPolicy.ALWAYS,
        backoff=Backoff(initial_s=1.0, factor=3.0, max_s=5.0),
        max_restarts=0,
        window_s=10.0,
    )
    assert made.stop == Stop(signal="SIGINT", grace_s=1.0, ok_exit=(143,))
    assert made.env == {"B": "x"}
    assert made.sockets["s"].options == {"linger": 0, "sndhwm": 7}


def test_a_plain_word_is_the_restart_policy_over_the_defaults() -> None:
    made = node("run: m:f\nrestart: never", "defaults: {restart: {max_restarts: 9}}\n")
    assert (made.restart.policy, made.restart.max_restarts) == (RestartPolicy.NEVER, 9)


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("[./g, --port, 5557, 1.10, 010]", ("./g", "--port", "5557", "1.10", "010")),
        ('./g --name \'two words\' "x\\"y"', ("./g", "--name", "two words", 'x"y')),
        ("./g --at ${{ run.dir }}/x ${{run.dir}}", ("./g", "--at", "${{ run.dir }}/x", "${{run.dir}}")),
        ("|\n      ./g a\n        b", ("./g", "a", "b")),
        ("./g '$HOME' *.txt a|b", ("./g", "$HOME", "*.txt", "a|b")),
    ],
)
def test_commands_are_split_as_a_shell_splits(text: str, argv: tuple[str, ...]) -> None:
    program = node(f"command: {text}").program
    assert isinstance(program, ForeignProgram)
    assert program.argv == argv


def test_programs_of_all_three_kinds() -> None:
    made = topology(
        "nodes:\n  a: {run: 'pkg.mod:Class.make'}\n  b: {use: forwarder}\n  c: {command: [true]}\n".replace(
            "[true]", "[x]"
        )
    )
    programs = [made.nodes[name].program for name in "abc"]
    assert isinstance(programs[0], PythonProgram)
    assert programs[0].target == "pkg.mod:Class.make"
    assert isinstance(programs[1], StockProgram)
    assert programs[1].name == "forwarder"
    assert [made.nodes[name].is_python for name in "abc"] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("heartbeat", HeartbeatProbe()),
        ("{heartbeat: true}", HeartbeatProbe()),
        ("{tcp: s}", TcpProbe(targets=("s",))),
        ("{tcp: 8080}", TcpProbe(targets=("8080",))),
        ("{tcp: [s, 80, 'h:1']}", TcpProbe(targets=("s", "80", "h:1"))),
        ("{file: /x}", FileProbe(path="/x")),
        ("{log: 'up \\d+'}", LogProbe(pattern="up \\d+")),
        ("{exec: 'curl -f x'}", ExecProbe(argv=("curl", "-f", "x"))),
        ("{zmq: {socket: s, send: PING}}", ZmqProbe(socket="s", send="PING", expect=None)),
        ("{peers: {socket: s}}", PeersProbe(socket="s", count=1)),
        ("{delay: 1m30s}", DelayProbe(delay_s=90.0)),
    ],
)
def test_probes(text: str, kind: ProbeKind) -> None:
    made = node(
        f"run: m:f\nsockets: {{s: {{type: REP, bind: auto}}}}\nkind: task\nready: {text}\ndone: {text}"
    )
    assert made.ready is not None
    assert made.done is not None
    assert (made.ready.kind, made.ready.interval_s, made.ready.timeout_s) == (kind, 0.1, 60.0)
    assert (made.done.kind, made.done.timeout_s) == (kind, math.inf)


def test_health_has_times_of_its_own() -> None:
    health = node("run: m:f\nhealth: {tcp: 80, retries: 2, timeout: 1s}").health
    assert isinstance(health, Health)
    assert (health.interval_s, health.timeout_s, health.retries, health.start_period_s) == (10.0, 1.0, 2, 0.0)


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("[b, a]", {"b": Condition.READY, "a": Condition.READY}),
        ("{a: completed, b: {condition: started}}", {"a": Condition.COMPLETED, "b": Condition.STARTED}),
        ("{a: {}}", {"a": Condition.READY}),
    ],
)
def test_dependencies_as_list_and_mapping(text: str, conditions: dict[str, Condition]) -> None:
    made = topology(
        f"nodes:\n  n: {{run: m:f, depends_on: {text}}}\n  a: {{run: m:f}}\n  b: {{run: m:f}}\n"
    ).nodes["n"]
    assert {d.node: d.condition for d in made.depends_on} == conditions


def test_sockets_take_one_address_or_several() -> None:
    made = node(
        "run: m:f\nsockets:\n  s: {type: XSUB, bind: auto, connect: ['tcp://a:1', 'tcp://b:2'], subscribe: a}"
    )
    socket = made.sockets["s"]
    assert (socket.ref, socket.type) == ("n.s", SocketType.XSUB)
    assert [a.text for a in socket.binds] == ["auto"]
    assert [a.text for a in socket.connects] == ["tcp://a:1", "tcp://b:2"]
    assert socket.connects[1].path == ("nodes", "n", "sockets", "s", "connect", 1)
    assert (socket.topics, socket.subscribe) == (None, ("a",))


def test_messages_and_endpoints() -> None:
    made = topology(
        """\
messages:
  Tick: {codec: json, schema: {type: object}, description: One trade.}
  Order: {codec: protobuf, schema: protos/order.proto, type: trading.Order}
endpoints:
  exchange: {address: tcp://10.0.0.5:9000, type: PUB, external: true}
nodes:
  n: {run: m:f, sockets: {s: {type: SUB, connect: exchange, message: Tick, subscribe: [""]}}}
"""
    )
    assert made.messages["Tick"].codec is CodecName.JSON
    assert made.messages["Tick"].schema == {"type": "object"}
    assert (made.messages["Order"].schema, made.messages["Order"].type) == (
        "protos/order.proto",
        "trading.Order",
    )
    assert made.endpoints["exchange"].external
    assert made.endpoints["exchange"].type is SocketType.PUB


def test_variables_of_the_environment_keep_the_form_in_which_they_are_written() -> None:
    made = node("run: m:f\nenv: {A: 1.10, B: 010, C: true, D: no, E: text}\nlabels: [x=1, y]")
    assert made.env == {"A": "1.10", "B": "010", "C": "true", "D": "no", "E": "text"}
    assert made.labels == {"x": "1", "y": ""}
    assert node("run: m:f\nenv: [A=1, B, C=a=b]").env == {"A": "1", "C": "a=b"}


def test_replicas_from_a_variable_and_from_a_whole_float() -> None:
    made = topology("nodes:\n  n:\n    run: m:f\n    replicas: ${N}\n", N="3").nodes["n"]
    assert made.replicas == 3
    assert type(node("run: m:f\nreplicas: 2.0").replicas) is int


def test_paths_start_where_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.yaml").write_text(
        "nodes:\n  b: {run: m:f, cwd: work, env_file: [b.env, /abs.env]}\n"
        "messages:\n  M: {codec: protobuf, schema: m.proto, type: M}\n"
    )
    main = tmp_path / "main.yaml"
    main.write_text(
        "version: 1\nname: t\ninclude: [sub/b.yaml]\ndefaults: {env_file: .env.all}\n"
        "nodes:\n  a: {run: m:f, cwd: work}\n  c: {command: [x], cwd: '${{ run.dir }}'}\n"
    )
    made = load(str(main), environ={}).topology
    assert made is not None
    assert made.directory == str(tmp_path)
    assert (made.nodes["a"].cwd, made.nodes["b"].cwd) == (
        str(tmp_path / "work"),
        str(tmp_path / "sub" / "work"),
    )
    assert made.nodes["a"].env_files == (str(tmp_path / ".env.all"),)
    assert made.nodes["b"].env_files == (str(tmp_path / "sub" / "b.env"), "/abs.env")
    assert made.nodes["c"].cwd == "${{ run.dir }}"
    assert made.messages["M"].schema == "sub/m.proto"


def test_every_block_knows_where_its_name_stands() -> None:
    made = topology("nodes:\n  n:\n    run: m:f\n    sockets:\n      s: {type: PUB, bind: auto}\n")
    assert str(made.nodes["n"].span) == "t.yaml:4:3"
    assert str(made.nodes["n"].program.span) == "t.yaml:5:10"
    assert str(made.nodes["n"].sockets["s"].span) == "t.yaml:7:7"
    assert str(made.nodes["n"].sockets["s"].binds[0].span) == "t.yaml:7:28"
    assert str(made.place("nodes", "n", "sockets", "s", "type")) == "t.yaml:7:17"
    assert str(made.key_place("nodes", "n", "run")) == "t.yaml:5:5"


def test_a_topology_built_in_code() -> None:
    def feed() -> None: ...

    loaded = from_data(
        {
            "name": "t",
            "nodes": {
                "feed": {"sockets": {"out": {"type": SocketType.PUSH, "bind": ("auto",)}}},
                "sink": {"sockets": {"in": {"type": "PULL", "connect": "feed.out"}}},
            },
        },
        {"feed": feed, "sink": lambda x: x},
        "/somewhere",
    )
    assert loaded.diagnostics == ()
    assert loaded.topology is not None
    assert (loaded.topology.file, loaded.topology.directory) == ("<python>", "/somewhere")
    program = loaded.topology.nodes["feed"].program
    assert isinstance(program, PythonProgram)
    assert (program.target, program.function) == ("<feed>", feed)
    assert loaded.topology.nodes["sink"].program.target == "<lambda>"  # type: ignore[union-attr]


def test_a_mistake_in_code_is_a_finding_too() -> None:
    loaded = from_data({"name": "t", "nodes": {"feed": {"replicas": 0}}})
    assert sorted(d.code for d in loaded.diagnostics) == ["ZMQ035", "ZMQ036"]
    assert {d.span.file for d in loaded.diagnostics} == {"<python>"}


@pytest.mark.parametrize(
    ("written", "cpus"),
    [
        ('"0-3,6"', (0, 1, 2, 3, 6)),
        ('"0-8:4,1"', (0, 1, 4, 8)),
        ('"5"', (5,)),
        ("[3, 1, 3]", (1, 3)),
        ("", None),
    ],
)
def test_processors_as_a_list_or_as_ranges(written: str, cpus: tuple[int, ...] | None) -> None:
    assert node(f"run: m:f\nresources: {{cpus: {written}}}").resources == Resources(cpus=cpus)


def test_resources_are_merged_key_by_key_and_taken_away_by_an_empty_value() -> None:
    defaults = "defaults: {resources: {cpus: '0', nice: 5, memory: 1GB, nofile: 100}}"
    assert node("run: m:f", defaults).resources == Resources(cpus=(0,), nice=5, memory=10**9, nofile=100)
    own = node("run: m:f\nresources: {cpus: , nice: 0, memory: , nofile: 64.0}", defaults)
    assert own.resources == Resources(nice=0, nofile=64)
    assert node("run: m:f\nresources: {nice: , nofile: }", defaults).resources == Resources(
        cpus=(0,), memory=10**9
    )
