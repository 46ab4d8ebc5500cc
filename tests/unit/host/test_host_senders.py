"""What BEAT tells of the senders of a socket."""

from __future__ import annotations

from orchestrator.host.counted import MOST_SENDERS, counted
from orchestrator.sdk.accounts import Accounts
from orchestrator.sdk.progress import SocketCounters


def test_without_an_envelope_there_are_no_accounts() -> None:
    assert "senders" not in counted(SocketCounters(), 1.0)


def test_senders_are_told_with_what_came_of_them() -> None:
    counters, accounts = SocketCounters(), Accounts()
    counters.accounts = accounts
    assert counted(counters, 1.0)["senders"] == {}
    account = accounts.of(1, "feed.out")
    account.follow(1, 1, None)
    account.follow(4, 1, None)
    account.max_lag_ns = 2_000_000
    told = {"received": 2, "dropped": 2, "lag_s": 0.0, "max_lag_s": 0.002}
    assert counted(counters, 1.0)["senders"] == {"feed.out": told}


def test_strangers_do_not_make_a_beat_grow() -> None:
    counters, accounts = SocketCounters(), Accounts()
    counters.accounts = accounts
    for source in range(1, 2 * MOST_SENDERS):
        account = accounts.of(source, f"sender{source}.out")
        account.follow(1, source, None)
        account.lag_ns = account.max_lag_ns = source
    told = counted(counters, 1.0)["senders"]
    assert len(told) == MOST_SENDERS
    assert sum(own["received"] for own in told.values()) == sum(range(2 * MOST_SENDERS))
    assert f"sender{2 * MOST_SENDERS - 1}.out" in told
    assert "sender1.out" not in told
