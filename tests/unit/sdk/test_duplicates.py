"""What a replier remembers of its requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.sdk.requesting.duplicates import Duplicates, Known
from orchestrator.wire.envelope import MessageId


def number(n: int) -> MessageId:
    return MessageId(1, n)


def test_a_request_that_comes_again_gets_the_same_reply() -> None:
    seen = Duplicates(window_s=60)
    assert seen.begin(number(1), 0) is None
    assert seen.begin(number(1), 1) is Known.IN_HAND
    seen.answered(number(1), [b"reply"], 5, 2)
    assert seen.begin(number(1), 3) is Known.ANSWERED
    assert seen.reply(number(1)) == [b"reply"]
    assert seen.begin(number(2), 3) is None


def test_the_window_begins_with_the_reply() -> None:
    seen = Duplicates(window_s=60)
    seen.begin(number(1), 0)
    seen.answered(number(1), "r", 1, 50)
    assert seen.begin(number(1), 109) is Known.ANSWERED
    assert seen.begin(number(1), 111) is None


def test_one_that_takes_longer_than_the_window_is_still_known() -> None:
    seen = Duplicates(window_s=60)
    seen.begin(number(1), 0)
    assert seen.begin(number(1), 100) is Known.IN_HAND


def test_one_that_was_not_handled_is_new_again() -> None:
    seen = Duplicates()
    seen.begin(number(1), 0)
    seen.forget(number(1))
    seen.forget(number(1))
    assert seen.begin(number(1), 0) is None


def test_the_reply_goes_where_it_was_asked_for_last() -> None:
    seen = Duplicates()
    seen.begin(number(1), 0)
    seen.redirect(number(1), "the second peer")
    assert seen.answered(number(1), "r", 1, 1) == "the second peer"
    assert seen.answered(number(1), "r", 1, 1) is None


def test_large_replies_push_out_old_ones_and_those_are_refused() -> None:
    seen = Duplicates(most_bytes=100)
    for n in range(3):
        seen.begin(number(n), 0)
        seen.answered(number(n), "r", 40, 0)
    assert [seen.begin(number(n), 1) for n in range(3)] == [Known.FORGOTTEN, Known.ANSWERED, Known.ANSWERED]
    seen.begin(number(9), 1)
    seen.answered(number(9), "r", 101, 1)
    assert seen.begin(number(9), 1) is Known.FORGOTTEN
    assert seen.bytes == 80


WHAT = st.tuples(
    st.sampled_from(["begin", "answer", "forget", "redirect"]),
    st.integers(0, 12),
    st.integers(0, 60),
    st.floats(0, 10),
)


@given(st.lists(WHAT, max_size=100))
def test_it_is_bounded_and_never_handles_twice_what_it_remembers(
    steps: list[tuple[str, int, int, float]],
) -> None:
    seen, now = Duplicates(window_s=20, most=5, most_bytes=100), 0.0
    handled: dict[int, float] = {}
    for what, n, size, pause in steps:
        now += pause
        match what:
            case "begin":
                known = seen.begin(number(n), now)
                if known is Known.ANSWERED:
                    assert seen.reply(number(n)) == n
                    assert now - handled[n] <= 20
            case "answer":
                seen.answered(number(n), n, size, now)
                handled[n] = now
            case "redirect" if seen.begin(number(n), now) is not None:
                seen.redirect(number(n), n)
            case _:
                seen.forget(number(n))
        assert len(seen) <= 5
        assert 0 <= seen.bytes <= 100
        assert seen.bytes == sum(r.size for r in seen._requests.values())
        assert set(seen._kept) <= set(seen._requests)
