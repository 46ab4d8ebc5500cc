"""Who is named of several processes that share a socket."""

from __future__ import annotations

import os

import pytest

from orchestrator.kernel import holding
from orchestrator.transport import holders


@pytest.mark.parametrize(
    ("sharing", "named"),
    [
        ({7, 9}, 7),
        ({os.getpid(), os.getpid() + 1}, os.getpid() + 1),
        ({os.getpid()}, os.getpid()),
        (set(), None),
    ],
)
def test_this_process_is_named_only_where_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch, sharing: set[int], named: int | None
) -> None:
    monkeypatch.setattr(holders, "listening_inodes", lambda _: {1})
    monkeypatch.setattr(holding, "holders", lambda _: {1: sharing})
    assert holders.holder_pid("tcp://127.0.0.1:5555") == named
