"""Circles in which all wait: for each other's replies, or for room in each other's queues.

Only a REQ that asks a REP waits in lockstep (RFC 28), and requests go on through a stock `queue`. A DEALER or
ROUTER need not wait, so circles through them are legal, as are circles of data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from orchestrator.model.types import Link, Socket, StockProgram, Topology
from orchestrator.model.waiting import is_bounded
from orchestrator.transport.option_names import option_of
from orchestrator.vocabulary import NodeKind, SocketType
from orchestrator.wire.qos import Delivery

if TYPE_CHECKING:
    import networkx

Asks = Mapping[tuple[str, str], Link]
"""(asking node, answering node) -> the first link by which it asks."""


def request_circles(topology: Topology, links: Iterable[Link]) -> tuple[tuple[Link, ...], ...]:
    """Every shortest way in which nodes ask each other in a circle, as the links in order.

    networkx is loaded only when there is a circle at all.
    """
    asks = requests(topology, links)
    core = _core(asks)
    return _circles(asks, core) if core else ()


def requests(topology: Topology, links: Iterable[Link]) -> Asks:
    """Who asks whom and waits without limit."""
    found: dict[tuple[str, str], Link] = {}
    for link in links:
        if link.binder is None or link.connector is None or link.binder.node == link.connector.node:
            continue
        for asking, answering in ((link.binder, link.connector), (link.connector, link.binder)):
            if _waits(topology, asking, answering):
                found.setdefault((asking.node, answering.node), link)
    return found


def send_circles(topology: Topology, links: Iterable[Link]) -> tuple[tuple[Link, ...], ...]:
    """Every shortest way in which nodes PUSH to each other in a circle, as the links in order.

    A PUSH blocks when the queues on both sides are full (RFC 30). One with a limit to its waiting, or without
    one to its queues, blocks nobody for ever, and makes no circle.
    """
    pushes: dict[tuple[str, str], Link] = {}
    for link in links:
        if link.binder is None or link.connector is None or link.binder.node == link.connector.node:
            continue
        if NodeKind.TASK in {topology.nodes[end.node].kind for end in (link.binder, link.connector)}:
            continue  # it ends, and so does what it sends
        for sending, taking in ((link.binder, link.connector), (link.connector, link.binder)):
            if (
                sending.type is SocketType.PUSH
                and taking.type is SocketType.PULL
                and _can_fill(sending, taking)
            ):
                pushes.setdefault((sending.node, taking.node), link)
    core = _core(pushes)
    return _circles(pushes, core) if core else ()


def _can_fill(sending: Socket, taking: Socket) -> bool:
    if sending.qos.delivery in (Delivery.DROP, Delivery.LATEST):
        return False
    waits = option_of(sending.options, "sndtimeo")
    if isinstance(waits, int | float) and waits >= 0:
        return False
    return option_of(sending.options, "sndhwm") != 0 and option_of(taking.options, "rcvhwm") != 0


def _waits(topology: Topology, asking: Socket, answering: Socket) -> bool:
    if asking.type is SocketType.REQ:
        if is_bounded(asking):
            return False
        return answering.type is SocketType.REP or (
            answering.type is SocketType.ROUTER and _is_queue(topology, answering)
        )
    return (
        asking.type is SocketType.DEALER and answering.type is SocketType.REP and _is_queue(topology, asking)
    )


def _is_queue(topology: Topology, socket: Socket) -> bool:
    program = topology.nodes[socket.node].program
    return isinstance(program, StockProgram) and program.name == "queue"


def _core(asks: Asks) -> set[str]:
    """The nodes that are left when those without a way in or out are taken away, again and again."""
    out: dict[str, set[str]] = {}
    into: dict[str, set[str]] = {}
    for asking, answering in asks:
        out.setdefault(asking, set()).add(answering)
        into.setdefault(answering, set()).add(asking)
    core = out.keys() & into.keys()
    waiting = (out.keys() | into.keys()) - core
    while waiting:
        gone = waiting.pop()
        for other in out.pop(gone, set()):
            into[other].discard(gone)
            if other in core and not into[other]:
                core.discard(other)
                waiting.add(other)
        for other in into.pop(gone, set()):
            if other in out:
                out[other].discard(gone)
                if other in core and not out[other]:
                    core.discard(other)
                    waiting.add(other)
    return core


def _circles(asks: Asks, core: set[str]) -> tuple[tuple[Link, ...], ...]:
    import networkx

    graph: networkx.DiGraph[str] = networkx.DiGraph(
        edge for edge in asks if edge[0] in core and edge[1] in core
    )
    found: list[tuple[Link, ...]] = []
    for members in networkx.strongly_connected_components(graph):
        if len(members) > 1:
            path = _shortest(graph.subgraph(members))
            found.append(tuple(asks[edge] for edge in zip(path, path[1:] + path[:1], strict=True)))
    return tuple(sorted(found, key=lambda circle: min(str(link.connector_span) for link in circle)))


def _shortest(graph: networkx.DiGraph[str]) -> list[str]:
    """One shortest circle of a strongly connected graph: enough to show, and there may be very many."""
    import networkx

    best: list[str] = []
    for start in sorted(graph)[:64]:
        for after in sorted(graph.successors(start)):
            path = [start, *networkx.shortest_path(graph, after, start)[:-1]]
            if not best or len(path) < len(best):
                best = path
        if len(best) == 2:
            break
    return best
