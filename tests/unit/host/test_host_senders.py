"""What BEAT tells of the senders of a socket."""

from __future__ import annotations

from orchestrator.host.counted import FEWEST_SENDERS, LONGEST_NAME, MOST_SENDERS, counted
from orchestrator.sdk.reports.accounts import Accounts
from orchestrator.sdk.reports.progress import SocketCounters

_COUNT = MOST_SENDERS + 200


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
    for source in range(1, _COUNT):
        account = accounts.of(source, f"sender{source}.out")
        account.follow(1, source, None)
        account.lag_ns = account.max_lag_ns = source
    told = counted(counters, 1.0)["senders"]
    assert len(told) == MOST_SENDERS + 1
    assert sum(own["received"] for own in told.values()) == sum(range(_COUNT))
    assert f"sender{_COUNT - 1}.out" in told
    assert "sender1.out" not in told
    assert len(counted(counters, 1.0, 4)["senders"]) == MOST_SENDERS // 4 + 1
    assert len(counted(counters, 1.0, 1000)["senders"]) == FEWEST_SENDERS + 1


def test_a_name_that_is_too_long_is_none() -> None:
    counters, accounts = SocketCounters(), Accounts()
    counters.accounts = accounts
    for source, name in enumerate(("x" * LONGEST_NAME, "y" * (LONGEST_NAME + 1), ""), start=1):
        account = accounts.of(source, name)
        account.follow(1, source, None)
        account.max_lag_ns = source * 10**9
    told = counted(counters, 1.0)["senders"]
    assert told.keys() == {"x" * LONGEST_NAME, ""}
    assert told[""] == {"received": 5, "lag_s": 0.0, "max_lag_s": 3.0}
