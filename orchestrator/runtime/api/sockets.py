"""`sockets`: every socket of the topology as a program needs to know it that wants to talk with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from orchestrator.planning.types import UnitPlan
from orchestrator.runtime.api.context import Context
from orchestrator.supervision.links.types import Declared
from orchestrator.transport.option_names import canonical
from orchestrator.wire.launch import InstanceLaunch, SocketLaunch

VERSION: Final = 1
"""Of the fields below; raised when one changes its meaning or goes."""


async def sockets(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Types, addresses, codecs and links of all sockets, replica by replica."""
    del args
    supervisor, record = context.supervisor, context.record()
    view = supervisor.links()
    bound, links = view.bound(), view.declared()
    return {
        "version": VERSION,
        "project": record.project,
        "topology": record.topology,
        "file": record.file,
        "directory": supervisor.plan.directory,
        "sockets": [
            {
                **_place(unit, instance),
                **_socket(socket),
                "addresses": list(bound.get((instance.instance, socket.name), ())),
                "links": list(_links((instance.instance, socket.name), links)),
            }
            for unit in supervisor.plan.units
            for instance in unit.instances
            for socket in instance.sockets
        ],
    }


def _place(unit: UnitPlan, instance: InstanceLaunch) -> dict[str, Any]:
    return {
        "unit": unit.unit,
        "instance": instance.instance,
        "node": instance.node,
        "python": unit.is_python,
        "target": instance.target,
    }


def _socket(socket: SocketLaunch) -> dict[str, Any]:
    return {
        "socket": socket.name,
        "type": socket.type.value,
        "binds": list(socket.binds),
        "codec": str(socket.codec),
        "schema": socket.schema,
        "message_type": socket.message_type,
        "topics": None if socket.topics is None else list(socket.topics),
        "subscribe": None if socket.subscribe is None else list(socket.subscribe),
        "nodrop": any(canonical(name) == "xpub_nodrop" and value for name, value in socket.options.items()),
        "peer_types": [each.value for each in socket.peer_types],
        "qos": asdict(socket.qos),
        "security": None if socket.security is None else asdict(socket.security),
    }


def _links(key: tuple[str, str], links: tuple[Declared, ...]) -> Iterator[dict[str, Any]]:
    """The other ends of a socket's links: where it connects to (`connects`), and who connects to it."""
    for link in links:
        if link.connector.key == key:
            other = link.binder
            yield _link(True, link.address, None if other is None else other.key)
        if link.binder is not None and link.binder.key == key:
            yield _link(False, link.address, link.connector.key)


def _link(connects: bool, address: str | None, other: tuple[str, str] | None) -> dict[str, Any]:
    instance, socket = other or (None, None)
    return {"connects": connects, "address": address, "instance": instance, "socket": socket}
