"""From a topology to a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from orchestrator.model.links import links
from orchestrator.model.load import from_data
from orchestrator.render.compose import compose
from orchestrator.render.picture import Arrows, Box, Edge, Family, Flavour, Picture, Port, Role, Side
from orchestrator.vocabulary import NodeKind, SocketType

Draw: TypeAlias = Callable[[str], Picture]


def box(picture: Picture, name: str) -> Box:
    return next(b for b in picture.boxes if b.id == name)


def port(picture: Picture, ref: str) -> Port:
    node, _, name = ref.partition(".")
    return next(p for p in box(picture, node).ports if p.name == name)


def edge(picture: Picture, tail: str, head: str) -> Edge:
    found = [e for e in picture.edges if (str(e.tail), str(e.head)) == (tail, head)]
    assert len(found) == 1, [(str(e.tail), str(e.head)) for e in picture.edges]
    return found[0]


def test_nodes_stand_in_the_order_of_the_file(market: Picture) -> None:
    assert [b.id for b in market.boxes] == ["feed", "strategy", "risk", "gateway"]


def test_programs_are_told_apart(market: Picture) -> None:
    looks = {b.id: (b.flavour, b.program) for b in market.boxes}
    assert looks["feed"] == (Flavour.PYTHON, "market.feed:Feed")
    assert looks["risk"] == (Flavour.STOCK, "use queue")
    assert looks["gateway"] == (Flavour.FOREIGN, "$ ./gateway --listen ${{ sockets.orders.add…")


def test_tasks_and_replicas_are_marked(market: Picture) -> None:
    assert box(market, "gateway").kind is NodeKind.TASK
    assert box(market, "strategy").replicas == 3
    assert box(market, "feed").replicas == 1


def test_ports_say_who_binds_and_where(market: Picture) -> None:
    ticks = port(market, "feed.ticks")
    assert (ticks.type, ticks.role, ticks.addresses) == (SocketType.PUB, Role.BINDS, (":5556",))
    assert port(market, "feed.raw").role is Role.CONNECTS
    assert port(market, "gateway.orders").addresses == ("*:5557",)
    assert port(market, "gateway.state").addresses == ("auto",)


def test_data_comes_in_at_the_left_and_leaves_at_the_right(market: Picture) -> None:
    sides = {f"{b.id}.{p.name}": p.side for b in market.boxes for p in b.ports}
    assert sides == {
        "feed.raw": Side.LEFT,
        "feed.ticks": Side.RIGHT,
        "strategy.ticks": Side.LEFT,
        "strategy.orders": Side.RIGHT,
        "strategy.ask": Side.RIGHT,
        "gateway.orders": Side.LEFT,
        "gateway.state": Side.LEFT,
        "gateway.lost": Side.RIGHT,
    }


def test_edges_carry_message_codec_and_topics(market: Picture) -> None:
    ticks = edge(market, "feed.ticks", "strategy.ticks")
    assert (ticks.payload, ticks.topics) == ("Tick · msgpack", "AAPL")
    assert (ticks.family, ticks.arrows) == (Family.PUB_SUB, Arrows.FORWARD)
    asks = edge(market, "strategy.ask", "gateway.state")
    assert (asks.family, asks.arrows, asks.payload) == (Family.REQ_REP, Arrows.BOTH, None)


def test_external_endpoints_are_drawn_with_their_address(market: Picture) -> None:
    exchange = market.externals[0]
    assert (exchange.title, exchange.address, exchange.type) == ("exchange", "10.0.0.5:9000", SocketType.PUB)
    assert edge(market, "endpoint exchange", "feed.raw").arrows is Arrows.FORWARD


def test_an_address_that_nobody_binds_is_drawn_as_such(market: Picture) -> None:
    stray = market.externals[1]
    assert (stray.title, stray.declared) == ("10.1.2.3:9", False)
    assert edge(market, "gateway.lost", stray.id).arrows is Arrows.BOTH


def test_nodes_of_one_process_are_a_group(market: Picture) -> None:
    assert [(g.title, g.members) for g in market.groups] == [("process fast", ("strategy", "risk"))]


def test_the_legend_has_what_occurs_and_nothing_else(market: Picture, picture: Draw) -> None:
    legend = market.legend
    assert legend.families == (Family.PUB_SUB, Family.PIPELINE, Family.REQ_REP, Family.ROUTED)
    assert (legend.tasks, legend.replicas, legend.externals, legend.strays) == (True, True, True, True)
    small = picture("nodes: {a: {run: m:A, sockets: {p: {type: PAIR, bind: auto}}}}").legend
    assert (small.families, small.roles, small.flavours) == (
        (Family.PAIR,),
        (Role.BINDS,),
        (Flavour.PYTHON,),
    )
    assert not (small.tasks or small.replicas or small.externals or small.strays)


def test_an_external_endpoint_that_nobody_meets_is_drawn_all_the_same(picture: Draw) -> None:
    drawn = picture(
        "endpoints: {there: {address: 'tcp://1.2.3.4:5', external: true}, here: {address: 'tcp://*:6'}}\n"
        "nodes: {a: {run: m:A}}"
    )
    assert [e.title for e in drawn.externals] == ["there"]


def test_the_address_behind_the_name_of_an_endpoint_is_shown(picture: Draw) -> None:
    drawn = picture(
        "endpoints: {work: {address: 'tcp://127.0.0.1:7000'}}\nnodes:\n"
        "  a: {run: m:A, sockets: {out: {type: PUSH, bind: work}}}\n"
        "  b: {run: m:B, sockets: {in: {type: PULL, connect: work}}}"
    )
    assert port(drawn, "a.out").addresses == (":7000",)
    assert edge(drawn, "a.out", "b.in").family is Family.PIPELINE
    assert drawn.externals == ()


def test_links_at_several_addresses_are_one_edge(picture: Draw) -> None:
    drawn = picture(
        "nodes:\n"
        "  a: {run: m:A, sockets: {out: {type: PUB, bind: ['tcp://127.0.0.1:1', 'ipc:///tmp/x']}}}\n"
        "  b: {run: m:B, sockets: {in: {type: SUB, connect: a.out, subscribe: ['']}}}"
    )
    both = edge(drawn, "a.out", "b.in")
    assert "at tcp://127.0.0.1:1, ipc:///tmp/x" in both.tooltip


def test_sockets_that_connect_to_one_another_are_one_edge(picture: Draw) -> None:
    drawn = picture(
        "nodes:\n"
        "  a: {run: m:A, sockets: {x: {type: ROUTER, bind: 'tcp://127.0.0.1:1', connect: b.x}}}\n"
        "  b: {run: m:B, sockets: {x: {type: ROUTER, bind: 'tcp://127.0.0.1:2', connect: a.x}}}"
    )
    assert len(drawn.edges) == 1
    assert "a.x (ROUTER) connects to b.x" in drawn.edges[0].tooltip
    assert "b.x (ROUTER) connects to a.x" in drawn.edges[0].tooltip
    assert port(drawn, "a.x").role is Role.BOTH


def test_types_that_cannot_talk_are_shown_as_such(picture: Draw) -> None:
    drawn = picture(
        "nodes:\n"
        "  a: {run: m:A, sockets: {x: {type: PUSH, bind: auto}}}\n"
        "  b: {run: m:B, sockets: {x: {type: SUB, connect: a.x, subscribe: ['']}}}"
    )
    assert drawn.edges[0].family is Family.MISFIT
    assert "SUB and PUSH cannot talk to each other" in drawn.edges[0].tooltip
    assert drawn.legend.families[-1] is Family.MISFIT


def test_both_ends_are_named_where_they_disagree_about_the_message(picture: Draw) -> None:
    drawn = picture(
        "messages: {One: {codec: json}, Other: {codec: text}}\nnodes:\n"
        "  a: {run: m:A, sockets: {x: {type: PUSH, bind: auto, message: One}}}\n"
        "  b: {run: m:B, sockets: {x: {type: PULL, connect: a.x, message: Other}}}"
    )
    assert drawn.edges[0].payload == "Other · text / One · json"


def test_one_codec_said_twice_is_shown_once(picture: Draw) -> None:
    drawn = picture(
        "nodes:\n"
        "  a: {run: m:A, sockets: {x: {type: PUSH, bind: auto, codec: json}}}\n"
        "  b: {run: m:B, sockets: {x: {type: PULL, connect: a.x, codec: json}}}"
    )
    assert drawn.edges[0].payload == "json"


def test_replicas_of_a_binder_show_the_range_of_their_ports(picture: Draw) -> None:
    drawn = picture("nodes: {a: {run: m:A, replicas: 4, sockets: {x: {type: PUB, bind: 'tcp://*:100'}}}}")
    assert port(drawn, "a.x").addresses == ("*:100–103",)


def test_tooltips_tell_the_rest(market: Picture) -> None:
    assert box(market, "feed").tooltip.splitlines() == [
        "feed: Reads raw quotes",
        "market.feed:Feed",
        "SUB raw, connects to exchange",
        "PUB ticks, binds tcp://127.0.0.1:5556",
    ]
    assert edge(market, "feed.ticks", "strategy.ticks").tooltip.splitlines() == [
        "strategy.ticks (SUB) connects to feed.ticks (PUB)",
        "at tcp://127.0.0.1:5556",
        "carries Tick (msgpack): One price",
        "strategy.ticks subscribes to: 'AAPL'",
        "feed.ticks sends topics: 'AAPL', 'MSFT'",
    ]


def test_a_topology_built_in_code_is_drawn_too() -> None:
    loaded = from_data(
        {
            "name": "code",
            "nodes": {
                "a": {"run": "m:A", "sockets": {"x": {"type": "PUSH", "bind": "auto"}}},
                "b": {"run": "m:B", "sockets": {"x": {"type": "PULL", "connect": "a.x"}}},
                "c": {"run": "m:C", "sockets": {"x": {"type": "PULL", "connect": "tcp://127.0.0.1:1"}}},
            },
        }
    )
    assert loaded.topology is not None
    drawn = compose(loaded.topology, links(loaded.topology))
    assert [(str(e.tail), str(e.head)) for e in drawn.edges] == [
        ("a.x", "b.x"),
        ("address tcp://127.0.0.1:1", "c.x"),
    ]
