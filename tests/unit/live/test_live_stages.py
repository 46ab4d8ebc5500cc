"""Where a recording is played to: where its messages went, in place of who is gone, or where it is told."""

from __future__ import annotations

import pytest
from live_support import socket

from orchestrator.errors import UsageError
from orchestrator.live.board import Board, Link, LiveSocket
from orchestrator.live.reading import Way
from orchestrator.live.recorded import Origin
from orchestrator.live.stages import stage_for, stage_to

AT = ("ipc:///run/a",)
FEED = socket("PUB", "feed.ticks", binds=AT, addresses=AT)
ORDERS = socket(
    "PUSH",
    "strategy.orders",
    links=(Link(connects=True, address=AT[0], instance="gateway", socket="orders"),),
)
GATEWAY = socket("PULL", "gateway.orders", binds=AT, addresses=AT)
ASK = socket("REP", "gateway.ask", binds=AT, addresses=AT)
WORK = socket("DEALER", "gateway.work", binds=AT, addresses=AT)
BOARD = Board((FEED, ORDERS, GATEWAY, ASK, WORK), "lab")


def origin(of: LiveSocket, way: Way) -> Origin:
    return Origin(socket=of.ref, node=of.node, type=of.type.value, way=way, codec="json")


def gone(_: LiveSocket) -> bool:
    return False


def there(_: LiveSocket) -> bool:
    return True


def test_a_publisher_that_is_gone_is_stood_in_for() -> None:
    stage = stage_for(BOARD, origin(FEED, Way.SENT), gone, share=False)
    assert stage is not None
    assert (stage.stands_in, stage.joining.type, stage.joining.addresses) == (True, "XPUB", AT)
    with pytest.raises(UsageError, match="its place is taken") as caught:
        stage_for(BOARD, origin(FEED, Way.SENT), there, share=False)
    assert "orchestrator stop feed" in (caught.value.remedy or "")


def test_what_was_sent_to_a_binder_goes_to_it_again() -> None:
    stage = stage_for(BOARD, origin(ORDERS, Way.SENT), there, share=False)
    assert stage is not None
    assert (stage.stands_in, stage.joining.type, stage.joining.socket.ref) == (
        False,
        "PUSH",
        "gateway.orders",
    )


def test_requests_are_asked_again_and_answers_left_out() -> None:
    asked = stage_for(BOARD, origin(ASK, Way.RECEIVED), there, share=False)
    assert asked is not None
    assert (asked.joining.type, asked.joining.delimiter) == ("DEALER", True)
    assert stage_for(BOARD, origin(ASK, Way.SENT), there, share=False) is None


def test_a_share_of_others_messages_has_to_be_accepted() -> None:
    with pytest.raises(UsageError, match="gets a share"):
        stage_to(BOARD, WORK, there, share=False)
    assert stage_to(BOARD, WORK, there, share=True).joining.type == "DEALER"


def test_an_address_that_nobody_knows_cannot_be_stood_in_for() -> None:
    unknown = socket("PUB", "feed.late", binds=("tcp://127.0.0.1:*",))
    with pytest.raises(UsageError, match="only known while it runs"):
        stage_to(Board((unknown,), "lab"), unknown, gone, share=False)
