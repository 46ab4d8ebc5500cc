"""Declared links beside what monitors and the kernel saw of them."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.planning.types import Plan
from orchestrator.supervision.links.compare import compare
from orchestrator.supervision.links.types import (
    BIND,
    EndpointSeen,
    Links,
    LinkState,
    Observed,
    Process,
    Tables,
)
from orchestrator.supervision.testing import make_plan, make_unit
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch

NOW = 1000.0
AT = "tcp://127.0.0.1:5556"
OUT, IN = ("source", "out"), ("sink", "in")
TAP = Process(pid=4711, unit=None, text="pid 4711 (tap)", user="ann")


def socket(name: str, kind: SocketType, **settings: Any) -> SocketLaunch:
    return SocketLaunch(name=name, type=kind, **settings)


def instance(name: str, *sockets: SocketLaunch) -> InstanceLaunch:
    return InstanceLaunch(
        instance=name, node=name.partition("-")[0], replica=0, target="m:N", sockets=sockets
    )


def plan(
    *, python: tuple[bool, bool] = (True, True), sources: int = 1, target: ConnectTarget | None = None
) -> Plan:
    """`sink.in` binds, `source.out` (or `source-0.out` …) connects."""
    sink = make_unit(
        "sink", python=python[1], instances=(instance("sink", socket("in", SocketType.PULL, binds=(AT,))),)
    )
    names = ["source"] if sources == 1 else [f"source-{n}" for n in range(sources)]
    to = target or ConnectTarget(address=None, instance="sink", socket="in")
    out = socket("out", SocketType.PUSH, connects=(to,))
    return make_plan(sink, *(make_unit(n, python=python[0], instances=(instance(n, out),)) for n in names))


def seen(peers: int = 0, *, at: float = NOW - 5, **more: Any) -> EndpointSeen:
    return EndpointSeen(peers=peers, changed_at=at, **more)


def failing(**kinds: int) -> EndpointSeen:
    return seen(row=sum(kinds.values()), failed=kinds, failed_at=NOW - 1)


def judged(plan: Plan, sockets: dict[Any, Any], tables: Tables | None = None, **more: Any) -> Links:
    running = frozenset(u.unit for u in plan.units)
    known = {IN: (AT,)}
    return compare(
        plan, known, Observed(now=NOW, sockets=sockets, tables=tables, **({"running": running} | more))
    )


def only(links: Links) -> tuple[LinkState, str]:
    (link,) = links.links
    return link.state, link.reason


def tables(listens: Any = (), connected: Any = (), blind: bool = False) -> Tables:
    return Tables(
        listeners={AT: tuple(listens)},
        connections={AT: tuple(connected)},
        blind=frozenset({AT} if blind else ()),
    )


def of(unit: str) -> Process:
    return Process(pid=1, unit=unit, text="pid 1 (x)")


# ------------------------------------------------------------------ the connector's monitor


def test_up_since_the_handshake():
    links = judged(plan(), {OUT: {AT: seen(1, ok=3)}, IN: {BIND: seen(1)}})
    assert only(links) == (LinkState.UP, "")
    (link,) = links.links
    assert (link.since_s, link.handshakes) == (5.0, 3)
    assert (links.up, links.of_units()) == (1, {"source": (1, 1), "sink": (1, 1)})
    assert links.strangers == ()


def test_a_server_that_stands_by_is_no_link_that_is_down():
    links = judged(plan(), {OUT: {AT: seen(standby=True)}, IN: {}})
    assert only(links) == (LinkState.UP, "stands by: connected when another server fails")


def test_nobody_accepts():
    state, reason = only(judged(plan(), {OUT: {AT: seen()}, IN: {}}))
    assert (state, reason) == (LinkState.DOWN, f"nobody accepts connections at {AT}")


def test_types_that_may_not_meet():
    links = judged(plan(), {OUT: {AT: failing(types=1)}, IN: {BIND: failing(types=1)}})
    state, reason = only(links)
    assert state is LinkState.FAILING
    assert "socket types may not meet" in reason
    assert "PUSH and PULL of the file" in reason
    assert "restart `source`" in (links.links[0].remedy or "")
    assert links.links[0].failed == {"types": 1}


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ({"broken": 9}, {"key": 9}, "CURVE keys"),
        ({"mechanism": 1}, {"mechanism": 1}, "security"),
        ({"broken": 3}, {"auth": 3}, "authentication"),
        ({"broken": 3}, {"rate": 3}, "limit of rate"),
        ({"broken": 3}, {"connections": 3}, "limit of connections"),
        ({"broken": 3}, {"replaced": 3}, "a key that was replaced"),
        ({"broken": 3}, {}, "break off"),
        ({"broken": 3}, {"accept": 1}, "descriptor"),
        ({"protocol": 3}, {}, "breaks the ZeroMQ protocol"),
        ({"something-new": 3}, {}, "break off"),
    ],
)
def test_the_end_that_knows_more_is_believed(ours, theirs, words):
    _, reason = only(judged(plan(), {OUT: {AT: failing(**ours)}, IN: {BIND: failing(**theirs)}}))
    assert words in reason


def test_an_old_failure_of_somebody_else_explains_nothing():
    old = seen(row=1, failed={"key": 1}, failed_at=NOW - 100)
    _, reason = only(judged(plan(), {OUT: {AT: failing(broken=2)}, IN: {BIND: old}}))
    assert "break off" in reason


def test_a_connection_without_a_handshake():
    frozen = {OUT: {AT: seen(open=1)}, IN: {}}
    assert only(judged(plan(), frozen)) == (
        LinkState.FAILING,
        "connected, but `sink` does not finish the handshake",
    )
    young = {OUT: {AT: seen(open=1, at=NOW - 0.1)}, IN: {}}
    assert only(judged(plan(), young))[0] is LinkState.DOWN


@pytest.mark.parametrize("unit", ["source", "sink"])
def test_a_unit_that_does_not_run_explains_it(unit):
    running = frozenset({"source", "sink"} - {unit})
    links = judged(plan(), {OUT: {AT: seen()}}, running=running, states={unit: "in backoff"})
    assert only(links) == (LinkState.DOWN, f"`{unit}` is in backoff")


def test_the_port_is_held_by_another():
    links = judged(plan(python=(True, False)), {OUT: {AT: seen(1)}}, tables([TAP]))
    state, reason = only(links)
    assert (state, reason) == (
        LinkState.FAILING,
        f"{AT} is held by pid 4711 (tap) of user ann, not by `sink`",
    )
    assert links.strangers == ()


def test_a_listener_on_the_same_port_beside_the_binder_is_no_thief():
    assert only(judged(plan(), {OUT: {AT: seen(1)}, IN: {}}, tables([TAP, of("sink")])))[0] is LinkState.UP


def test_an_address_outside():
    outside = ConnectTarget(address="tcp://10.0.0.5:9000")
    links = judged(plan(target=outside), {OUT: {"tcp://10.0.0.5:9000": seen()}})
    assert links.links[0].declared.binder is None
    assert "outside" in (links.links[0].remedy or "")


def test_a_fixed_address_finds_its_binder():
    links = judged(plan(target=ConnectTarget(address="tcp://localhost:5556")), {})
    binder = links.links[0].declared.binder
    assert binder is not None
    assert binder.ref == "sink.in"


# ------------------------------------------------------------------ the binder's monitor


FOREIGN = (False, True)


def test_a_foreign_connector_is_the_peer_that_nobody_else_accounts_for():
    assert only(judged(plan(python=FOREIGN), {IN: {BIND: seen(1)}}))[0] is LinkState.UP
    assert only(judged(plan(python=FOREIGN), {IN: {BIND: seen(0)}}))[0] is LinkState.DOWN
    assert only(judged(plan(python=FOREIGN), {IN: {}}))[0] is LinkState.DOWN


def test_a_foreign_connector_of_a_wrong_type():
    links = judged(plan(python=FOREIGN), {IN: {BIND: failing(types=7)}}, tables([of("sink")]))
    state, reason = only(links)
    assert (state, "may not meet" in reason) == (LinkState.FAILING, True)


def test_a_wrong_type_is_refused_once_and_remembered():
    once = seen(row=0, failed={"types": 1}, failed_at=NOW - 400)
    links = judged(plan(python=FOREIGN), {IN: {BIND: once}}, tables([of("sink")]))
    assert only(links)[0] is LinkState.FAILING
    anew = judged(plan(python=FOREIGN), {IN: {BIND: once}}, tables([of("sink")]), began={"source": NOW - 300})
    assert only(anew)[0] is LinkState.DOWN


def test_a_probe_that_knocked_long_ago_is_no_failure():
    knocked = seen(row=1, failed={"broken": 1}, failed_at=NOW - 60)
    assert (
        only(judged(plan(python=FOREIGN), {IN: {BIND: knocked}}, tables([of("sink")])))[0] is LinkState.DOWN
    )


def test_which_of_two_foreign_connectors_is_told_by_the_kernel():
    two = plan(python=FOREIGN, sources=2)
    links = judged(two, {IN: {BIND: seen(1)}}, tables([of("sink")], [of("source-1")]))
    assert [link.state for link in links.links] == [LinkState.DOWN, LinkState.UP]
    links = judged(two, {IN: {BIND: seen(1)}}, tables([of("sink")], blind=True))
    assert {link.state for link in links.links} == {LinkState.UNKNOWN}
    links = judged(two, {IN: {BIND: seen(2)}}, tables([of("sink")], blind=True))
    assert {link.state for link in links.links} == {LinkState.UP}


def test_connected_and_never_through_the_handshake():
    links = judged(plan(python=FOREIGN), {IN: {BIND: seen(0)}}, tables([of("sink")], [of("source")]))
    assert only(links) == (LinkState.FAILING, "connected, but `sink` does not finish the handshake")


# ------------------------------------------------------------------ the kernel alone


@pytest.mark.parametrize(
    ("table", "state"),
    [
        (tables([of("sink")], [of("source")]), LinkState.UP),
        (tables([of("sink")]), LinkState.DOWN),
        (tables(blind=True), LinkState.UNKNOWN),
        (None, LinkState.UNKNOWN),
    ],
)
def test_two_foreign_programs(table, state):
    assert only(judged(plan(python=(False, False)), {}, table))[0] is state


# ------------------------------------------------------------------ strangers


def test_a_peer_that_nobody_declared():
    links = judged(
        plan(), {OUT: {AT: seen(1)}, IN: {BIND: seen(2)}}, tables([of("sink")], [of("source"), TAP, TAP])
    )
    (stranger,) = links.strangers
    assert (stranger.binder.ref, stranger.who, stranger.pid, stranger.user) == (
        "sink.in",
        "pid 4711 (tap)",
        4711,
        "ann",
    )


def test_a_unit_without_a_link_there_is_a_stranger_too():
    links = judged(plan(), {}, tables([of("sink")], [of("source"), of("sink"), of("other")]))
    assert [s.who for s in links.strangers] == ["unit `other`"]


def test_where_the_kernel_does_not_say_who_they_are_counted():
    for table in (None, tables(blind=True)):
        links = judged(plan(), {OUT: {AT: seen(1)}, IN: {BIND: seen(3)}}, table)
        assert [s.who for s in links.strangers] == ["2 peers"]
    assert judged(plan(), {IN: {BIND: seen(1)}}).strangers == ()


def test_who_may_come_from_outside_is_no_stranger():
    from dataclasses import replace

    open_ = replace(plan(), open_sockets=frozenset({"sink.in"}))
    assert judged(open_, {}, tables([of("sink")], [TAP])).strangers == ()


def test_inproc_links_need_no_witness():
    inside = make_unit(
        "both",
        instances=(
            instance("sink", socket("in", SocketType.PULL, binds=("inproc://x",))),
            instance(
                "source",
                socket("out", SocketType.PUSH, connects=(ConnectTarget(address="inproc://x"),)),
            ),
        ),
    )
    links = compare(make_plan(inside), {}, Observed(now=NOW, sockets={}, running=frozenset({"both"})))
    assert only(links)[0] is LinkState.UP
    assert links.of_units() == {"both": (1, 1)}


def test_who_was_turned_away_is_counted_at_the_socket_that_did_it():
    at_binder = seen(row=9, failed={"auth": 5, "rate": 2, "broken": 2}, failed_at=NOW - 3)
    links = judged(plan(), {OUT: {AT: failing(broken=1)}, IN: {BIND: at_binder}})
    (refused,) = links.refused
    assert (refused.binder.key, refused.kinds, refused.last_s) == (IN, {"auth": 5, "rate": 2}, 3)


def test_a_probe_is_not_turned_away():
    at_binder = seen(row=2, failed={"broken": 2}, failed_at=NOW - 3)
    assert judged(plan(), {OUT: {AT: seen(peers=1)}, IN: {BIND: at_binder}}).refused == ()
