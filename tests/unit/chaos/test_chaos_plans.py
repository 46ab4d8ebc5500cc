"""Schedules, rerouted plans, sums at the ends of links, findings: values in, values out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.chaos import checks, counting
from orchestrator.chaos.rerouting import passages, rerouted
from orchestrator.chaos.schedule import Station, schedule, stations
from orchestrator.chaos.types import (
    ALL,
    Across,
    Aim,
    Cut,
    Expect,
    Experiment,
    Fault,
    Freeze,
    Hold,
    Kill,
    What,
)
from orchestrator.chaos.verdict import Finding, Happened, Verdict, fields
from orchestrator.errors import RunError
from orchestrator.model.links import links
from orchestrator.model.load import load
from orchestrator.model.types import Topology
from orchestrator.planning.build import build
from orchestrator.planning.types import Plan
from orchestrator.runtime.reports import SocketTraffic
from orchestrator.span import NOWHERE
from orchestrator.supervision.status import snapshot
from orchestrator.supervision.testing import World, make_plan, make_unit


def fault(what: What, *, after_s: float = 0.0, every_s: float = 1.0, times: int = 1) -> Fault:
    return Fault(
        what=what, after_s=after_s, every_s=every_s, times=times, expect=Expect(), span=NOWHERE, path=()
    )


def experiment(*faults: Fault) -> Experiment:
    return Experiment(name="e", file="e.yaml", topology="t.yaml", faults=faults)


def topology(nodes: str, endpoints: str = "") -> Topology:
    loaded = load("t.yaml", text=f"version: 1\nname: t\nnodes:\n{nodes}{endpoints}", environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


def planned(made: Topology) -> Plan:
    return build(made, run_dir="/run/t", environ={}, pick_port=lambda *_: 4000)


# ---------------------------------------------------------------------- schedule

CREW = (
    Station(unit="a", replicas=(("a", 0),)),
    Station(unit="b-0", replicas=(("b", 0),)),
    Station(unit="b-1", replicas=(("b", 1),)),
    Station(unit="job", replicas=(("job", 0),), service=False),
    Station(unit="both", replicas=(("c", 0), ("d", 0))),
)


def test_faults_are_due_in_order() -> None:
    made = experiment(
        fault(Kill(aim=Aim(node="a"), signum=9), after_s=1, every_s=2, times=3),
        fault(Freeze(aim=Aim(node="b", replica=ALL), for_s=1), after_s=2.5),
        fault(Cut(across=Across(link="x.y"), for_s=1), after_s=1),
    )
    found = schedule(made, CREW, 1)
    assert [(a.number, a.at_s, a.fault.kind, a.units) for a in found] == [
        (1, 1, "kill", ("a",)),
        (2, 1, "cut", ()),
        (3, 2.5, "freeze", ("b-0", "b-1")),
        (4, 3, "kill", ("a",)),
        (5, 5, "kill", ("a",)),
    ]


def test_the_seed_decides_and_nothing_else() -> None:
    made = experiment(fault(Kill(aim=Aim(node="any"), signum=9), times=200))
    units = [a.units for a in schedule(made, CREW, 7)]
    assert units == [a.units for a in schedule(made, CREW, 7)]
    assert units != [a.units for a in schedule(made, CREW, 8)]
    assert {unit for hit in units for unit in hit} == {"a", "b-0", "b-1", "both"}  # no task


def test_a_shared_process_is_hit_by_each_of_its_nodes() -> None:
    made = experiment(fault(Kill(aim=Aim(node="d"), signum=9)))
    assert schedule(made, CREW, 1)[0].units == ("both",)


def test_stations_of_a_plan() -> None:
    plan = make_plan(make_unit("a"), make_unit("b"))
    assert stations(plan) == (
        Station(unit="a", replicas=(("a", 0),)),
        Station(unit="b", replicas=(("b", 0),)),
    )


# ---------------------------------------------------------------------- forwarders in the plan

LINE = """\
  source: {run: "m:f", sockets: {out: {type: PUSH, connect: sink.in}}}
  sink: {run: "m:f", replicas: 2, sockets: {in: {type: PULL, bind: auto}, ctl: {type: REP, bind: 'tcp://*:5555'}}}
  caller: {run: "m:f", sockets: {ask: {type: REQ, connect: ['tcp://localhost:5555', far]}}}
  foreign: {command: [x, '--to=${{ sockets.q.address }}'], env: {AT: 'localhost:5556 tcp://localhost:5556'}, sockets: {q: {type: REQ, connect: 'tcp://localhost:5556'}}}
