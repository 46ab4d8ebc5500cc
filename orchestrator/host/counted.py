"""A socket's counters as BEAT tells them (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from orchestrator.sdk.reports.accounts import Accounts
from orchestrator.sdk.reports.progress import SocketCounters

MOST_SENDERS: Final = 512
"""Senders that an instance tells apart, of all its sockets together, so that strangers cannot make a BEAT
larger than the supervisor takes; of each socket those that have sent least are one, without a name."""
FEWEST_SENDERS: Final = 8
"""Of each socket, however many there are."""
LONGEST_NAME: Final = 128
"""Of a sender; one that calls itself more is told without a name."""
_OTHERS: Final = ""


def counted(counters: SocketCounters, now: float, sockets: int = 1) -> dict[str, Any]:
    """`now`: monotonic seconds; `sockets`: how many are told with this one. What a socket has nothing to do
    with is left out."""
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
    blocked_s = counters.blocked_s
    if blocked_s:
        body["blocked_s"] = round(blocked_s, 6)
    if counters.asking is not None:
        body["requests"] = counters.asking.told(now)
    if counters.answering is not None:
        body["replies"] = counters.answering.told()
    if counters.accounts is not None:
        body["senders"] = _senders(counters.accounts, max(FEWEST_SENDERS, MOST_SENDERS // sockets))
    return body


def _senders(accounts: Accounts, most: int) -> dict[str, dict[str, Any]]:
    told = accounts.told()
    named = [name for name in told if name != _OTHERS and len(name) <= LONGEST_NAME]
    if len(named) > most:
        named = sorted(named, key=lambda name: -told[name].get("received", 0))[:most]
    kept = {name: told[name] for name in named}
    if len(kept) == len(told):
        return kept
    return {**kept, _OTHERS: _sum(own for name, own in told.items() if name not in kept)}


def _sum(several: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts are added up; of lags the longest is told."""
    found: dict[str, Any] = {}
    for own in several:
        for key, number in own.items():
            before = found.get(key, 0)
            found[key] = max(before, number) if key.endswith("_s") else before + number
    return found
