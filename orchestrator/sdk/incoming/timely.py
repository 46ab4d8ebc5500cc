"""What a receiver has no use for any more: all but the newest (`delivery: latest`), and what is too old
(`max_lag`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.incoming.inlet import Found, Inlet
from orchestrator.sdk.port import Port
from orchestrator.sdk.reports.accounts import Account
from orchestrator.wire.qos import OnLag

_MOST: Final = 10_000
"""Messages that are read before the newest of them is handed over, however fast they come, and topics of
which the newest is kept: a stranger who gives each message its own must not fill the memory."""


def newest_of_each(inlet: Inlet) -> Callable[[], Found | None]:
    """`take` for a socket whose node wants the newest message of each topic (or peer): all that has come is
    read, and what is overtaken is counted as dropped."""
    take, kept, counters = inlet.take, inlet.kept, inlet.port.counters

    def newest() -> Found | None:
        for _ in range(_MOST):
            if len(kept) >= _MOST:  # as many topics are kept: what else comes has to wait in the queue
                break
            found = take()
            if found is None:
                break
            key = found[1]
            if kept.pop(key, None) is not None:
                counters.dropped += 1
            kept[key] = found
        if not kept:
            return None
        return kept.pop(next(iter(kept)))

    return newest


def on_late(port: Port, on_lag: OnLag, max_lag_s: float) -> Callable[[Account, int], None]:
    """What is done about a message that is older than `max_lag`, beside counting it."""

    def late(account: Account, lag_ns: int) -> None:
        lag_s = lag_ns / 1e9
        if on_lag is OnLag.EXIT:
            raise NodeError(
                f"socket {port.name!r}: a message from {account.sender or 'a sender'} was {lag_s:.3g} s old, "
                f"and max_lag is {max_lag_s:g} s",
                "this node is too slow for what comes in: give it replicas, or send it less",
            )
        port.reporter.late(port.name, account.sender, lag_s, account.late)

    return late
