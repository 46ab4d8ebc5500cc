"""Plans of tests: every fixed address moves, for all its ends alike, and nodes can be left out."""

from __future__ import annotations

from itertools import count

import pytest

from orchestrator import Topology
from orchestrator.planning.build import build
from orchestrator.planning.types import Plan
from orchestrator.testing.isolation import Isolated, isolated
from orchestrator.vocabulary import SocketType

RUN = "/run/t"


def planned(nodes, **keys) -> Plan:
    topology = Topology("t", nodes=nodes, directory="/", **keys)
    ports = count(50_000)
    return build(topology.checked(), run_dir=RUN, environ={}, pick_port=lambda host, user: next(ports))


def moved(nodes, *, without=(), keep=(), **keys) -> Isolated:
    ports = count(20_001)
    return isolated(planned(nodes, **keys), pick_port=lambda: next(ports), without=without, keep=keep)


def python(**sockets):
    return {"run": "json:loads", "sockets": sockets}


def launch(run: Isolated, instance: str, socket: str):
    found = [i for u in run.plan.units for i in u.instances if i.instance == instance]
    return next(s for s in found[0].sockets if s.name == socket)


def addresses(run: Isolated, instance: str, socket: str) -> list[str | None]:
    found = launch(run, instance, socket)
    return [*found.binds, *(target.address for target in found.connects)]


REP = {"type": "REP", "bind": "tcp://127.0.0.1:5555"}


@pytest.mark.parametrize(
    "bind",
    ["tcp://127.0.0.1:5555", "tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://[::1]:5555", "tcp://lo:5555"],
)
def test_a_port_moves_to_a_free_one_of_this_machine(bind):
    run = moved({"a": python(s={"type": "REP", "bind": bind, "options": {"ipv6": "[" in bind}})})
    assert addresses(run, "a", "s") == ["tcp://127.0.0.1:20001"]
    assert run.moved[bind] == "tcp://127.0.0.1:20001"


@pytest.mark.parametrize("to", ["tcp://127.0.0.1:5555", "tcp://localhost:5555"])
def test_a_connect_follows_its_binder(to):
    asks = {"type": "REQ", "connect": to}
    nodes = {
        "a": python(s={"type": "REP", "bind": "tcp://*:5555"}),
        "b": python(s=asks),
        "c": {"command": ["c", to], "sockets": {"s": asks}},
    }
    run = moved(nodes)
    assert launch(run, "b", "s").connects[0].instance == "a"
    assert addresses(run, "c", "s") == ["tcp://127.0.0.1:20001"]
    assert run.plan.unit("c").foreign.argv == ("c", "tcp://127.0.0.1:20001")


def test_replicas_keep_a_port_each():
    node = {**python(s=REP), "replicas": 3}
    run = moved({"a": node})
    found = [addresses(run, f"a-{i}", "s")[0] for i in range(3)]
    assert found == ["tcp://127.0.0.1:20001", "tcp://127.0.0.1:20002", "tcp://127.0.0.1:20003"]


def test_a_path_moves_into_the_directory_of_the_run():
    run = moved(
        {
            "a": python(s={"type": "REP", "bind": "ipc:///tmp/x.sock"}),
            "b": {
                "command": ["b", "--at", "/tmp/x.sock"],
                "sockets": {"s": {"type": "REQ", "connect": "ipc:///tmp/x.sock"}},
            },
        }
    )
    (address,) = addresses(run, "a", "s")
    assert address.startswith(f"ipc://{RUN}/") and address.endswith(".x.sock")
    assert addresses(run, "b", "s") == [address]
    assert run.plan.unit("b").foreign.argv == ("b", "--at", address.removeprefix("ipc://"))


def test_two_paths_of_one_name_stay_two():
    run = moved(
        {
            "a": python(s={"type": "REP", "bind": "ipc:///tmp/x"}),
            "b": python(s={"type": "REP", "bind": "ipc:///var/x"}),
        }
    )
    assert addresses(run, "a", "s") != addresses(run, "b", "s")


