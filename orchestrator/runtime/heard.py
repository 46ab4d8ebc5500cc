"""Reading what a program tells in BEAT: whatever it sends, values of the right kind come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.runtime.reports import SocketTraffic
from orchestrator.runtime.senders import read_senders
from orchestrator.supervision.events import FailureCause, FailureReported
from orchestrator.supervision.links.types import EndpointSeen, SocketSeen

_MOST: Final = 10_000
"""Entries of one table that are read; a program that sends more has lost its way."""
_LONGEST: Final = 512

REQUESTS: Final = ("requests", "open", "retries", "timeouts", "failed", "stale", "switched", "opened")
"""What is told of the requests that a socket makes."""
REPLIES: Final = ("expired", "duplicates", "errors")
"""What is told of the requests that a socket gets."""
BREAKER_STATES: Final = ("closed", "open", "half-open")


def number(value: object) -> float:
    """A finite, non-negative number, or 0 for anything else a peer may send."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 <= value < 2**63 else 0.0


def read_links(links: object, now: float) -> dict[str, SocketSeen]:
    """The `links` of a BEAT (docs/protocol.md), with ages turned into monotonic times."""
    return {
        socket: {address: _endpoint(told, now) for address, told in _table(endpoints)}
        for socket, endpoints in _table(links)
    }


def read_traffic(sockets: object, node: str, counted_s: float) -> dict[str, SocketTraffic]:
    """The `sockets` of a BEAT of an instance of `node`, told `counted_s` seconds after its start."""
    return {name: _traffic(counted, node, counted_s) for name, counted in _table(sockets)}


def read_addresses(told: object) -> dict[str, tuple[str, ...]]:
    """The `addresses` of BOUND: socket -> where it can be reached."""
    if not isinstance(told, dict):
        return {}
    return {str(k): tuple(str(a) for a in v) for k, v in told.items() if isinstance(v, list)}


def read_failure(unit: str, instance: str, attempt: int, body: Mapping[str, Any]) -> FailureReported:
    """The body of FAILED."""
    try:
        cause = FailureCause(str(body.get("cause")))
    except ValueError:
        cause = FailureCause.USER_CODE
    return FailureReported(
        unit=unit,
        instance=instance,
        attempt=attempt,
        cause=cause,
        reason=str(body.get("reason", "no reason given"))[:2000],
        permanent=body.get("permanent") is True,
    )


def _traffic(counted: Mapping[str, Any], node: str, counted_s: float) -> SocketTraffic:
    return SocketTraffic(
        node=node,
        counted_s=counted_s,
        received=int(number(counted.get("received"))),
        received_bytes=int(number(counted.get("received_bytes"))),
        sent_bytes=int(number(counted.get("sent_bytes"))),
        sent=int(number(counted.get("sent"))),
        undecodable=int(number(counted.get("undecodable"))),
        dropped=int(number(counted.get("dropped"))),
        failed=int(number(counted.get("failed"))),
        blocked_s=number(counted.get("blocked_s")),
        requests=_counts(counted.get("requests"), REQUESTS),
        breaker=_breaker(counted.get("requests")),
        replies=_counts(counted.get("replies"), REPLIES),
        senders=read_senders(counted.get("senders")),
    )


def _counts(told: object, names: tuple[str, ...]) -> dict[str, int] | None:
    return {name: int(number(told.get(name))) for name in names} if isinstance(told, dict) else None


def _breaker(told: object) -> str | None:
    state = told.get("breaker") if isinstance(told, dict) else None
    return state if state in BREAKER_STATES else None


def _table(value: object) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, dict):
        return []
    entries = list(value.items())[:_MOST]
    return [(str(key)[:_LONGEST], inner) for key, inner in entries if isinstance(inner, dict)]


def _endpoint(told: Mapping[str, Any], now: float) -> EndpointSeen:
    kinds = told.get("failed")
    failed = list(kinds.items())[:_MOST] if isinstance(kinds, dict) else []
    return EndpointSeen(
        peers=int(number(told.get("peers"))),
        changed_at=now - number(told.get("changed_s")),
        open=int(number(told.get("open"))),
        ok=int(number(told.get("ok"))),
        lost=int(number(told.get("lost"))),
        row=int(number(told.get("row"))),
        failed={kind[:_LONGEST]: int(number(count)) for kind, count in failed},
        failed_at=now - number(told.get("failed_s")) if failed else None,
        standby=told.get("standby") is True,
    )
