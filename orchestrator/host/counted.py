"""A socket's counters as BEAT tells them (docs/protocol.md)."""

from __future__ import annotations

from typing import Any

from orchestrator.sdk.progress import SocketCounters


def counted(counters: SocketCounters, now: float) -> dict[str, Any]:
    """`now`: monotonic seconds. What a socket has nothing to do with is left out."""
    body: dict[str, Any] = {
        "received": counters.received,
        "received_bytes": counters.received_bytes,
        "sent": counters.sent,
        "sent_bytes": counters.sent_bytes,
        "undecodable": counters.undecodable,
        "dropped": counters.undeliverable + counters.dropped,
    }
    if counters.failed:
        body["failed"] = counters.failed
    if counters.shared:
        body["shared"] = counters.shared
    if counters.shared_full:
        body["shared_full"] = counters.shared_full
    if counters.blocked_s:
        body["blocked_s"] = round(counters.blocked_s, 6)
    if counters.asking is not None:
        body["requests"] = counters.asking.told(now)
    if counters.answering is not None:
        body["replies"] = counters.answering.told()
    return body