def test_auto_and_wildcards_stay():
    nodes = {
        "a": python(s={"type": "REP", "bind": "auto"}),
        "b": python(s={"type": "REP", "bind": "tcp://127.0.0.1:*"}),
    }
    run = moved(nodes)
    assert addresses(run, "a", "s") == [f"ipc://{RUN}/a.s"]
    assert addresses(run, "b", "s") == ["tcp://127.0.0.1:*"]
    assert run.moved == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("--port=5555", "--port=20001"),
        ("5555", "20001"),
        ("-p5555", "-p20001"),
        ("-v -p5555", "-v -p20001"),
        ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:20001"),
        ("tcp://*:5555", "tcp://*:20001"),
        ("127.0.0.1:5555", "127.0.0.1:20001"),
        ("http://localhost:5555/x", "http://localhost:20001/x"),
        ("a 5555, b", "a 20001, b"),
        ("15555", "15555"),
        ("5555.5", "5555.5"),
        ("worker5555", "worker5555"),
        ("5555-5560", "5555-5560"),
        ("/var/5555/x", "/var/5555/x"),
    ],
)
def test_words_of_a_foreign_program_follow(old, new):
    node = {"command": ["server", old], "env": {"AT": old}, "stdin": old, "sockets": {"s": REP}}
    unit = moved({"a": node}).plan.unit("a")
    assert unit.foreign.argv[1] == unit.env["AT"] == unit.stdin == new


def test_what_the_planner_tells_a_foreign_program_follows():
    unit = moved({"a": {"command": ["x", "${{ sockets.s.port }}"], "sockets": {"s": REP}}}).plan.unit("a")
    assert unit.env["ORCHESTRATOR_SOCKET_S"] == "tcp://127.0.0.1:20001"
    assert unit.foreign.argv == ("x", "20001")
    assert unit.probe_addresses == {"s": "tcp://127.0.0.1:20001"}


def test_a_foreign_binder_of_one_interface_stays_there():
    node = {
        "command": ["x", "--host", "127.0.0.2", "--port", "5555"],
        "sockets": {"s": {"type": "REP", "bind": "tcp://127.0.0.2:5555"}},
    }
    run = moved({"a": node})
    assert addresses(run, "a", "s") == ["tcp://127.0.0.2:20001"]
    assert run.plan.unit("a").foreign.argv == ("x", "--host", "127.0.0.2", "--port", "20001")


def test_probes_and_params_follow():
    nodes = {
        "a": {"command": ["x", "--http", "8080"], "ready": {"tcp": 8080}, "sockets": {"s": REP}},
        "b": {
            **python(s={"type": "REQ", "connect": "a.s"}),
            "params": {"at": ["tcp://127.0.0.1:5555"], "n": 5555},
        },
    }
    run = moved(nodes)
    assert run.plan.unit("a").foreign.argv == ("x", "--http", "20002")
    assert run.plan.unit("a").ready.kind.targets == ("20002",)
    assert run.plan.unit("b").instances[0].params == {"at": ["tcp://127.0.0.1:20001"], "n": 5555}


def test_another_machine_is_not_reached():
    endpoints = {"venue": {"address": "tcp://venue.example.com:5555", "type": "REP", "external": True}}
    nodes = {"a": python(s={"type": "REQ", "connect": "venue"}), "b": python(s=REP)}
    run = moved(nodes, endpoints=endpoints)
    assert addresses(run, "b", "s") == ["tcp://127.0.0.1:20001"]
    assert addresses(run, "a", "s") == ["tcp://127.0.0.1:20002"]
    kept = moved(nodes, endpoints=endpoints, keep=["tcp://venue.example.com:5555"])
    assert addresses(kept, "a", "s") == ["tcp://venue.example.com:5555"]


def test_none_moves_nothing():
    nodes = {"a": {"command": ["x", "5555"], "sockets": {"s": REP}}}
    assert moved(nodes, keep=None).plan == planned(nodes)


def test_a_node_that_is_left_out_leaves_its_addresses_to_the_test():
    nodes = {
        "feed": python(out={"type": "PUB", "bind": "tcp://127.0.0.1:*"}),
        "b": {**python(i={"type": "SUB", "connect": "feed.out", "subscribe": ["x"]}), "depends_on": ["feed"]},
    }
    run = moved(nodes, without=["feed"])
    assert [unit.unit for unit in run.plan.units] == ["b"]
    assert [node.node for node in run.plan.nodes] == ["b"]
    assert run.plan.unit("b").depends_on == run.plan.unit("b").binders == ()
    gone = run.absent["feed", "out"]
    assert (gone.type, gone.binds) == (SocketType.PUB, ("tcp://127.0.0.1:20001",))
    assert addresses(run, "b", "i") == list(gone.binds)


def test_one_of_two_in_a_process_can_be_left_out():
    nodes = {
        "a": {**python(s=REP), "process": "p"},
        "b": {**python(s={"type": "REQ", "connect": "a.s"}), "process": "p"},
    }
    run = moved(nodes, without=["b"])
    assert [i.instance for i in run.plan.unit("p").instances] == ["a"]
    assert [target.instance for target in run.absent["b", "s"].connects] == ["a"]
