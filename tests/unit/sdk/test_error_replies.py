"""The standard error reply."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.sdk.requesting.error_replies import describe, pack_error, unpack_error


def test_what_is_packed_is_raised() -> None:
    failed = unpack_error(pack_error("no-such-order", "order 7 is not known", "00000000000000aa-3"))
    assert (failed.code, failed.text, failed.request) == (
        "no-such-order",
        "order 7 is not known",
        "00000000000000aa-3",
    )
    assert str(failed) == "no-such-order: order 7 is not known"


def test_it_is_messagepack_that_others_can_write() -> None:
    assert msgspec.msgpack.decode(pack_error("c", "m", "r")) == {"code": "c", "message": "m", "request": "r"}
    assert unpack_error(msgspec.msgpack.encode({"code": "c"})).code == "c"


def test_an_endless_message_is_cut() -> None:
    assert len(pack_error("c" * 10_000, "m" * 100_000, "r")) < 5000


@given(st.binary(max_size=200))
def test_nothing_a_peer_sends_raises(data: bytes) -> None:
    assert unpack_error(data).code


@given(st.recursive(st.one_of(st.none(), st.integers(-5, 5), st.text()), lambda c: st.lists(c)))
def test_a_body_of_another_kind_is_a_failure_too(body: object) -> None:
    assert unpack_error(msgspec.msgpack.encode({"code": body, "message": body, "request": body})).code


@pytest.mark.parametrize(
    ("error", "text"),
    [(KeyError("tea"), "KeyError: 'tea'"), (ValueError("a\nb"), "ValueError: a"), (OSError(), "OSError")],
)
def test_exceptions_are_told_in_a_line(error: Exception, text: str) -> None:
    assert describe(error) == text
