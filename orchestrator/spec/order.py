"""The order in which the keys of each block are best read: what it is, what it is given, how it lives."""

from __future__ import annotations

from typing import Final

from orchestrator.vocabulary import Path

_TOP: Final = (
    "version",
    "name",
    "description",
    "include",
    "messages",
    "endpoints",
    "defaults",
    "security",
    "supervision",
    "hooks",
    "logs",
    "nodes",
)
_MESSAGE: Final = ("codec", "schema", "type", "envelope", "compression", "check", "description")
_ENDPOINT: Final = ("address", "type", "external", "description")
_DEFAULTS: Final = ("env", "env_file", "cwd", "options", "heartbeat", "restart", "stop", "resources")
_NODE: Final = (
    "description",
    "run",
    "command",
    "use",
    "kind",
    "process",
    "replicas",
    "min_replicas",
    "expendable",
    "essential",
    "profiles",
    "params",
    "env",
    "env_file",
    "cwd",
    "stdin",
    "depends_on",
    "sockets",
    "ready",
    "done",
    "health",
    "heartbeat",
    "restart",
    "on_error",
    "dead_letter",
    "stop",
    "timeout",
    "resources",
    "labels",
)
_SOCKET: Final = (
    "type",
    "bind",
    "connect",
    "message",
    "codec",
    "topics",
    "subscribe",
    "envelope",
    "delivery",
    "wait_for",
    "max_lag",
    "on_lag",
    "failover",
    "retry",
    "breaker",
    "batch",
    "shared_memory",
    "security",
    "limits",
    "options",
    "description",
)


def key_order(path: Path) -> tuple[str, ...] | None:
    """The keys of the mapping at `path` in their order; None where the keys are names of the user's."""
    match path:
        case ():
            return _TOP
        case ("defaults",):
            return _DEFAULTS
        case ("messages", _):
            return _MESSAGE
        case ("endpoints", _):
            return _ENDPOINT
        case ("nodes", _):
            return _NODE
        case ("nodes", _, "sockets", _):
            return _SOCKET
        case _:
            return None