"""
FAR = "endpoints:\n  far: {address: 'tcp://far:1', type: REP, external: true}\n"


def crossing(link: str, source: str | None = None) -> Experiment:
    return experiment(fault(Hold(across=Across(link=link, source=source), for_s=1)))


@pytest.mark.parametrize(
    ("link", "source", "told"),
    [
        ("sink.in", None, ["source.out → sink-0.in", "source.out → sink-1.in"]),
        ("sink.in", "source", ["source.out → sink-0.in", "source.out → sink-1.in"]),
        ("sink.in", "source.other", []),
        ("sink.ctl", None, ["caller.ask → sink-0.ctl", "foreign.q → sink.ctl"]),
        ("sink.ctl", "foreign.q", ["foreign.q → sink.ctl"]),
        ("far", None, ["caller.ask → far"]),
    ],
)
def test_passages(link: str, source: str | None, told: list[str]) -> None:
    made = topology(LINE, FAR)
    found = passages(planned(made), links(made), crossing(link, source))
    assert [passage.told for passage in found] == told


def test_nothing_is_looked_for_without_faults_of_links() -> None:
    made = topology(LINE, FAR)
    assert passages(planned(made), links(made), experiment(fault(Kill(aim=Aim(node="any"), signum=9)))) == ()


def test_those_who_connect_are_led_through_forwarders() -> None:
    made = topology(LINE, FAR)
    plan = planned(made)
    new = rerouted(
        plan,
        {
            ("source", "out", 1): "ipc:///run/t/x0",
            ("caller", "ask", 0): "tcp://127.0.0.1:7000",
            ("foreign", "q", 0): "tcp://127.0.0.1:7001",
        },
    )
    (out,) = new.unit("source").instances[0].sockets
    assert [target.address for target in out.connects] == [None, "ipc:///run/t/x0"]
    (ask,) = new.unit("caller").instances[0].sockets
    assert [target.address for target in ask.connects] == ["tcp://127.0.0.1:7000", "tcp://far:1"]
    foreign = new.unit("foreign")
    assert foreign.foreign is not None
    assert foreign.foreign.argv == ("x", "--to=tcp://127.0.0.1:7001")
    assert foreign.env["AT"] == "127.0.0.1:7001 tcp://127.0.0.1:7001"
    assert foreign.env["ORCHESTRATOR_SOCKET_Q"] == "tcp://127.0.0.1:7001"
    assert new.unit("sink-0") is plan.unit("sink-0")


def test_a_program_that_is_not_told_its_address_cannot_be_led() -> None:
    plan = planned(topology(LINE, FAR))
    unit = replace(plan.unit("foreign"), env={})
    assert unit.foreign is not None
    deaf = replace(unit, foreign=replace(unit.foreign, argv=("x", "tcp://localhost:55567")))
    with pytest.raises(RunError, match="foreign is not told the address tcp://localhost:5556"):
        rerouted(replace(plan, units=(deaf,)), {("foreign", "q", 0): "tcp://127.0.0.1:7001"})


# ---------------------------------------------------------------------- counting


def grouped(nodes: str, endpoints: str = "") -> list[tuple[str, str | None]]:
    made = topology(nodes, endpoints)
    return [(group.told, group.unknown) for group in counting.groups(made, links(made))]


def test_groups_upstream_first() -> None:
    found = grouped(
        """\
  sink: {run: "m:f", sockets: {in: {type: PULL, bind: auto}}}
  mid: {run: "m:f", sockets: {out: {type: PUSH, connect: sink.in}, in: {type: PULL, bind: auto}}}
  one: {run: "m:f", sockets: {out: {type: PUSH, connect: mid.in}}}
  two: {run: "m:f", sockets: {out: {type: PUSH, connect: [mid.in]}, ask: {type: DEALER, connect: serve.s}}}
  serve: {run: "m:f", sockets: {s: {type: ROUTER, bind: auto}, news: {type: PUB, bind: auto}}}
  fan: {run: "m:f", sockets: {news: {type: SUB, connect: serve.news, subscribe: [""]}}}
"""
    )
    assert found == [
        ("one.out, two.out → mid.in", None),
        ("mid.out → sink.in", None),
        ("two.ask → serve.s", None),
    ] or found == [
        ("two.ask → serve.s", None),
        ("one.out, two.out → mid.in", None),
        ("mid.out → sink.in", None),
    ]


def test_groups_about_which_nothing_can_be_told() -> None:
    assert grouped(
        """\
  a: {run: "m:f", sockets: {out: {type: PUSH, connect: b.in}}}
  b: {command: [b], sockets: {in: {type: PULL, bind: "tcp://*:5555"}}}
"""
    ) == [("a.out → b.in", "b.in is of a foreign program, which counts nothing")]
    ((_, unknown),) = grouped(
        """\
  a: {run: "m:f", sockets: {ask: {type: REQ, connect: q.frontend}}}
  q: {use: queue, sockets: {frontend: {type: ROUTER, bind: auto}, backend: {type: DEALER, bind: auto}}}
"""
    )
    assert unknown is not None and "counts frames" in unknown
    ((_, unknown),) = grouped(
        '  a: {run: "m:f", sockets: {out: {type: PUSH, connect: far}}}\n',
        "endpoints:\n  far: {address: 'tcp://far:1', type: PULL, external: true}\n",
    )
    assert unknown == "a.out is linked to what is outside of the topology"


def test_dealers_among_themselves_are_no_group() -> None:
    assert (
        grouped(
            """\
  a: {run: "m:f", sockets: {x: {type: DEALER, connect: b.y}}}
  b: {run: "m:f", sockets: {y: {type: DEALER, bind: auto}}}
