"""Addresses: who binds where, who connects to what, and what each program is told."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from orchestrator.errors import RunError
from orchestrator.model.load import from_data
from orchestrator.planning import Plan, build
from orchestrator.wire.launch import ConnectTarget, SocketLaunch

RUN = "/run/orchestrator/x"


def plan(nodes: dict[str, Any], *, platform: str = "posix", **top: Any) -> Plan:
    """The plan of these nodes; free ports are 40001, 40002, …"""
    loaded = from_data({"name": "test", "nodes": nodes, **top}, directory="/srv/app")
    assert loaded.topology is not None, [d.message for d in loaded.diagnostics]
    ports = count(40001)
    return build(
        loaded.topology,
        run_dir=RUN,
        environ={},
        platform=platform,
        pick_port=lambda host, user: next(ports),
    )


def socket_of(found: Plan, instance: str, socket: str) -> SocketLaunch:
    for unit in found.units:
        for launch in unit.instances:
            if launch.instance == instance:
                return next(s for s in launch.sockets if s.name == socket)
    raise KeyError(instance)


def pub(bind: Any, **more: Any) -> dict[str, Any]:
    return {"run": "m:N", "sockets": {"out": {"type": "PUB", "bind": bind}}, **more}


def sub(connect: Any, **more: Any) -> dict[str, Any]:
    return {"run": "m:N", "sockets": {"in": {"type": "SUB", "connect": connect, "subscribe": [""]}}, **more}


@pytest.mark.parametrize(
    ("bind", "replicas", "expected"),
    [
        ("tcp://127.0.0.1:5556", 1, ["tcp://127.0.0.1:5556"]),
        ("tcp://127.0.0.1:5556", 3, [f"tcp://127.0.0.1:{p}" for p in (5556, 5557, 5558)]),
        ("tcp://[::1]:5556", 2, ["tcp://[::1]:5556", "tcp://[::1]:5557"]),
        ("tcp://*:*", 2, ["tcp://*:*", "tcp://*:*"]),
        ("tcp://127.0.0.1:0", 1, ["tcp://127.0.0.1:0"]),
        ("ipc:///tmp/feed", 2, ["ipc:///tmp/feed-0", "ipc:///tmp/feed-1"]),
        ("ipc://feed.sock", None, ["ipc:///srv/app/feed.sock"]),
        ("ipc://feed.sock", 1, ["ipc:///srv/app/feed.sock-0"]),
        ("ipc://../feed", None, ["ipc:///srv/feed"]),
        ("ipc://@feed", 2, ["ipc://@feed-0", "ipc://@feed-1"]),
        ("ipc://*", 1, ["ipc://*"]),
        ("auto", 2, [f"ipc://{RUN}/n-0.out", f"ipc://{RUN}/n-1.out"]),
        ("tcp://127.0.0.1:55${{ replica.index }}0", 2, ["tcp://127.0.0.1:5500", "tcp://127.0.0.1:5510"]),
        (
            "ipc://${{ run.dir }}/${{ node.name }}",
            2,
            [f"ipc://{RUN}/n-0", f"ipc://{RUN}/n-1"],
        ),
    ],
)
def test_where_a_socket_binds(bind: str, replicas: int | None, expected: list[str]) -> None:
    found = plan({"n": pub(bind) if replicas is None else pub(bind, replicas=replicas)})
    assert [u.instances[0].sockets[0].binds[0] for u in found.units] == expected


def test_relative_paths_start_in_the_working_directory() -> None:
    found = plan({"n": pub("ipc://x", cwd="sub")})
    assert socket_of(found, "n", "out").binds == ("ipc:///srv/app/sub/x",)
    assert found.units[0].cwd == "/srv/app/sub"


def test_auto_is_tcp_where_there_is_no_ipc() -> None:
    found = plan({"n": pub("auto")}, platform="nt")
    assert socket_of(found, "n", "out").binds == ("tcp://127.0.0.1:*",)


def test_two_autos_of_one_socket_differ() -> None:
    found = plan({"n": pub(["auto", "auto"])})
    assert socket_of(found, "n", "out").binds == (f"ipc://{RUN}/n.out", f"ipc://{RUN}/n.out.1")


def test_a_long_name_is_hashed_and_a_long_directory_refused() -> None:
    name = "n" * 60
    loaded = from_data({"name": "t", "nodes": {name: pub("auto")}})
    assert loaded.topology is not None
    near = "/run/" + "d" * 60
    (bind,) = build(loaded.topology, run_dir=near, environ={}).units[0].instances[0].sockets[0].binds
    assert bind.startswith(f"ipc://{near}/")
    assert len(bind.removeprefix("ipc://")) <= 107
    with pytest.raises(RunError, match="no ipc path fits"):
        build(loaded.topology, run_dir="/run/" + "d" * 100, environ={})


def test_endpoints_stand_for_their_address() -> None:
    found = plan(
        {"n": pub("bus"), "m": sub(["bus", "exchange"])},
        endpoints={
            "bus": {"address": "tcp://127.0.0.1:7000"},
            "exchange": {"address": "tcp://10.0.0.5:9000", "external": True},
        },
    )
    assert socket_of(found, "n", "out").binds == ("tcp://127.0.0.1:7000",)
    assert socket_of(found, "m", "in").connects == (
        ConnectTarget(address=None, instance="n", socket="out"),
        ConnectTarget(address="tcp://10.0.0.5:9000"),
    )


# ---------------------------------------------------------------------- connects


def test_a_python_binder_tells_its_address_itself() -> None:
    found = plan({"a": pub(["tcp://127.0.0.1:*", "auto"], replicas=2), "b": sub("a.out")})
    assert socket_of(found, "b", "in").connects == tuple(
        ConnectTarget(address=None, instance=f"a-{i}", socket="out", index=k) for i in (0, 1) for k in (0, 1)
    )


@pytest.mark.parametrize(
    ("bind", "connect", "waits"),
    [
        ("tcp://127.0.0.1:5556", "tcp://127.0.0.1:5556", True),
        ("tcp://127.0.0.1:5556", "tcp://localhost:5556", True),
        ("tcp://*:5556", "tcp://127.0.0.1:5556", True),
        ("tcp://*:5556", "tcp://192.168.0.7:5556", False),
        ("tcp://127.0.0.1:5556", "tcp://example.org:5556", False),
        ("ipc:///tmp/x", "ipc:///tmp/x", True),
    ],
)
def test_a_connector_waits_for_whoever_will_report_its_address(bind: str, connect: str, waits: bool) -> None:
    found = plan({"a": pub(bind), "b": sub(connect)})
    (target,) = socket_of(found, "b", "in").connects
    assert target == (
        ConnectTarget(address=None, instance="a", socket="out") if waits else ConnectTarget(address=connect)
    )


def test_a_replica_is_met_at_its_own_port() -> None:
    found = plan({"a": pub("tcp://127.0.0.1:5556", replicas=3), "b": sub("tcp://127.0.0.1:5558")})
    (target,) = socket_of(found, "b", "in").connects
    assert target.instance == "a-2"


def test_inproc_is_met_in_the_same_process_only() -> None:
    found = plan(
        {
            "a": pub("inproc://x", process="p"),
            "b": sub("a.out", process="p"),
            "c": sub("inproc://x", process="p"),
        }
    )
    assert socket_of(found, "b", "in").connects == (ConnectTarget(address="inproc://x"),)
    assert socket_of(found, "c", "in").connects == (ConnectTarget(address="inproc://x"),)


# ---------------------------------------------------------------------- foreign programs


def foreign(argv: list[str], sockets: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"command": argv, "sockets": sockets, **more}


def test_a_foreign_binder_gets_a_port_and_everybody_learns_it() -> None:
    found = plan(
        {
            "g": foreign(
                ["./g", "--listen", "${{ sockets.orders.address }}", "${{ sockets.orders.port }}"],
                {"orders": {"type": "PULL", "bind": "tcp://*:*"}},
                ready={"tcp": "orders"},
            ),
            "p": {"run": "m:N", "sockets": {"out": {"type": "PUSH", "connect": "g.orders"}}},
        }
    )
    g = next(u for u in found.units if u.unit == "g")
    assert g.foreign is not None
    assert g.foreign.argv == ("./g", "--listen", "tcp://*:40001", "40001")
    assert g.env["ORCHESTRATOR_SOCKET_ORDERS"] == "tcp://*:40001"
    assert g.probe_addresses == {"orders": "tcp://127.0.0.1:40001"}
    assert socket_of(found, "p", "out").connects == (ConnectTarget(address="tcp://127.0.0.1:40001"),)


def test_replicas_of_a_foreign_binder_get_a_port_each() -> None:
    found = plan(
        {
            "g": foreign(["./g"], {"in": {"type": "PULL", "bind": "tcp://127.0.0.1:*"}}, replicas=2),
            "p": {"run": "m:N", "sockets": {"out": {"type": "PUSH", "connect": "g.in"}}},
        }
    )
    addresses = [u.env["ORCHESTRATOR_SOCKET_IN"] for u in found.units if u.node == "g"]
    assert addresses == ["tcp://127.0.0.1:40001", "tcp://127.0.0.1:40002"]
    assert [t.address for t in socket_of(found, "p", "out").connects] == addresses


def test_a_python_binder_gets_a_port_beforehand_where_a_foreign_program_must_know_it() -> None:
    found = plan(
        {
            "a": pub("tcp://127.0.0.1:*"),
            "f": foreign(["./f"], {"in-1": {"type": "SUB", "connect": "a.out", "subscribe": [""]}}),
        }
    )
    assert socket_of(found, "a", "out").binds == ("tcp://127.0.0.1:40001",)
    f = next(u for u in found.units if u.unit == "f")
    assert f.env["ORCHESTRATOR_SOCKET_IN_1"] == "tcp://127.0.0.1:40001"
    assert socket_of(found, "f", "in-1").connects == (ConnectTarget(address="tcp://127.0.0.1:40001"),)


def test_an_expression_makes_a_port_known_beforehand() -> None:
    found = plan(
        {
            "a": pub("tcp://*:*"),
            "f": foreign(["./f", "${{ nodes.a.sockets.out.address }}"], {}),
            "z": pub("tcp://*:*"),
        }
    )
    f = next(u for u in found.units if u.unit == "f")
    assert f.foreign is not None
    assert f.foreign.argv[1] == "tcp://127.0.0.1:40001"
    assert socket_of(found, "z", "out").binds == ("tcp://*:*",)


def test_a_wildcard_path_is_made_known_as_well() -> None:
    found = plan({"g": foreign(["./g"], {"in": {"type": "PULL", "bind": "ipc://*"}})})
    assert socket_of(found, "g", "in").binds == (f"ipc://{RUN}/g.in",)


def test_without_a_way_to_find_ports_the_place_is_told() -> None:
    loaded = from_data(
        {"name": "t", "nodes": {"g": foreign(["./g"], {"in": {"type": "PULL", "bind": "tcp://*:*"}})}}
    )
    assert loaded.topology is not None
    with pytest.raises(RunError, match=r"the port of `g\.in` must be known") as caught:
        build(loaded.topology, run_dir=RUN, environ={})
    assert caught.value.remedy == "give it a fixed port"


def test_all_addresses_of_a_socket_are_told() -> None:
    found = plan(
        {
            "a": pub("tcp://127.0.0.1:5000", replicas=2),
            "f": foreign(
                ["./f", "${{ sockets.in.addresses }}", "${{ nodes.a.sockets.out.addresses }}"],
                {"in": {"type": "SUB", "connect": "a.out", "subscribe": [""]}},
            ),
        }
    )
    f = next(u for u in found.units if u.unit == "f")
    both = "tcp://127.0.0.1:5000,tcp://127.0.0.1:5001"
    assert f.foreign is not None
    assert f.foreign.argv == ("./f", both, both)
    assert f.env["ORCHESTRATOR_SOCKET_IN"] == both


@pytest.mark.parametrize(
    "asking",
    [
        {"params": {"where": ["${{ sockets.out.address }}"]}},
        {"env": {"WHERE": "${{ sockets.out.address }}"}},
        {"ready": {"exec": ["ping", "${{ sockets.out.port }}"]}},
        {"ready": {"zmq": {"socket": "out"}}},
        {"health": {"tcp": "out"}},
    ],
)
def test_who_asks_for_an_address_makes_it_known(asking: dict[str, Any]) -> None:
    found = plan({"a": pub("tcp://127.0.0.1:*", **asking)})
    assert socket_of(found, "a", "out").binds == ("tcp://127.0.0.1:40001",)


def test_a_foreign_program_is_given_addresses_never_promises() -> None:
    sockets = {"in": {"type": "SUB", "connect": "tcp://127.0.0.1:5556", "subscribe": [""]}}
    found = plan({"a": pub("tcp://127.0.0.1:5556"), "f": foreign(["./f"], sockets)})
    assert socket_of(found, "f", "in").connects == (ConnectTarget(address="tcp://127.0.0.1:5556"),)
    assert found.unit("f").binders == ("a",)


def test_options_are_evaluated() -> None:
    sockets = {
        "in": {
            "type": "DEALER",
            "bind": "auto",
            "options": {"routing_id": "w${{ replica.index }}", "sndhwm": 5},
        }
    }
    found = plan({"w": {"run": "m:N", "sockets": sockets, "replicas": 2}})
    assert socket_of(found, "w-1", "in").options == {"routing_id": "w1", "sndhwm": 5}


def test_topics_and_subscriptions_are_evaluated() -> None:
    sockets = {
        "in": {"type": "SUB", "connect": "p.out", "subscribe": ["shard-${{ replica.index }}."]},
        "out": {"type": "PUB", "bind": "auto", "topics": ["${{ node.name }}-${{ replica.index }}"]},
    }
    found = plan({"w": {"run": "m:N", "sockets": sockets, "replicas": 2}, "p": pub("auto")})
    assert socket_of(found, "w-1", "in").subscribe == ("shard-1.",)
    assert socket_of(found, "w-0", "out").topics == ("w-0",)


def test_the_address_of_a_socket_that_connects_is_where_it_connects() -> None:
    found = plan(
        {
            "a": pub("tcp://127.0.0.1:5556"),
            "b": sub("a.out"),
            "f": foreign(["./f", "${{ nodes.b.sockets.in.address }}"], {}),
        }
    )
    f = found.unit("f")
    assert f.foreign is not None
    assert f.foreign.argv[1] == "tcp://127.0.0.1:5556"
