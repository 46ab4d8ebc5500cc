"""What a topology must hold for a rule to have anything to say. Spares the import of those that have not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.model.types import (
    Backoff,
    Heartbeat,
    Node,
    PeersProbe,
    Restart,
    Socket,
    StockProgram,
    TcpProbe,
    Topology,
    ZmqProbe,
)
from orchestrator.transport.option_names import canonical
from orchestrator.vocabulary import NodeKind, RestartPolicy, SocketType

RETELL: Final[Mapping[str, str]] = {
    "zmq301": "broken",
    "zmq302": "broken",
    "zmq303": "broken",
    "zmq304": "wildcards",
    "zmq306": "clashes",
    "zmq310": "unbound",
    "zmq311": "unbound",
    "zmq312": "across",
}
"""Rules that only tell what following the addresses has found, and the part of the Resolution they tell."""

NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "zmq102": ("STREAM",),
    "zmq103": ("PAIR",),
    "zmq104": ("SUB",),
    "zmq105": ("subscribe elsewhere",),
    "zmq106": ("topics elsewhere",),
    "zmq107": ("no address",),
    "zmq108": ("replicas",),
    "zmq109": ("replicas",),
    **{f"zmq11{digit}": ("options",) for digit in range(8)},
    "zmq118": ("option req_relaxed",),
    "zmq119": ("option conflate",),
    "zmq120": ("option routing_id",),
    "zmq121": ("ROUTER",),
    "zmq122": ("option heartbeat_timeout", "option heartbeat_ttl"),
    "zmq130": ("topics",),
    "zmq131": ("task",),
    "zmq132": ("task",),
    "zmq133": ("option sndhwm", "option rcvhwm"),
    "zmq134": ("always restarted",),
    "zmq135": ("stock",),
    "zmq140": ("stock",),
    "zmq141": ("stock",),
    "zmq142": ("stock",),
    "zmq201": ("REQ",),
    "zmq305": ("any address",),
    "zmq308": ("localhost",),
    "zmq313": ("ipc",),
    "zmq314": ("ipc",),
    "zmq315": ("other transport",),
    "zmq316": ("other transport", "STREAM"),
    "zmq317": ("IPv6",),
    "zmq401": ("payload",),
    "zmq402": ("payload",),
    "zmq403": ("payload",),
    "zmq404": ("payload",),
    "zmq601": ("depends_on",),
    "zmq602": ("depends_on",),
    "zmq603": ("liveness",),
    "zmq604": ("liveness",),
    "zmq605": ("no grace",),
    "zmq606": ("always restarted",),
    "zmq607": ("tcp probe",),
    "zmq608": ("peers probe",),
    "zmq609": ("zmq probe",),
    "zmq610": ("process",),
}
"""Rule -> features, any one of which may give it matter. Rules that are not listed always run."""

_USUAL_RESTART: Final = {(Restart(backoff=Backoff()).max_restarts, Restart().window_s)}
_SCHEMES: Final = {"tcp": "", "ipc": "ipc", "inproc": ""}


def features(topology: Topology) -> frozenset[str]:
    """What stands in a topology, in the words of NEEDS. One pass."""
    found: set[str] = set()
    for node in topology.nodes.values():
        found.update(_of_node(node))
        for socket in node.sockets.values():
            found.update(_of_socket(socket))
    texts = {endpoint.address for endpoint in topology.endpoints.values()}
    for socket in topology.sockets():
        texts.update(address.text for address in (*socket.binds, *socket.connects))
    for text in texts:
        found.update(_of_address(text))
    return frozenset(found)


def _of_node(node: Node) -> Iterator[str]:
    if node.process is not None:
        yield "process"
    if node.replicas > 1:
        yield "replicas"
    if node.kind is NodeKind.TASK:
        yield "task"
    if isinstance(node.program, StockProgram):
        yield "stock"
    if node.depends_on:
        yield "depends_on"
    if node.restart.policy is RestartPolicy.ALWAYS:
        yield "always restarted"
    if (
        node.heartbeat != Heartbeat()
        or (node.restart.max_restarts, node.restart.window_s) not in _USUAL_RESTART
    ):
        yield "liveness"
    if node.stop.grace_s <= 0:
        yield "no grace"
    for probe in (node.ready, node.done, node.health):
        if probe is not None and isinstance(probe.kind, TcpProbe):
            yield "tcp probe"
        elif probe is not None and isinstance(probe.kind, PeersProbe):
            yield "peers probe"
        elif probe is not None and isinstance(probe.kind, ZmqProbe):
            yield "zmq probe"


def _of_socket(socket: Socket) -> Iterator[str]:
    yield socket.type.value
    if socket.subscribe is not None and socket.type is not SocketType.SUB:
        yield "subscribe elsewhere"
    if socket.topics is not None:
        yield "topics" if socket.type in (SocketType.PUB, SocketType.XPUB) else "topics elsewhere"
    if not socket.binds and not socket.connects:
        yield "no address"
    if socket.message is not None or socket.codec is not None:
        yield "payload"
    if socket.options:
        yield "options"
        yield from (f"option {canonical(name)}" for name in socket.options)


def _of_address(text: str) -> Iterator[str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return
    feature = _SCHEMES.get(scheme, "other transport")
    if feature:
        yield feature
    if "0.0.0.0" in rest or "[::]" in rest:
        yield "any address"
    if rest.count(":") > 1:
        yield "IPv6"
    if "localhost" in rest.lower():
        yield "localhost"