"""
        )
        == []
    )


def test_a_circle_ends() -> None:
    assert (
        len(
            grouped(
                """\
  a: {run: "m:f", sockets: {o: {type: PUSH, connect: b.i}, i: {type: PULL, bind: auto}}}
  b: {run: "m:f", sockets: {o: {type: PUSH, connect: a.i}, i: {type: PULL, bind: auto}}}
"""
            )
        )
        == 2
    )


def test_senders_are_made_patient() -> None:
    made = topology(
        """\
  a: {run: "m:f", sockets: {o: {type: PUSH, connect: b.i}, p: {type: PUSH, connect: b.i, options: {linger: 5}}}}
  b: {run: "m:f", sockets: {i: {type: PULL, bind: auto}}}
"""
    )
    plan = planned(made)
    new = counting.patient(plan, counting.groups(made, links(made)))
    assert [dict(s.options) for s in new.unit("a").instances[0].sockets] == [{"linger": -1}, {"linger": 5}]
    assert new.unit("a").stop.grace_s == counting.STOP_S
    assert new.unit("b") == plan.unit("b")


def traffic(node: str, **counts: int) -> SocketTraffic:
    return SocketTraffic(node=node, counted_s=1.0, **counts)


def test_sums_and_verdicts() -> None:
    group = counting.Group(senders=("a.o",), receivers=("b.i",))
    told = {
        ("a-0", "o"): traffic("a", sent=3),
        ("a-1", "o"): traffic("a", sent=4, received=9),
        ("b", "i"): traffic("b", received=6, sent=9),
        ("b", "o"): traffic("b", received=5),
    }
    assert counting.sums(group, told) == (7, 6)
    assert counting.judged(group, 7, 7).held is True
    assert counting.judged(group, 7, 6).told == "a.o → b.i: 7 sent, 6 received: 1 lost"
    assert counting.judged(group, 6, 7).held is False
    assert counting.untold(group, "why").held is None


# ---------------------------------------------------------------------- checks


def world() -> World:
    made = World(make_plan(make_unit("a"), make_unit("b")))
    made.start()
    return made


def test_one_that_was_killed_is_back_when_it_has_another_process() -> None:
    running = world()
    were = checks.before(snapshot(running.state))
    assert not checks.is_back(snapshot(running.state), were, {"a"})
    assert checks.is_back(snapshot(running.state), were, set())
    running.exits("a", signal=9)
    assert not checks.is_back(snapshot(running.state), were, {"a"})
    late = checks.ready_again(None, 2.0, snapshot(running.state), were, None)
    assert (late.held, "a is backoff" in late.told) == (False, True)
    running.advance(1)
    assert checks.is_back(snapshot(running.state), were, {"a"})
    found = checks.ready_again(0.5, 2.0, snapshot(running.state), were, None)
    assert (found.held, found.told) == (
        True,
        "all were ready after 0.5 s; a was replaced (killed by SIGKILL)",
    )


def test_others_are_all_but_the_victims() -> None:
    running = world()
    were = checks.before(snapshot(running.state))
    running.exits("a", signal=9)
    running.advance(1)
    assert checks.others_untouched(snapshot(running.state), were, {"a"}).held is True
    found = checks.others_untouched(snapshot(running.state), were, {"b"})
    assert (found.held, found.told) == (False, "a was replaced (killed by SIGKILL)")
    assert checks.others_untouched(None, were, {"a"}).held is False


@pytest.mark.parametrize(
    ("over", "left_out", "held"), [(None, 0, True), ("", 0, True), ("", 2, False), ("a failed", 0, False)]
)
def test_survival(over: str | None, left_out: int, held: bool) -> None:
    assert checks.survives(over, left_out).held is held


def test_the_end_of_the_topology_is_no_readiness() -> None:
    assert checks.ready_again(None, 1.0, None, {}, "a failed").told == "the topology has ended: a failed"


# ---------------------------------------------------------------------- verdict


def test_fields_of_the_verdict_are_on_its_page() -> None:
    unknown, broken = (
        Finding(expectation="x", held=None, told="t"),
        Finding(expectation="y", held=False, told="t"),
    )
    happened = Happened(
        number=1, kind="kill", target="a", what="w", at_s=1.23456, seconds=0.1, findings=(unknown,)
    )
    verdict = Verdict(experiment="e", topology="t", seed=1, faults=(happened,), findings=(unknown,))
    assert verdict.held
    assert not replace(verdict, findings=(broken,)).held
    assert not replace(verdict, faults=(replace(happened, findings=(broken,)),)).held
    told = fields(verdict)
    assert told["faults"][0]["at_s"] == 1.235
    page = (Path(__file__).parents[3] / "docs/reference/chaos.md").read_text()
    names = {*told, *told["faults"][0], *told["findings"][0]}
    assert [name for name in names if f"`{name}`" not in page] == []
