"""The typed topology: what the user's file says, with every default filled in. Frozen, and free of I/O.

A value's place is found with `Topology.place(*path)`; every block also carries the span of its name.
Durations are float seconds (`…_s`), sizes bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from orchestrator.model.probe_types import DelayProbe as DelayProbe
from orchestrator.model.probe_types import ExecProbe as ExecProbe
from orchestrator.model.probe_types import FileProbe as FileProbe
from orchestrator.model.probe_types import Health as Health
from orchestrator.model.probe_types import HeartbeatProbe as HeartbeatProbe
from orchestrator.model.probe_types import LogProbe as LogProbe
from orchestrator.model.probe_types import PeersProbe as PeersProbe
from orchestrator.model.probe_types import Probe as Probe
from orchestrator.model.probe_types import ProbeKind as ProbeKind
from orchestrator.model.probe_types import TcpProbe as TcpProbe
from orchestrator.model.probe_types import ZmqProbe as ZmqProbe
from orchestrator.model.securities import Securing, SocketSecurity
from orchestrator.span import Span, Written
from orchestrator.vocabulary import (
    AutoShutdown,
    Condition,
    HookEvent,
    JsonValue,
    NodeKind,
    OptionValue,
    Path,
    RestartPolicy,
    SocketType,
    Strategy,
)
from orchestrator.wire.qos import Check, Compress, OnError, QoS


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonProgram:
    """`run: module:name`, or a callable when the topology was built in code."""

    target: str
    """`module:qualname`; `<callable>` names for functions given in code."""
    span: Span
    function: Callable[..., object] | type | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignProgram:
    """`command: […]`: any executable, started as it is. Arguments may hold `${{ … }}`."""

    argv: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class StockProgram:
    """`use: NAME`: a node that a package registered under the entry point group `orchestrator.nodes`."""

    name: str
    span: Span


Program: TypeAlias = PythonProgram | ForeignProgram | StockProgram


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One entry of `bind` or `connect` as written: address, `node.socket`, endpoint's name, or `auto`."""

    text: str
    span: Span
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    node: str
    name: str
    type: SocketType
    span: Span
    path: Path
    binds: tuple[Address, ...] = ()
    connects: tuple[Address, ...] = ()
    message: str | None = None
    codec: str | None = None
    """A CodecName, or the name of another package's codec, which holds a dot."""
    topics: tuple[str, ...] | None = None
    subscribe: tuple[str, ...] | None = None
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    """libzmq options by lower-case name, node defaults merged in."""
    qos: QoS = field(default_factory=QoS)
    """What it says of itself; its message says more (`orchestrator.model.promises.qos_of`)."""
    security: SocketSecurity | None = None
    """What it says of itself; None: as the topology's `security` has it."""
    description: str | None = None

    @property
    def ref(self) -> str:
        """The way users write it: `node.socket`."""
        return f"{self.node}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A named payload contract."""

    name: str
    codec: str
    """As a socket's."""
    schema: JsonValue
    """A JSON Schema (json, msgpack), a `.proto` path or a module name (protobuf), or None."""
    type: str | None
    """The full protobuf message name, `package.Message`."""
    span: Span
    path: Path
    envelope: bool = False
    compress: Compress | None = None
    check: Check = Check.FIRST
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A named address that is no node's own."""

    name: str
    address: str
    type: SocketType | None
    external: bool
    span: Span
    path: Path
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    interval_s: float = 1.0
    liveness: int = 3
    """Missed beats allowed."""
    stall_s: float | None = None
    """The main loop made no step for so long; None switches the check off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    initial_s: float = 0.1
    factor: float = 2.0
    max_s: float = 10.0
    jitter: float = 0.1
    """Each delay is multiplied by a random number from 1 - jitter to 1 + jitter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    policy: RestartPolicy = RestartPolicy.ON_FAILURE
    backoff: Backoff = Backoff()
    max_restarts: int = 5
    window_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """What failures and ends of single nodes mean for the topology as a whole."""

    strategy: Strategy = Strategy.ONE_FOR_ONE
    max_restarts: int | None = None
    """How many restarts after failures all units together may need within `window_s`; None: as many as each
    is allowed by itself."""
    window_s: float = 60.0
    auto_shutdown: AutoShutdown = AutoShutdown.ANY_ESSENTIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """When a file of what a process writes is set aside for a new one, and how many there are."""

    max_size: int = 10_000_000
    """Bytes."""
    max_files: int = 5
    """With the one that is written."""
    max_age_s: float = 7 * 86_400.0
    """Of its first line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    signal: str = "SIGTERM"
    grace_s: float = 5.0
    ok_exit: tuple[int, ...] = ()
    """Exit codes that count as a clean stop beside 0 and the stop signal itself (143 means SIGTERM)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a process may use. None: as much as the orchestrator itself."""

    cpus: tuple[int, ...] | None = None
    """CPU numbers, ascending."""
    nice: int | None = None
    """-20 to 19, as setpriority(2) takes it."""
    memory: int | None = None
    """Bytes."""
    nofile: int | None = None
    """Open files (RLIMIT_NOFILE, soft and hard)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    node: str
    condition: Condition
    span: Span
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    name: str
    program: Program
    span: Span
    path: Path
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    sockets: Mapping[str, Socket] = field(default_factory=dict)
    replicas: int = 1
    has_replicas: bool = False
    """Whether `replicas` is written."""
    min_replicas: int | None = None
    """How few replicas still count as working; None means all of them."""
    expendable: bool = False
    essential: bool = False
    """Its end may be the end of the topology (`supervision.auto_shutdown`)."""
    kind: NodeKind = NodeKind.SERVICE
    depends_on: tuple[Dependency, ...] = ()
    ready: Probe | None = None
    """None: `heartbeat` for Python and stock nodes; a foreign program is ready once it runs."""
    done: Probe | None = None
    health: Health | None = None
    heartbeat: Heartbeat = Heartbeat()
    restart: Restart = Restart()
    on_error: OnError = OnError.FAIL
    dead_letter: str | None = None
    """The name of the socket that gets what could not be handled."""
    stop: Stop = Stop()
    timeout_s: float | None = None
    resources: Resources = Resources()
    env: Mapping[str, str] = field(default_factory=dict)
    env_files: tuple[str, ...] = ()
    """Absolute paths, in the order they apply."""
    cwd: str | None = None
    """Absolute; None is the directory of the topology file."""
    stdin: str | None = None
    process: str | None = None
    profiles: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None

    @property
    def is_python(self) -> bool:
        """Whether the SDK runs inside the node's process (`run` and `use`)."""
        return not isinstance(self.program, ForeignProgram)

    @property
    def numbered(self) -> bool:
        """Whether its instances have their number in their names (`worker-0`), so that they keep them when
        there are to be more or fewer."""
        return self.has_replicas or self.replicas > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Something that is started when something happens. Exactly one of `command` and `webhook` is set."""

    events: tuple[HookEvent, ...]
    nodes: tuple[str, ...] | None
    """Only what happens to these; None: to all."""
    command: tuple[str, ...] | None
    """May hold `${{ … }}`."""
    webhook: str | None
    span: Span
    path: Path
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 10.0
    max_runs: int = 30
    """Within `window_s`."""
    window_s: float = 60.0
    description: str | None = None


def _nowhere_written(_: Path) -> Written | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    name: str
    file: str
    """As the user named it; `<stdin>` or `<python>` where there is no file."""
    directory: str
    """Absolute: what relative paths and `run: module:name` start from."""
    nodes: Mapping[str, Node]
    messages: Mapping[str, Message]
    endpoints: Mapping[str, Endpoint]
    span: Span
    locate: Callable[[Path], Span]
    written: Callable[[Path], Written | None] = _nowhere_written
    """The scalar at a path as it stands in the file; None for what is none, holds a variable, or stands in
    no file."""
    description: str | None = None
    supervision: Supervision = Supervision()
    hooks: tuple[Hook, ...] = ()
    logs: Logs = Logs()
    security: Securing | None = None
    """None: the topology says nothing of it."""

    def place(self, *path: str | int) -> Span:
        """The span of the value at `path`, or of its nearest parent that stands in the file."""
        return self.locate(path)

    def key_place(self, *path: str | int) -> Span:
        """The span of the *key* at `path` (for unknown or misused keys)."""
        return self.locate((*path, "\0key"))

    def sockets(self) -> tuple[Socket, ...]:
        """All sockets, in file order."""
        return tuple(s for n in self.nodes.values() for s in n.sockets.values())

    def socket(self, ref: str) -> Socket | None:
        """Look up `node.socket`."""
        node, _, name = ref.partition(".")
        found = self.nodes.get(node)
        return found.sockets.get(name) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two sockets that meet at an address: `binder` binds it, `connector` connects to it.

    One end may be an external endpoint (`endpoints: {…: {external: true}}`): then that side's socket is None
    and `endpoint` is set. Links are between nodes as written, replicas not expanded.
    """

    address: str
    """The resolved address; `auto` where the orchestrator chooses."""
    binder: Socket | None
    connector: Socket | None
    binder_span: Span | None
    connector_span: Span | None
    endpoint: Endpoint | None = None
