"""Start order, and who waits for which binders."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.model.load import from_data
from orchestrator.planning import Plan, build
from orchestrator.supervision.machine import is_up
from orchestrator.supervision.testing import World


def plan(nodes: dict[str, Any]) -> Plan:
    loaded = from_data({"name": "test", "nodes": nodes}, directory="/srv/app")
    assert loaded.topology is not None, [d.message for d in loaded.diagnostics]
    return build(loaded.topology, run_dir="/run/x", environ={}, pick_port=lambda host, user: 40001)


def node(
    *, binds: bool = False, connects: str | list[str] = "", foreign: bool = False, **more: Any
) -> dict[str, Any]:
    sockets: dict[str, Any] = {}
    if binds:
        sockets["out"] = {"type": "PUB", "bind": "auto"}
    if connects:
        to = [connects] if isinstance(connects, str) else connects
        sockets["in"] = {"type": "SUB", "connect": [f"{name}.out" for name in to], "subscribe": [""]}
    program: dict[str, Any] = {"command": ["x"]} if foreign else {"run": "m:N"}
    return {**program, "sockets": sockets, **more}


def order(found: Plan) -> list[str]:
    return [unit.unit for unit in found.units]


def binders(found: Plan, unit: str) -> tuple[str, ...]:
    return found.unit(unit).binders


def test_binders_come_before_connectors_whatever_the_file_says() -> None:
    found = plan({"c": node(connects="b"), "b": node(binds=True, connects="a"), "a": node(binds=True)})
    assert order(found) == ["a", "b", "c"]
    assert binders(found, "c") == ("b",)


def test_what_is_free_keeps_the_order_of_the_file() -> None:
    found = plan({name: node() for name in ("z", "m", "a")})
    assert order(found) == ["z", "m", "a"]


def test_dependencies_come_first() -> None:
    found = plan({"a": node(depends_on=["b"]), "b": node(depends_on=["c"]), "c": node()})
    assert order(found) == ["c", "b", "a"]


def test_a_duty_outweighs_the_wish_and_nobody_waits_in_a_circle() -> None:
    """The binder depends on its connector: waiting for each other would never end."""
    found = plan({"binder": node(binds=True, depends_on=["connector"]), "connector": node(connects="binder")})
    assert order(found) == ["connector", "binder"]
    assert binders(found, "connector") == ()


def test_a_python_connector_may_wait_for_a_later_binder_when_nobody_waits_for_it() -> None:
    found = plan({"a": node(binds=True, connects="b"), "b": node(binds=True, connects="a")})
    assert order(found) == ["a", "b"]
    assert binders(found, "a") == ("b",)
    assert binders(found, "b") == ("a",)


def test_in_a_circle_a_foreign_program_waits_and_is_not_waited_for() -> None:
    found = plan({"f": node(binds=True, connects="p", foreign=True), "p": node(binds=True, connects="f")})
    assert order(found) == ["p", "f"]
    assert binders(found, "f") == ("p",)
    assert binders(found, "p") == ("f",)


def test_foreign_programs_in_a_circle_start_in_the_order_of_the_file() -> None:
    found = plan(
        {
            "f": node(binds=True, connects="g", foreign=True),
            "g": node(binds=True, connects="f", foreign=True),
        }
    )
    assert order(found) == ["f", "g"]
    assert (binders(found, "f"), binders(found, "g")) == ((), ("f",))


def test_replicas_that_meet_each_other_wait_for_the_others() -> None:
    found = plan({"r": node(binds=True, connects="r", replicas=3)})
    assert binders(found, "r-1") == ("r-0", "r-2")


def test_foreign_replicas_that_meet_each_other_do_not_wait() -> None:
    found = plan({"r": node(binds=True, connects="r", replicas=2, foreign=True)})
    assert [u.binders for u in found.units] == [(), ()]


def test_workers_of_one_broker_share_what_they_wait_for() -> None:
    found = plan({"w": node(connects="b", replicas=50), "b": node(binds=True)})
    assert found.unit("w-0").binders is found.unit("w-49").binders


def test_a_shared_process_waits_for_the_binders_of_all_its_nodes() -> None:
    found = plan(
        {
            "one": node(connects="a", process="p"),
            "two": node(connects="b", process="p"),
            "a": node(binds=True),
            "b": node(binds=True),
        }
    )
    assert order(found) == ["a", "b", "p"]
    assert binders(found, "p") == ("a", "b")


def test_an_outside_system_is_not_waited_for() -> None:
    sockets = {"in": {"type": "SUB", "connect": "tcp://10.0.0.5:9000", "subscribe": [""]}}
    assert binders(plan({"n": {"run": "m:N", "sockets": sockets}}), "n") == ()


@pytest.mark.parametrize(
    "nodes",
    [
        {"a": node(binds=True, connects="b"), "b": node(binds=True, connects="a")},
        {"f": node(binds=True, connects="p", foreign=True), "p": node(binds=True, connects="f")},
        {"b": node(binds=True, depends_on=["c"]), "c": node(connects="b")},
        {"b": node(binds=True, depends_on=["c"], foreign=True), "c": node(connects="b")},
        {"b": node(binds=True, depends_on=["c"]), "c": node(connects="b", foreign=True)},
        {"r": node(binds=True, connects="r", replicas=3), "s": node(depends_on=["r"])},
        {
            "a": node(binds=True, connects="c"),
            "b": node(binds=True, connects="a", depends_on=["a"]),
            "c": node(binds=True, connects="b", depends_on=["b"], foreign=True),
        },
    ],
)
def test_every_circle_comes_up(nodes: dict[str, Any]) -> None:
    world = World(plan(nodes))
    world.start()
    assert is_up(world.state), world.states()


def test_the_same_file_gives_the_same_plan() -> None:
    nodes = {
        f"n{i}": node(binds=True, connects=[f"n{(i * 7 + 3) % 20}", f"n{(i + 1) % 20}"]) for i in range(20)
    }
    assert order(plan(nodes)) == order(plan(nodes))
