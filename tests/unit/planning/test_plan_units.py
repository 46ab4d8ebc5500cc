"""Units: programs, messages, environments, probes, dependencies."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.errors import RunError
from orchestrator.model.load import from_data, load
from orchestrator.model.types import ExecProbe, FileProbe, LogProbe, TcpProbe, ZmqProbe
from orchestrator.planning import NodePlan, Plan, UnitDependency, UnitPlan, build
from orchestrator.vocabulary import CodecName, Condition, NodeKind, SocketType

RUN = "/run/orchestrator/x"


def plan(nodes: dict[str, Any], files: dict[str, str] | None = None, **more: Any) -> Plan:
    """The plan of these nodes; `files` are the env files."""
    environ = more.pop("environ", {})
    functions = more.pop("functions", None)
    loaded = from_data({"name": "test", "nodes": nodes, **more}, functions, directory="/srv/app")
    assert loaded.topology is not None, [d.message for d in loaded.diagnostics]
    return build(loaded.topology, run_dir=RUN, environ=environ, read_text=reader(files or {}))


def reader(files: dict[str, str]) -> Any:
    def read(file: str) -> str:
        if file not in files:
            raise FileNotFoundError(file)
        return files[file]

    return read


def unit(found: Plan, name: str) -> UnitPlan:
    return found.unit(name)


def test_programs() -> None:
    def idle(message: bytes) -> None: ...

    found = plan(
        {
            "python": {"run": "market.feed:Feed", "params": {"who": "${{ node.name }}", "n": [1, "x"]}},
            "stock": {"use": "forwarder"},
            "foreign": {"command": "sleep ${{ replica.index }}"},
            "code": {"sockets": {"in": {"type": "PULL", "bind": "auto"}}},
        },
        functions={"code": idle},
    )
    assert unit(found, "python").instances[0].target == "market.feed:Feed"
    assert unit(found, "python").instances[0].params == {"who": "python", "n": [1, "x"]}
    assert unit(found, "stock").instances[0].target == "stock:forwarder"
    foreign = unit(found, "foreign")
    assert foreign.instances[0].target is None
    assert foreign.foreign is not None
    assert foreign.foreign.argv == ("sleep", "0")
    assert unit(found, "code").instances[0].function is idle


def test_what_travels() -> None:
    sockets = {
        "a": {"type": "PUSH", "bind": "auto", "message": "Tick"},
        "b": {"type": "PUSH", "bind": "auto", "message": "Order"},
        "c": {"type": "PUSH", "bind": "auto", "codec": "json"},
        "d": {"type": "PUSH", "bind": "auto", "options": {"sndhwm": 5}},
    }
    found = plan(
        {"n": {"run": "m:N", "sockets": sockets}},
        messages={
            "Tick": {"codec": "msgpack", "schema": {"type": "object"}},
            "Order": {"codec": "protobuf", "schema": "order.proto", "type": "trading.Order"},
        },
    )
    a, b, c, d = unit(found, "n").instances[0].sockets
    assert (a.codec, a.schema, a.message_type) == (CodecName.MSGPACK, {"type": "object"}, None)
    assert (b.codec, b.schema, b.message_type) == (CodecName.PROTOBUF, "order.proto", "trading.Order")
    assert c.codec is CodecName.JSON
    assert (d.codec, d.options) == (CodecName.RAW, {"sndhwm": 5})


def test_the_types_of_the_peers_are_told() -> None:
    found = plan(
        {
            "server": {"run": "m:N", "sockets": {"s": {"type": "REP", "bind": "auto"}}},
            "one": {"run": "m:N", "sockets": {"c": {"type": "REQ", "connect": "server.s"}}},
            "two": {"run": "m:N", "sockets": {"c": {"type": "DEALER", "connect": "server.s"}}},
        }
    )
    (s,) = unit(found, "server").instances[0].sockets
    assert s.peer_types == (SocketType.DEALER, SocketType.REQ)
    (c,) = unit(found, "two").instances[0].sockets
    assert c.peer_types == (SocketType.REP,)


# ---------------------------------------------------------------------- environment


def test_the_layers_of_an_environment() -> None:
    node = {
        "command": ["x"],
        "env_file": ["one.env", "two.env"],
        "env": {"C": "own ${{ node.name }}", "ORCHESTRATOR_NODE": "mine"},
    }
    files = {"/srv/app/one.env": "A=1\nB=1\nC=1\n", "/srv/app/two.env": "B=2\n"}
    env = unit(plan({"n": node}, files), "n").env
    assert (env["A"], env["B"], env["C"]) == ("1", "2", "own n")
    assert {name: value for name, value in env.items() if name.startswith("ORCHESTRATOR_")} == {
        "ORCHESTRATOR_NODE": "n",
        "ORCHESTRATOR_REPLICA": "0",
        "ORCHESTRATOR_RUN_DIR": RUN,
        "ORCHESTRATOR_TOPOLOGY": "test",
    }


def test_every_replica_knows_its_number() -> None:
    found = plan({"n": {"command": ["x", "${{ replica.index }}"], "replicas": 2}})
    assert [(u.unit, u.env["ORCHESTRATOR_REPLICA"]) for u in found.units] == [("n-0", "0"), ("n-1", "1")]
    assert [u.foreign.argv[1] for u in found.units if u.foreign] == ["0", "1"]


@pytest.mark.parametrize(
    ("node", "environ", "expected"),
    [
        ({"command": ["x"]}, {}, "1"),
        ({"command": ["x"], "env": {"PYTHONUNBUFFERED": "0"}}, {}, "0"),
        ({"command": ["x"]}, {"PYTHONUNBUFFERED": "x"}, None),
        ({"run": "m:N"}, {}, None),
    ],
)
def test_foreign_python_is_not_buffered_into_silence(
    node: dict[str, Any], environ: dict[str, str], expected: str | None
) -> None:
    assert unit(plan({"n": node}, environ=environ), "n").env.get("PYTHONUNBUFFERED") == expected


def test_a_missing_env_file_is_told_with_its_place() -> None:
    text = "version: 1\nname: t\nnodes:\n  n:\n    command: [x]\n    env_file: secrets.env\n"
    loaded = load("/srv/app/t.yaml", text=text)
    assert loaded.topology is not None
    with pytest.raises(RunError) as caught:
        build(loaded.topology, run_dir=RUN, environ={}, read_text=reader({}))
    assert caught.value.message == (
        "/srv/app/t.yaml:6:15: the env file `/srv/app/secrets.env` of `n` does not exist"
    )
    assert caught.value.remedy == "create it, or take it out of `env_file`"


def test_an_env_file_that_makes_no_sense_is_told_with_its_line() -> None:
    with pytest.raises(RunError, match=r"^/srv/app/x\.env:2:1: ") as caught:
        plan({"n": {"command": ["x"], "env_file": "x.env"}}, {"/srv/app/x.env": "A=1\nnonsense\n"})
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), "it is not UTF-8"),
    ],
)
def test_an_env_file_that_cannot_be_read(error: Exception, why: str) -> None:
    def read(file: str) -> str:
        raise error

    loaded = from_data({"name": "t", "nodes": {"n": {"command": ["x"], "env_file": "x.env"}}})
    assert loaded.topology is not None
    with pytest.raises(RunError, match=f"cannot be read: {why}"):
        build(loaded.topology, run_dir=RUN, environ={}, read_text=read)


# ---------------------------------------------------------------------- probes


def test_probes_hold_nothing_to_be_evaluated() -> None:
    def ready(**probe: Any) -> Any:
        sockets = {"s": {"type": "REP", "bind": "tcp://127.0.0.1:5000"}}
        node = {"command": ["x"], "sockets": sockets, "ready": probe, "cwd": "sub"}
        found = unit(plan({"n": node}), "n").ready
        assert found is not None
        return found.kind

    address, port = "${{ sockets.s.address }}", "${{ sockets.s.port }}"
    assert ready(tcp=["s", 80, f"127.0.0.1:{port}"]) == TcpProbe(targets=("s", "80", "127.0.0.1:5000"))
    assert ready(file="out/x.json") == FileProbe(path="/srv/app/sub/out/x.json")
    assert ready(file="${{ run.dir }}/x") == FileProbe(path=f"{RUN}/x")
    assert ready(log=f"on {port}") == LogProbe(pattern="on 5000")
    assert ready(exec=["ping", address]) == ExecProbe(argv=("ping", "tcp://127.0.0.1:5000"))
    assert ready(zmq={"socket": "s", "send": address, "expect": "OK"}) == ZmqProbe(
        socket="s", send="tcp://127.0.0.1:5000", expect="OK"
    )


def test_where_probes_knock() -> None:
    sockets = {
        "a": {"type": "REP", "bind": "tcp://*:5000"},
        "b": {"type": "SUB", "connect": "tcp://127.0.0.1:6000", "subscribe": [""]},
    }
    found = unit(plan({"n": {"command": ["x"], "sockets": sockets}}), "n")
    assert found.probe_addresses == {"a": "tcp://127.0.0.1:5000", "b": "tcp://127.0.0.1:6000"}
    assert found.probe_types == {"a": SocketType.REP, "b": SocketType.SUB}


def test_peers_are_counted_by_the_node_itself() -> None:
    sockets = {"out": {"type": "PUB", "bind": "auto"}}
    node = {"run": "m:N", "sockets": sockets, "ready": {"peers": {"socket": "out", "count": 3}}}
    assert unit(plan({"n": node}), "n").instances[0].peers_needed == {"out": 3}


def test_settings_are_carried_over() -> None:
    node = {
        "command": ["x"],
        "kind": "task",
        "timeout": "3s",
        "stdin": "hello ${{ node.name }}",
        "stop": {"signal": "SIGINT", "grace": "1s"},
        "restart": "never",
        "expendable": True,
    }
    found = unit(plan({"n": node}), "n")
    assert (found.kind, found.timeout_s, found.stdin) == (NodeKind.TASK, 3.0, "hello n")
    assert (found.stop.signal, found.stop.grace_s, found.restart.policy) == ("SIGINT", 1.0, "never")
    assert found.expendable


# ---------------------------------------------------------------------- nodes and dependencies


def test_dependencies_are_on_every_replica() -> None:
    found = plan(
        {
            "a": {"run": "m:N", "replicas": 2},
            "b": {"run": "m:N", "depends_on": {"a": {"condition": "healthy"}}, "replicas": 2},
        }
    )
    wanted = tuple(UnitDependency(unit=f"a-{i}", condition=Condition.HEALTHY) for i in (0, 1))
    assert unit(found, "b-0").depends_on == unit(found, "b-1").depends_on == wanted


def test_a_shared_process_is_one_unit() -> None:
    socket = {"out": {"type": "PUB", "bind": "inproc://x"}}
    found = plan(
        {
            "one": {"run": "m:One", "process": "p", "sockets": socket, "env": {"A": "1", "B": "1"}},
            "two": {
                "run": "m:Two",
                "process": "p",
                "replicas": 2,
                "depends_on": ["one", "base"],
                "env": {"B": "2", "C": "2"},
            },
            "base": {"run": "m:Base"},
            "last": {"run": "m:Last", "depends_on": ["two"]},
        }
    )
    shared = unit(found, "p")
    assert shared.node == "one"
    assert [i.instance for i in shared.instances] == ["one", "two-0", "two-1"]
    assert shared.depends_on == (UnitDependency(unit="base", condition=Condition.READY),)
    assert (shared.env["A"], shared.env["B"], shared.env["C"]) == ("1", "1", "2")
    assert shared.env["ORCHESTRATOR_NODE"] == "one"
    assert unit(found, "last").depends_on == (UnitDependency(unit="p", condition=Condition.READY),)
    assert [u.unit for u in found.units] == ["base", "p", "last"]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"run": "m:N"}, NodePlan(node="n", units=("n",), min_replicas=1, expendable=False)),
        (
            {"run": "m:N", "replicas": 3},
            NodePlan(node="n", units=("n-0", "n-1", "n-2"), min_replicas=3, expendable=False),
        ),
        (
            {"run": "m:N", "replicas": 3, "min_replicas": 1, "expendable": True},
            NodePlan(node="n", units=("n-0", "n-1", "n-2"), min_replicas=1, expendable=True),
        ),
        (
            {"run": "m:N", "replicas": 3, "process": "p"},
            NodePlan(node="n", units=("p",), min_replicas=1, expendable=False),
        ),
        (
            {"run": "m:N", "min_replicas": 0},
            NodePlan(node="n", units=("n",), min_replicas=0, expendable=False),
        ),
    ],
)
def test_how_many_units_a_node_needs(node: dict[str, Any], expected: NodePlan) -> None:
    assert plan({"n": node}).nodes == (expected,)


def test_resources_are_those_of_the_node_and_of_the_first_of_a_process() -> None:
    found = plan(
        {
            "alone": {"command": "x", "replicas": 2, "resources": {"cpus": "0-1"}},
            "first": {"run": "m:f", "process": "p", "resources": {"nice": 3}},
            "second": {"run": "m:f", "process": "p", "resources": {"nice": 4}},
        }
    )
    assert [unit(found, f"alone-{i}").resources.cpus for i in (0, 1)] == [(0, 1), (0, 1)]
    assert unit(found, "p").resources.nice == 3
