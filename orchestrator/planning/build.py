"""`build`: from a checked topology to a Plan. Pure but for env files, which are read through `read_text`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator.model.sites import reference_of
from orchestrator.model.types import ForeignProgram, Node, TcpProbe, Topology, ZmqProbe
from orchestrator.planning.environment import Environments, ReadText
from orchestrator.planning.expand import referenced_sockets
from orchestrator.planning.instances import Cast, cast
from orchestrator.planning.order import Crew, Order, start_order
from orchestrator.planning.places import PickPort, Places
from orchestrator.planning.promises import Promises
from orchestrator.planning.targets import peer_types
from orchestrator.planning.types import NodePlan, Plan
from orchestrator.planning.units import UnitPlanner


def _read_text(file: str) -> str:
    return Path(file).read_text(encoding="utf-8")


def build(
    topology: Topology,
    *,
    run_dir: str,
    environ: Mapping[str, str],
    platform: str = "posix",
    pick_port: PickPort | None = None,
    read_text: ReadText = _read_text,
) -> Plan:
    """Decide everything that can be decided before anything starts.

    `run_dir` is the run's own directory, absolute and short; `environ` the environment that the programs get
    beside what the plan adds; `platform` is `os.name`, on which the meaning of `auto` depends. `pick_port`
    finds a free port on a host where an address must be known before it is bound: a wildcard of a foreign
    program, or one that a foreign program, a probe or an expression refers to.

    Raises RunError, with place and remedy, for what cannot be planned: an env file that is missing, an
    expression without a value, a path that is too long.
    """
    from orchestrator.model.links import resolve

    resolution = resolve(topology)
    links = resolution.links
    everybody = cast(topology)
    places = Places(
        topology,
        run_dir=run_dir,
        posix=platform == "posix",
        known=_must_be_known(topology),
        pick_port=pick_port,
    )
    environments = Environments(topology, run_dir=run_dir, environ=environ, read=read_text)
    promises = Promises(topology, resolution)
    planner = UnitPlanner(topology, everybody, places, environments, peer_types(links), promises)
    order = start_order(everybody, links)
    return Plan(
        topology=topology.name,
        file=topology.file,
        directory=topology.directory,
        run_dir=run_dir,
        units=tuple(
            planner.unit(everybody.units[unit], binders)
            for crew in order.crews
            for unit, binders in _binders(crew, order)
        ),
        nodes=tuple(_node(node, everybody) for node in topology.nodes.values()),
        supervision=topology.supervision,
        logs=topology.logs,
        open_sockets=frozenset(
            link.binder.ref for link in links if link.binder is not None and link.connector is None
        ),
    )


def _must_be_known(topology: Topology) -> frozenset[str]:
    """The sockets, as `node.socket`, whose addresses somebody must know before they are bound."""
    return frozenset(ref for node in topology.nodes.values() for ref in _asked_for(node))


def _asked_for(node: Node) -> Iterable[str]:
    yield from referenced_sockets(node)
    if isinstance(node.program, ForeignProgram):
        for socket in node.sockets.values():
            yield socket.ref
            for address in socket.connects:
                yield reference_of(address.text) or address.text
    for probe in (node.ready, node.done, node.health):
        match probe.kind if probe is not None else None:
            case TcpProbe(targets=targets):
                yield from (f"{node.name}.{target}" for target in targets)
            case ZmqProbe(socket=name):
                yield f"{node.name}.{name}"
            case _:
                pass


def _binders(crew: Crew, order: Order) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Each unit of a crew with its binders. Units with the same ones share the tuple."""
    awaited = order.binders[crew.name]
    shared = tuple(unit for binder in awaited for unit in binder.units)
    own = any(binder is crew for binder in awaited)
    for unit in crew.units:
        yield unit, tuple(b for b in shared if b != unit) if own else shared


def _node(node: Node, everybody: Cast) -> NodePlan:
    units = everybody.units_of[node.name]
    enough = node.replicas if node.min_replicas is None else node.min_replicas
    return NodePlan(
        node=node.name,
        units=units,
        min_replicas=min(enough, len(units)),
        expendable=node.expendable,
        essential=node.essential,
    )
