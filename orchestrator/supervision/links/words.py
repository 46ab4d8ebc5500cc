"""How a link that is not up is worded: the fact, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from orchestrator.supervision.links.types import Declared, EndpointSeen

_TELLING: Final = (
    *("auth", "replaced", "key", "mechanism", "types", "accept", "protocol"),
    *("connections", "rate", "broken"),
)
"""Kinds of failure, the one that explains most first: of two ends only one may know the reason."""


def telling(ends: Iterable[EndpointSeen | None]) -> str | None:
    """The kind of failure that says most, among those that both ends have counted."""
    kinds = {kind for end in ends if end is not None for kind in end.failed}
    return next((kind for kind in _TELLING if kind in kinds), min(kinds, default=None))


def failure(link: Declared, kind: str) -> tuple[str, str | None]:
    """Why the handshake fails, and the remedy."""
    connector, binder = link.connector, link.binder
    other = binder.ref if binder is not None else link.address or "the other side"
    match kind:
        case "types":
            return (
                "closed in the handshake without a reason, as libzmq does where two socket types may not "
                f"meet: one of the programs opens another type than the {_pair(link)} of the file",
                f"compare the programs of {connector.ref} and {other} with the file, correct one of them, "
                f"and restart `{connector.unit}`: libzmq does not try again by itself",
            )
        case "mechanism":
            return (
                "one side asks for security (CURVE or PLAIN) that the other one does not have",
                f"give {connector.ref} and {other} the same security options",
            )
        case "key":
            return (
                "the CURVE keys do not fit",
                f"{connector.ref} must know the public key of {other}: `orchestrator keys show` tells it, or "
                "`curve_serverkey` of the socket's options",
            )
        case "auth":
            return (
                f"{other} refuses the peer (authentication); its log says why",
                "check its keys, users and `allow`: `orchestrator keys show` tells whom it hears",
            )
        case "replaced":
            return (
                f"{connector.ref} comes to {other} with a key that was replaced, and does not count any more",
                f"restart `{connector.unit}`, so that it takes its present key",
            )
        case "connections" | "rate":
            key = "connections" if kind == "connections" else "handshakes_per_second"
            return (
                f"{other} has reached its limit of {kind}, and tells newcomers to come again",
                f"see who is connected (`orchestrator ps --links`), or raise `limits.{key}` of {other}",
            )
        case "accept":
            return (
                f"{other} cannot accept connections: its process has no descriptor left",
                "raise its limit of open files: `ulimit -n`, limits.conf(5), or `LimitNOFILE=` of systemd",
            )
        case "protocol":
            return f"{other} breaks the ZeroMQ protocol in the handshake", _WHAT_IS_THERE
        case _:
            return (
                "connections break off in the handshake, and libzmq gives no reason: socket types may not "
                f"meet ({_pair(link)} in the file), security may differ, or one side does not speak ZeroMQ",
                f"compare the programs of {connector.ref} and {other} with the file; then restart "
                f"`{connector.unit}`: libzmq may have given up",
            )


_WHAT_IS_THERE: Final = "see what the program at that address says; it may not be one that speaks ZeroMQ"


def _pair(link: Declared) -> str:
    connector, binder = link.connector, link.binder
    return f"{connector.type} and {binder.type}" if binder is not None else f"{connector.type}"


def missing(link: Declared, states: Mapping[str, str], running: Iterable[str]) -> str | None:
    """Which of the two processes is not there, and why; None when both are."""
    for end in (link.binder, link.connector):
        if end is not None and end.unit not in running:
            state = states.get(end.unit, "not running")
            return f"`{end.unit}` is {state}"
    return None
