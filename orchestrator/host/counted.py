"""A socket's counters as BEAT tells them (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from orchestrator.sdk.accounts import Accounts
from orchestrator.sdk.progress import SocketCounters

MOST_SENDERS: Final = 256
"""Senders of a socket that are told apart; those that have sent least are told as one, without a name."""
_OTHERS: Final = ""


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
    if counters.accounts is not None:
        body["senders"] = _senders(counters.accounts)
    return body


def _senders(accounts: Accounts, most: int = MOST_SENDERS) -> dict[str, dict[str, Any]]:
    told = accounts.told()
    if len(told) <= most:
        return told
    names = sorted(told, key=lambda name: (name != _OTHERS, -told[name].get("received", 0)))
    kept = {name: told[name] for name in names[: most - 1] if name != _OTHERS}
    return {**kept, _OTHERS: _sum(own for name, own in told.items() if name not in kept)}


def _sum(several: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts are added up; of lags the longest is told."""
    found: dict[str, Any] = {}
    for own in several:
        for key, number in own.items():
            before = found.get(key, 0)
            found[key] = max(before, number) if key.endswith("_s") else before + number
    return found
