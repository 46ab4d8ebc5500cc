"""What a Python node process is told at its start. Travels pickled, by way of the zygote.

Loads nothing but the standard library and the shared words, because every node process imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from orchestrator.vocabulary import CodecName, JsonValue, OptionValue, SocketType
from orchestrator.wire.qos import OnError, QoS, Security


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTarget:
    """Where a socket connects to.

    Either a fixed `address`, or the address that `instance`.`socket` reports once it has bound (`bind` entry
    number `index` of it): wildcard ports are known only then.
    """

    address: str | None
    instance: str | None = None
    socket: str | None = None
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLaunch:
    """One socket of one instance, ready to be made."""

    name: str
    type: SocketType
    binds: tuple[str, ...] = ()
    """Concrete addresses; the port may still be `*` for a Python node, which reports what it got."""
    connects: tuple[ConnectTarget, ...] = ()
    codec: str = CodecName.RAW
    """A CodecName, or the name of another package's codec, which holds a dot."""
    schema: JsonValue = None
    message_type: str | None = None
    topics: tuple[str, ...] | None = None
    subscribe: tuple[str, ...] | None = None
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    peer_types: tuple[SocketType, ...] = ()
    """The socket types at the other ends of its links, as far as they are known. A DEALER puts the empty
    delimiter before its messages when a REP is among them."""
    qos: QoS = field(default_factory=QoS)
    security: Security | None = None
    """None: the NULL mechanism (RFC 23)."""
    expected_peers: int = 0
    """How many sockets of the topology's other ends will be connected to this one, replicas counted: what
    `wait_for: all` waits for."""
    expected_subscriptions: Mapping[str, int] = field(default_factory=dict)
    """What these ask a PUB or XPUB for: prefix -> how many of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceLaunch:
    """One node instance inside a unit: a node's replica."""

    instance: str
    node: str
    replica: int
    target: str | None
    """`module:qualname` of a Python node, `stock:NAME` of a stock node, None for a foreign program."""
    function: Callable[..., object] | type | None = None
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    sockets: tuple[SocketLaunch, ...] = ()
    peers_needed: Mapping[str, int] = field(default_factory=dict)
    """socket name -> peers that must be connected before the instance is ready (`ready: {peers: …}`)."""
    on_error: OnError = OnError.FAIL
    dead_letter: str | None = None
    """The socket of this instance that gets what could not be handled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLaunch:
    """Everything one Python node process needs. Nothing in it has to be looked up in a file."""

    unit: str
    attempt: int
    """Marks all that this process reports: a late word of its predecessor is not taken for its own."""
    instances: tuple[InstanceLaunch, ...]
    topology: str
    directory: str
    """Absolute; first on `sys.path`, so that `run: module:name` finds files next to the topology."""
    run_dir: str
    control: str
    """The address of the supervisor's control socket."""
    token: str
    """Secret of this run; a control message without it is not heard."""
    supervisor_pid: int
    heartbeat_interval_s: float
    liveness: int
    stall_s: float | None
    stop_grace_s: float = 5.0
    """How long the process has between the request to stop and SIGKILL."""
    addresses: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """(instance, socket) -> bound addresses that are known already."""
    routing_ids: tuple[bytes, bytes] | None = None
    """The routing ids of the control and of the heartbeat connection, by which a later supervisor finds them.
    A process that has them outlives its supervisor."""
