"""The words all floors share: socket types, states, policies. No behaviour beyond what a word means."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in the topology file: `("nodes", "feed", "sockets", "ticks", "bind", 0)`."""

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"


OptionValue: TypeAlias = str | int | float | bool
"""A libzmq socket option's value as the user writes it."""


HIDDEN: Final = "***"
"""Stands where a secret was that is not shown."""


class SocketType(StrEnum):
    """The stable socket types of libzmq 4.3 (zmq_socket(3))."""

    PAIR = "PAIR"
    PUB = "PUB"
    SUB = "SUB"
    REQ = "REQ"
    REP = "REP"
    DEALER = "DEALER"
    ROUTER = "ROUTER"
    PULL = "PULL"
    PUSH = "PUSH"
    XPUB = "XPUB"
    XSUB = "XSUB"
    STREAM = "STREAM"

    @property
    def sends(self) -> bool:
        """Whether application messages can leave by a socket of this type (RFC 28-31)."""
        return self not in (SocketType.SUB, SocketType.PULL, SocketType.XSUB)

    @property
    def receives(self) -> bool:
        """Whether application messages can arrive at a socket of this type (RFC 28-31)."""
        return self not in (SocketType.PUB, SocketType.PUSH, SocketType.XPUB)


class CodecName(StrEnum):
    """The codecs that come with the orchestrator. Others' have a dot in their names (`acme.fast`)."""

    RAW = "raw"
    TEXT = "text"
    JSON = "json"
    MSGPACK = "msgpack"
    CBOR = "cbor"
    """RFC 8949."""
    PROTOBUF = "protobuf"
    AVRO = "avro"
    ARROW = "arrow"
    """Record batches (Arrow IPC)."""
    NUMPY = "numpy"
    PICKLE = "pickle"
    """Runs what the sender likes: for those who trust each other."""


def codec_word(name: str) -> str:
    """A codec's name, as the member of CodecName where it is one of them."""
    return _CODECS.get(name, name)


_CODECS: Final[dict[str, str]] = {codec.value: codec for codec in CodecName}


class NodeKind(StrEnum):
    SERVICE = "service"
    """Must stay up."""
    TASK = "task"
    """Runs to its end; exit 0 is success."""


class RestartPolicy(StrEnum):
    ALWAYS = "always"
    ON_FAILURE = "on-failure"
    NEVER = "never"


class Strategy(StrEnum):
    """What the restart of a failed unit means for the others (`supervision.strategy`), as in Erlang/OTP's
    supervisor(3)."""

    ONE_FOR_ONE = "one-for-one"
    """Nothing."""
    ONE_FOR_ALL = "one-for-all"
    """All are restarted with it."""
    REST_FOR_ONE = "rest-for-one"
    """Those that start after it are restarted with it."""


class AutoShutdown(StrEnum):
    """When the end of essential nodes is the end of the topology (`supervision.auto_shutdown`)."""

    ANY_ESSENTIAL = "any-essential"
    ALL_ESSENTIAL = "all-essential"
    NEVER = "never"


class Condition(StrEnum):
    """What a dependent waits for (`depends_on`)."""

    STARTED = "started"
    READY = "ready"
    HEALTHY = "healthy"
    COMPLETED = "completed"


class NodeState(StrEnum):
    """The states of a supervised node (DESIGN §5)."""

    STOPPED = "stopped"
    """Not started yet, or stopped on request."""
    STARTING = "starting"
    """The process is being made."""
    RUNNING = "running"
    """The process is there; it is not ready yet."""
    READY = "ready"
    BACKOFF = "backoff"
    """Waits before its next start."""
    STOPPING = "stopping"
    EXITED = "exited"
    """Ended as it should: a task that succeeded."""
    FAILED = "failed"
    """Ended for good and not as it should."""

    @property
    def is_final(self) -> bool:
        return self in (NodeState.STOPPED, NodeState.EXITED, NodeState.FAILED)


class HookEvent(StrEnum):
    """What a hook can be started on (`hooks.on`)."""

    STARTING = "starting"
    """A process of the node is being made."""
    RESTARTING = "restarting"
    """The same, in place of an earlier one."""
    READY = "ready"
    UNHEALTHY = "unhealthy"
    """It is ended for being frozen, stalled, or for its health checks."""
    CRASHED = "crashed"
    """A process ended as it should not, or could not be made; it may be replaced."""
    FAILED = "failed"
    """For good."""
    FINISHED = "finished"
    STOPPED = "stopped"
    UP = "up"
    DOWN = "down"
    TOPOLOGY_FAILED = "topology-failed"

    @property
    def is_of_topology(self) -> bool:
        """Whether it happens to the whole topology, and to no node."""
        return self in (HookEvent.UP, HookEvent.DOWN, HookEvent.TOPOLOGY_FAILED)


class Stream(Enum):
    STDOUT = "stdout"
    STDERR = "stderr"
