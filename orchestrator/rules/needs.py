"""What a topology must hold for a rule to have anything to say. Spares the import of those that have not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.model.types import (
    Backoff,
    DelayProbe,
    Heartbeat,
    Message,
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
from orchestrator.vocabulary import AutoShutdown, CodecName, NodeKind, RestartPolicy, SocketType
from orchestrator.wire.qos import OnError, QoS

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
    "zmq123": ("DEALER",),
    "zmq130": ("topics",),
    "zmq131": ("task",),
    "zmq132": ("task",),
    "zmq133": ("option sndhwm", "option rcvhwm"),
    "zmq134": ("always restarted",),
    "zmq135": ("stock",),
    "zmq137": ("topics",),
    "zmq140": ("stock",),
    "zmq141": ("stock",),
    "zmq142": ("stock",),
    "zmq143": ("promises", "security"),
    "zmq144": ("dead letters",),
    "zmq145": ("promises",),
    "zmq146": ("promises",),
    "zmq201": ("REQ",),
    "zmq205": ("PUSH",),
    "zmq207": ("memory limit",),
    "zmq305": ("any address",),
    "zmq308": ("localhost",),
    "zmq313": ("ipc",),
    "zmq314": ("ipc",),
    "zmq315": ("other transport",),
    "zmq316": ("other transport", "STREAM"),
    "zmq317": ("IPv6",),
    "zmq320": ("low port",),
    "zmq321": ("high port",),
    "zmq322": ("every interface",),
    "zmq401": ("payload",),
    "zmq402": ("payload",),
    "zmq403": ("payload",),
    "zmq404": ("payload",),
    "zmq405": ("schemas",),
    "zmq406": ("messages",),
    "zmq407": ("schemas",),
    "zmq408": ("protos",),
    "zmq409": ("promises", "compression"),
    "zmq410": ("envelope",),
    "zmq411": ("other codec",),
    "zmq412": ("pickle",),
    "zmq413": ("promises",),
    "zmq414": ("avro",),
    "zmq502": ("security",),
    "zmq503": ("security",),
    "zmq504": ("security",),
    "zmq505": ("security",),
    "zmq506": ("security",),
    "zmq507": ("security",),
    "zmq508": ("security",),
    "zmq509": ("security",),
    "zmq510": ("security",),
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
    "zmq611": ("option linger",),
    "zmq612": ("restart limits",),
    "zmq613": ("always restarted",),
    "zmq614": ("delay probe",),
    "zmq615": ("health",),
    "zmq616": ("depends_on",),
    "zmq617": ("profiles",),
    "zmq618": ("nofile limit",),
    "zmq619": ("auto_shutdown",),
    "zmq910": ("values", "topics", "topics elsewhere", "subscribe"),
    "zmq911": ("params",),
    "zmq912": ("messages",),
    "zmq913": ("endpoints",),
}
"""Rule -> features, any one of which may give it matter. Rules that are not listed always run."""

_USUAL_RESTART: Final = {(Restart(backoff=Backoff()).max_restarts, Restart().window_s)}
_USUAL_QOS: Final = QoS()
_MOST_REPLICAS: Final = 10_000
"""The schema's limit."""
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
    if topology.messages:
        found.add("messages")
    if any(isinstance(message.schema, dict) for message in topology.messages.values()):
        found.add("schemas")
    for message in topology.messages.values():
        found.update(_of_message(message))
    if topology.security is not None:
        found.add("security")
    if topology.endpoints:
        found.add("endpoints")
    if any(endpoint.type is SocketType.STREAM for endpoint in topology.endpoints.values()):
        found.add("STREAM")
    never = topology.supervision.auto_shutdown is AutoShutdown.NEVER
    if never or topology.written(("supervision", "auto_shutdown")) is not None:
        found.add("auto_shutdown")
    return frozenset(found)


def _of_message(message: Message) -> Iterator[str]:
    yield from _of_codec(message.codec)
    if message.codec == CodecName.PROTOBUF:
        yield "protos"
    if message.envelope:
        yield "envelope"
    if message.compress is not None:
        yield "compression"


def _of_codec(codec: str) -> Iterator[str]:
    if codec == CodecName.PICKLE:
        yield "pickle"
    if codec == CodecName.AVRO:
        yield "avro"
    if "." in codec:
        yield "other codec"


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
    if node.restart not in (Restart(), Restart(policy=node.restart.policy)):
        yield "restart limits"
    if node.stop.grace_s <= 0:
        yield "no grace"
    if node.dead_letter is not None or node.on_error is OnError.DEAD_LETTER:
        yield "dead letters"
    if node.profiles:
        yield "profiles"
    if node.health is not None:
        yield "health"
    if node.resources.memory is not None:
        yield "memory limit"
    if node.resources.nofile is not None:
        yield "nofile limit"
    if node.params:
        yield "params"
    if node.params or node.env or node.labels:
        yield "values"
    for probe in (node.ready, node.done, node.health):
        if probe is not None and isinstance(probe.kind, TcpProbe):
            yield "tcp probe"
        elif probe is not None and isinstance(probe.kind, PeersProbe):
            yield "peers probe"
        elif probe is not None and isinstance(probe.kind, ZmqProbe):
            yield "zmq probe"
        elif probe is not None and isinstance(probe.kind, DelayProbe):
            yield "delay probe"


def _of_socket(socket: Socket) -> Iterator[str]:
    yield socket.type.value
    if socket.subscribe is not None and socket.type is not SocketType.SUB:
        yield "subscribe elsewhere"
    if socket.subscribe is not None:
        yield "subscribe"
    if socket.topics is not None:
        yield "topics" if socket.type in (SocketType.PUB, SocketType.XPUB) else "topics elsewhere"
    if not socket.binds and not socket.connects:
        yield "no address"
    if socket.message is not None or socket.codec is not None:
        yield "payload"
    if socket.codec is not None:
        yield from _of_codec(socket.codec)
    if socket.qos != _USUAL_QOS:
        yield "promises"
        if socket.qos.envelope:
            yield "envelope"
    if socket.security is not None:
        yield "security"
    if socket.options:
        yield "options"
        yield from (f"option {canonical(name)}" for name in socket.options)
        if any(name.startswith(("curve_", "plain_", "gssapi_")) for name in socket.options):
            yield "security"


def _of_address(text: str) -> Iterator[str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return
    feature = _SCHEMES.get(scheme, "other transport")
    if feature:
        yield feature
    if "0.0.0.0" in rest or "[::]" in rest:
        yield "any address"
        yield "every interface"
    if rest.startswith("*:"):
        yield "every interface"
    if scheme == "tcp":
        yield from _of_port(rest.rpartition(":")[2])
    if rest.count(":") > 1:
        yield "IPv6"
    if "localhost" in rest.lower():
        yield "localhost"


def _of_port(text: str) -> Iterator[str]:
    """With replicas the port is the first of a range."""
    if not text.isdecimal():
        if "${{" in text:
            yield from ("low port", "high port")
        return
    port = int(text[:6])
    if port < 1024:
        yield "low port"
    if port > 32768 - _MOST_REPLICAS:
        yield "high port"
