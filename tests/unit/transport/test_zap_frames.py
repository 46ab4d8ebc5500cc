"""RFC 27's frames."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.transport.zap import DENIED, OK, TEMPORARY, Request, Verdict, parse, reply
from orchestrator.wire.qos import Mechanism

HEAD = [b"1.0", b"7", b"feed.out", b"10.0.0.9", b"identity"]


def test_curve() -> None:
    assert parse([*HEAD, b"CURVE", b"k" * 32]) == Request(
        id=b"7", domain="feed.out", address="10.0.0.9", mechanism=Mechanism.CURVE, key=b"k" * 32
    )


def test_plain_and_null() -> None:
    plain = parse([*HEAD, b"PLAIN", b"admin", b"secret"])
    assert plain is not None
    assert (plain.user, plain.password) == ("admin", "secret")
    null = parse([*HEAD, b"NULL"])
    assert null is not None
    assert null.mechanism is Mechanism.NULL


def test_what_is_no_request() -> None:
    assert parse([b"2.0", *HEAD[1:], b"NULL"]) is None
    assert parse(HEAD) is None
    assert parse([*HEAD, b"GSSAPI", b"x"]) is None
    assert parse([*HEAD, b"CURVE", b"short"]) is None
    assert parse([*HEAD, b"CURVE"]) is None
    assert parse([*HEAD, b"PLAIN", b"name"]) is None


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_nothing_raises(frames: list[bytes]) -> None:
    parse(frames)
    parse([*HEAD, *frames])


def test_answers_tell_a_stranger_nothing() -> None:
    assert reply(b"7", Verdict(status=OK, who="feed")) == [b"1.0", b"7", b"200", b"OK", b"feed", b""]
    for status in (DENIED, TEMPORARY):
        frames = reply(b"7", Verdict(status=status, who="feed", reason="its key expired"))
        assert frames[2] == b"%d" % status
        assert b"feed" not in frames
        assert not any(b"expired" in frame for frame in frames)
