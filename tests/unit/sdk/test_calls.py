"""Requests that wait for replies, driven by numbers."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.sdk.requesting.backoff import longest_s
from orchestrator.sdk.requesting.calls import Call, Calls, Due
from orchestrator.wire.envelope import MessageId
from orchestrator.wire.qos import Retry

RETRY = Retry(timeout_s=1, attempts=3, initial_s=0.5, factor=2, max_s=10, jitter=0)


class Asker:
    """Does what `due` says, as `requests.py` does, and writes it down."""

    def __init__(self, retry: Retry | None = RETRY) -> None:
        self.calls = Calls(retry, lambda: 0.5)
        self.number = 0
        self.told: list[tuple[float, str, Due]] = []

    def run(self, now: float) -> None:
        for call, due in self.calls.due(now):
            self.told.append((now, call.message, due))
            match due:
                case Due.SEND:
                    self.number += 1
                    self.calls.sending(call, now)
                    self.calls.sent(call, MessageId(7, self.number))
                case Due.UNANSWERED:
                    self.calls.again(call, now)
                case Due.OVER:
                    self.calls.finish(call)

    def until_quiet(self) -> None:
        while (at := self.calls.next_at()) < math.inf:
            self.run(at)


def test_a_request_that_nobody_answers_is_sent_three_times() -> None:
    asker = Asker()
    asker.calls.begin("a", 0)
    asker.until_quiet()
    assert [(at, due) for at, _, due in asker.told] == [
        (0, Due.SEND),
        (1, Due.UNANSWERED),
        (1.5, Due.SEND),
        (2.5, Due.UNANSWERED),
        (3.5, Due.SEND),
        (4.5, Due.UNANSWERED),
        (4.5, Due.OVER),
    ]
    assert asker.calls.open == 0


def test_a_late_reply_to_an_earlier_attempt_is_the_reply() -> None:
    asker = Asker()
    call = asker.calls.begin("a", 0)
    for at in (0, 1, 1.5):
        asker.run(at)
    assert call.ids == [MessageId(7, 1), MessageId(7, 2)]
    assert call.request == MessageId(7, 1)
    assert asker.calls.answered(MessageId(7, 1)) is call
    asker.calls.finish(call)
    assert asker.calls.answered(MessageId(7, 1)) is None  # stale from now on
    assert asker.calls.answered(MessageId(7, 2)) is None
    assert asker.calls.next_at() == math.inf


def test_a_reply_may_come_during_the_pause() -> None:
    asker = Asker()
    call = asker.calls.begin("a", 0)
    asker.run(0)
    asker.run(1)
    assert asker.calls.answered(MessageId(7, 1)) is call
    asker.calls.finish(call)
    asker.run(1.5)
    assert len(call.ids) == 1


def test_the_time_that_the_caller_gives_ends_it_whatever_retry_says() -> None:
    asker = Asker()
    asker.calls.begin("a", 0, give_up_at=1.2)
    asker.until_quiet()
    assert asker.told[-1] == (1.2, "a", Due.OVER)
    assert [due for _, _, due in asker.told].count(Due.SEND) == 1


def test_without_retry_one_attempt_waits_as_long_as_the_caller() -> None:
    asker = Asker(None)
    asker.calls.begin("a", 0)
    asker.calls.begin("b", 0, give_up_at=5)
    asker.run(0)
    assert asker.calls.next_at() == 5
    asker.run(5)
    assert asker.told[-1] == (5, "b", Due.OVER)
    assert asker.calls.next_at() == math.inf
    assert asker.calls.open == 1


def test_many_wait_side_by_side() -> None:
    asker = Asker()
    calls = [asker.calls.begin(str(n), n / 10) for n in range(10)]
    for n in range(10):
        asker.run(n / 10)
    for n in (3, 9, 0):
        found = asker.calls.answered(MessageId(7, n + 1))
        assert found is calls[n]
        asker.calls.finish(calls[n])
    asker.until_quiet()
    assert {m for _, m, due in asker.told if due is Due.OVER} == {"1", "2", "4", "5", "6", "7", "8"}


def test_the_next_attempt_may_go_at_once() -> None:
    asker = Asker()
    call = asker.calls.begin("a", 0)
    asker.run(0)
    asker.calls.again(call, 0.3, paused=False)
    assert asker.calls.next_at() == 0.3
    asker.run(0.3)
    assert call.attempt == 2


@given(
    st.builds(
        Retry,
        timeout_s=st.floats(0.01, 10),
        attempts=st.integers(1, 8),
        initial_s=st.floats(0, 5),
        factor=st.floats(1, 3),
        max_s=st.floats(0, 20),
        jitter=st.just(0.0),
    ),
    st.lists(st.tuples(st.floats(0, 50), st.one_of(st.none(), st.floats(0.01, 60))), min_size=1, max_size=6),
    st.sets(st.integers(1, 40)),
)
def test_every_call_ends_in_time_and_is_sent_no_oftener_than_allowed(
    retry: Retry, begins: list[tuple[float, float | None]], answered: set[int]
) -> None:
    asker = Asker(retry)
    calls: list[tuple[Call, float, float]] = []
    ended: dict[int, float] = {}

    def run_until(end: float) -> None:
        while (now := asker.calls.next_at()) <= min(end, 1e9):
            asker.run(now)
            for found in [asker.calls.answered(MessageId(7, number)) for number in answered]:
                if found is not None:
                    asker.calls.finish(found)
            ended.update({id(c): now for c, _, _ in calls if c.done and id(c) not in ended})

    for at, limit in sorted(begins, key=lambda b: b[0]):
        run_until(at)
        calls.append((asker.calls.begin("m", at, at + limit if limit else math.inf), at, limit or math.inf))
    run_until(math.inf)
    assert asker.calls.open == 0
    for call, began, limit in calls:
        assert call.done
        assert call.attempt <= retry.attempts
        assert ended[id(call)] <= began + min(limit, longest_s(retry)) + 1e-6
    assert not asker.calls._by_id  # nothing is kept of what is over
